// Package speedtest serves whoever measures the line to this server, with no
// account: LibreSpeed's protocol below /librespeed/, Cloudflare's /__down and
// /__up, and a page that measures from its visitor's browser. Of a visitor
// nothing is kept but what they state, and how much they took of the line, under
// a keyed hash and for an hour.
package speedtest

import (
	"crypto/subtle"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Site answers those who measure. All of its fields are needed, but for Packets.
type Site struct {
	Bounds   *Bounds
	Visitor  func(netip.Addr) string // the name under which an address is counted: a keyed hash
	Results  Results
	Tests    projections.SpeedTestReader
	Location string         // where this installation is; "" where nobody has said
	Others   []ListedServer // test servers beside this one
	Packets  Packets        // nil where no packets are sent back
	Pass     string         // by which the installation's own tests are known, which are no visitor's; "" for none
	Log      *slog.Logger
}

// Packets sends a visitor's packets back to the same visitor, by TURN: those that
// do not come back are lost.
type Packets interface {
	// Credentials let somebody have packets sent back for some minutes.
	Credentials() (name, password string, err error)
	// Port is the UDP port that serves them.
	Port() int
}

// Results keeps what clients state.
type Results interface {
	KeepSpeedResult(c commands.KeepSpeedResult) (domain.Envelope, error)
}

// Mount puts the paths on a router.
func (s *Site) Mount(app *fiber.App) {
	app.Get("/librespeed/garbage", s.Garbage)
	app.Get("/librespeed/empty", s.Empty)
	app.Post("/librespeed/empty", s.Empty)
	app.Get("/librespeed/getIP", s.GetIP)
	app.Get("/librespeed/servers.json", s.Servers)
	app.Post("/librespeed/results/telemetry", s.Telemetry)
	app.Get("/librespeed/results", s.Picture)
	app.Post("/speedtest/figures", s.Figures)
	app.Get("/__down", s.Down)
	app.Post("/__up", s.Up)
	app.Get("/turn-creds", s.TurnCredentials)
	mountPage(app)
}

// own are the paths that measure, below which all may be asked from any page.
var own = []string{"/librespeed/", "/__down", "/__up", "/turn-creds"}

// Open lets pages of any origin measure, and gives paths of LibreSpeed's the
// shortest of their names: those with /backend and .php are the same.
func Open(c *fiber.Ctx) error {
	path := c.Path()
	if !slices.ContainsFunc(own, func(p string) bool { return path == p || strings.HasSuffix(p, "/") && strings.HasPrefix(path, p) }) {
		return c.Next()
	}
	if rest, ok := strings.CutPrefix(path, "/librespeed/"); ok {
		rest = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(rest, "backend/"), ".php"), "/index")
		c.Path("/librespeed/" + strings.TrimSuffix(rest, "/"))
	}
	c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	c.Set(fiber.HeaderAccessControlExposeHeaders, "Server-Timing")
	c.Set("Timing-Allow-Origin", "*")
	if c.Method() == http.MethodOptions {
		c.Set(fiber.HeaderAccessControlAllowMethods, "GET, POST")
		c.Set(fiber.HeaderAccessControlAllowHeaders, "Content-Type, Content-Encoding")
		c.Set(fiber.HeaderAccessControlMaxAge, "86400")
		return c.SendStatus(http.StatusNoContent)
	}
	return c.Next()
}

// Streams says whether the handler of a path reads the body itself, as it comes.
func Streams(method, path string) bool {
	return method == http.MethodPost && (path == "/librespeed/empty" || path == "/__up")
}

// Transfers says whether a path moves much, and so may take its time.
func Transfers(path string) bool {
	return slices.ContainsFunc(own, func(p string) bool { return strings.HasPrefix(path, p) })
}

// visitor is the name under which whoever asks is counted.
func (s *Site) visitor(c *fiber.Ctx) string { return s.Visitor(web.AddressBlock(web.ClientAddress(c))) }

// later sends a visitor away who has taken enough for now.
func (s *Site) later(c *fiber.Ctx, wait time.Duration) error {
	seconds := max(int(math.Ceil(wait.Seconds())), 1)
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	return c.Status(http.StatusTooManyRequests).JSON(fiber.Map{"error": "Too much at one time, or in this hour. Try again in " + strconv.Itoa(seconds) + " s."})
}

func refuse(c *fiber.Ctx, status int, text string) error {
	return c.Status(status).JSON(fiber.Map{"error": text})
}

// ours says whether the installation measures itself.
func (s *Site) ours(c *fiber.Ctx) bool {
	return s.Pass != "" && subtle.ConstantTimeCompare([]byte(c.Query("pass")), []byte(s.Pass)) == 1
}

// counted counts a request; it has answered one that is too many.
func (s *Site) counted(c *fiber.Ctx) (refused bool, err error) {
	if s.ours(c) {
		return false, nil
	}
	if wait := s.Bounds.Request(s.visitor(c)); wait > 0 {
		return true, s.later(c, wait)
	}
	return false, nil
}

// begin begins a transfer, as Bounds has it.
func (s *Site) begin(c *fiber.Ctx, bytes int64) (leave func(moved int64), wait time.Duration) {
	if s.ours(c) {
		return func(int64) {}, 0
	}
	return s.Bounds.Transfer(c.UserContext(), s.visitor(c), bytes)
}

// took says how long the server has had the request, for clients to take it off.
func (s *Site) took(c *fiber.Ctx) { s.tookOf(c, time.Since(c.Context().Time())) }

func (s *Site) tookOf(c *fiber.Ctx, d time.Duration) {
	c.Set("Server-Timing", "cfRequestDuration;dur="+strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 3, 64))
}
