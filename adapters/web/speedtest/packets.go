package speedtest

import (
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// sentBack is how many bytes are taken off what a visitor may move for each set of
// credentials: as many as can be sent back for one test, both ways.
const sentBack = 32 << 20

// turnCredentials are what Cloudflare's engine asks for before it counts packets.
type turnCredentials struct {
	Username   string `json:"username"`
	Credential string `json:"credential"`
	Server     string `json:"server"` // host:port, by UDP
}

// TurnCredentials answers GET /turn-creds: the server is the one that was asked,
// at the port that sends packets back.
func (s *Site) TurnCredentials(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	if s.Packets == nil {
		return refuse(c, http.StatusServiceUnavailable, "Loss is not measured here: no packets are sent back")
	}
	leave, wait := s.begin(c, sentBack)
	if leave == nil {
		return s.later(c, wait)
	}
	leave(sentBack)
	name, password, err := s.Packets.Credentials()
	if err != nil {
		return err
	}
	host := c.Hostname()
	if alone, _, err := net.SplitHostPort(host); err == nil {
		host = alone
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.JSON(turnCredentials{name, password, net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(s.Packets.Port()))})
}
