package speedtest

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"
)

// maxDown is how many bytes one request may ask for.
const maxDown = 1 << 30

// Down answers GET /__down with so many bytes as the query asks for.
func (s *Site) Down(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	bytes, err := strconv.ParseInt(c.Query("bytes", "0"), 10, 64)
	if err != nil || bytes < 0 || bytes > maxDown {
		return refuse(c, http.StatusBadRequest, fmt.Sprintf("bytes must be a whole number from 0 to %d", maxDown))
	}
	if bytes == 0 {
		c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
		s.took(c)
		return nil
	}
	return s.send(c, bytes)
}

// Up answers POST /__up, after reading all that was sent.
func (s *Site) Up(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		c.Context().SetConnectionClose()
		return err
	}
	return s.receive(c)
}
