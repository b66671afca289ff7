package server

import "github.com/gofiber/fiber/v2"

// Readiness is whether commands can be taken and reads answered.
type Readiness struct {
	Status  string            `json:"status"`  // "ready", "degraded" or "unready"
	Engines map[string]string `json:"engines"` // each "ok", or what is wrong
}

// ready answers GET /readyz: 200 also when degraded, for commands are taken
// and reads answered without Kafka and ClickHouse.
func (s *site) ready(c *fiber.Ctx) error {
	r := s.Ready(c.UserContext())
	if r.Status == "unready" {
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.JSON(r)
}
