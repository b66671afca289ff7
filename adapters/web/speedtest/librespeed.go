package speedtest

import (
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// What a client of LibreSpeed's gets that asks for no number, or for too many.
const (
	presetChunks = 4
	maxChunks    = 1024
)

// Garbage answers GET /librespeed/garbage with ckSize times 1 MiB.
func (s *Site) Garbage(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	chunks, err := strconv.Atoi(c.Query("ckSize"))
	if err != nil || chunks < 1 {
		chunks = presetChunks
	}
	return s.send(c, int64(min(chunks, maxChunks))*mebibyte)
}

// Empty answers GET and POST /librespeed/empty: with nothing, after reading all
// that was sent.
func (s *Site) Empty(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		c.Context().SetConnectionClose()
		return err
	}
	return s.receive(c)
}

// address answers GET /librespeed/getIP.
type address struct {
	Processed string  `json:"processedString"`
	Raw       rawInfo `json:"rawIspInfo"`
}

// rawInfo is what LibreSpeed's servers know of networks. This one asks nobody.
type rawInfo struct {
	IP       string `json:"ip"`
	Hostname string `json:"hostname"`
	City     string `json:"city"`
	Region   string `json:"region"`
	Country  string `json:"country"`
	Loc      string `json:"loc"`
	Org      string `json:"org"`
	Postal   string `json:"postal"`
	Timezone string `json:"timezone"`
}

// GetIP answers GET /librespeed/getIP: visitors are told their own address, which
// nobody else is.
func (s *Site) GetIP(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	a := web.ClientAddress(c)
	told := address{Processed: a.String(), Raw: rawInfo{IP: a.String()}}
	if kind := private(a); kind != "" {
		told.Processed += " - " + kind
	}
	return c.JSON(told)
}

// private is LibreSpeed's words for an address that is not of the internet.
func private(a netip.Addr) string {
	family := map[bool]string{true: "IPv4", false: "IPv6"}[a.Is4()]
	switch {
	case a.IsLoopback():
		return "localhost " + family + " access"
	case a.IsLinkLocalUnicast():
		return "link-local " + family + " access"
	case a.IsPrivate() && a.Is4():
		return "private IPv4 access"
	case a.IsPrivate():
		return "ULA IPv6 access"
	default:
		return ""
	}
}

// ListedServer is a test server as LibreSpeed's lists have it.
type ListedServer struct {
	ID      int    `json:"id"`
	Name    string `json:"name"`
	Server  string `json:"server"`
	DLURL   string `json:"dlURL"`
	ULURL   string `json:"ulURL"`
	PingURL string `json:"pingURL"`
	GetIP   string `json:"getIpURL"`
	Sponsor string `json:"sponsorName"`
	Link    string `json:"sponsorURL"`
}

// Servers answers GET /librespeed/servers.json: this server, by the address that
// it was asked at, and those that the operator has listed.
func (s *Site) Servers(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	return c.JSON(append([]ListedServer{{
		ID: 0, Name: s.Location, Server: c.BaseURL() + "/librespeed/", DLURL: "garbage", ULURL: "empty", PingURL: "empty", GetIP: "getIP",
	}}, s.Others...))
}

// Telemetry answers POST /librespeed/results/telemetry: the result is kept as it
// is stated, without what the client says beside it, which has addresses.
func (s *Site) Telemetry(c *fiber.Ctx) error {
	visitor := s.visitor(c)
	wait := s.Bounds.Request(visitor)
	if wait == 0 {
		wait = s.Bounds.Result(c.UserContext(), visitor)
	}
	if wait > 0 {
		return s.later(c, wait)
	}
	f := domain.SpeedFigures{
		Download: stated(c, "dl", 1e6), Upload: stated(c, "ul", 1e6), Latency: stated(c, "ping", 1), Jitter: stated(c, "jitter", 1),
	}
	if f.Download == nil && f.Upload == nil && f.Latency == nil {
		return refuse(c, http.StatusBadRequest, "The form needs a number in dl, ul or ping: Mbit/s, Mbit/s, milliseconds")
	}
	kept, err := s.Results.KeepSpeedResult(commands.KeepSpeedResult{Figures: f, Request: web.RequestID(c)})
	if err != nil {
		return err
	}
	return c.SendString("id " + ulid(kept.ID))
}

// stated reads a number of a form; nil for one that is missing or that nobody
// can have measured.
func stated(c *fiber.Ctx, field string, unit float64) *float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(c.FormValue(field)), 64)
	if err != nil || math.IsNaN(v) || v < 0 || v > 1e6 {
		return nil
	}
	return new(v * unit)
}
