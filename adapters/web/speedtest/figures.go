package speedtest

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// Figures answers POST /speedtest/figures with what the samples of the body come
// to, and keeps nothing of them.
func (s *Site) Figures(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	var samples domain.SpeedSamples
	err := web.ReadJSON(c, &samples)
	if err == nil {
		err = samples.Check()
	}
	var wrong *domain.Error
	if errors.As(err, &wrong) {
		return refuse(c, http.StatusBadRequest, wrong.Message)
	}
	if err != nil {
		return err
	}
	return c.JSON(domain.MeasureSpeed(samples))
}
