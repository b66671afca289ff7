package sevenazzani

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SpeedTests are the commands that the contract gives about speed tests.
type SpeedTests interface {
	RunSpeedTest(ctx context.Context, c commands.RunSpeedTest) (domain.Envelope, error)
}

// runs is how many tests an account may have run in an hour: each moves hundreds
// of megabytes.
var runs = web.Window{Of: "speedtest", By: web.ByAccount, Span: web.Hour, Limit: 30}

// mountSpeedTests puts the operations about speed tests on a router.
func (a *API) mountSpeedTests(r fiber.Router, gate *web.Gate) {
	r.Post("/speedtest/api/v1/run", gate.Let(web.Always(Contract), a.RunSpeedTest, runs))
	r.Get("/speedtest/api/v1/history", gate.Let(web.Always(Contract), a.SpeedHistory))
	r.Get("/speedtest/api/analytics", gate.Let(web.Always(Contract), a.SpeedAnalytics))
}

// RunSpeedTest answers POST /speedtest/api/v1/run/. Without a body the line from
// here to the first test server is measured, which takes up to ten seconds.
func (a *API) RunSpeedTest(c *fiber.Ctx, by commands.Caller) error {
	var body runSpeedTest
	if len(bytes.TrimSpace(web.Body(c))) > 0 {
		if err := web.ReadJSON(c, &body); err != nil {
			return err
		}
	}
	e, err := a.SpeedTests.RunSpeedTest(c.UserContext(), commands.RunSpeedTest{By: by, Server: body.Server, Samples: body.Samples})
	if err != nil {
		return err
	}
	return c.JSON(speedTestOf(projections.SpeedTestRowOf(e)))
}

// SpeedHistory answers GET /speedtest/api/v1/history/, the newest first. A test
// comes to be there some seconds after it was run.
func (a *API) SpeedHistory(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	f := projections.SpeedTestFilter{Account: by.Account, Server: c.Query("server"), Offset: p.Offset(), Limit: p.Size}
	rows, total, err := a.Measured.SpeedTests(c.UserContext(), f)
	if err != nil {
		return err
	}
	tests := make([]pastTest, len(rows))
	for i, r := range rows {
		tests[i] = pastTest{speedTest: speedTestOf(r), CreatedAt: stamp(r.At)}
		if c.Query("samples") == "true" && !r.Samples.None() {
			tests[i].Samples = &r.Samples
		}
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, total, tests))
}

// What analytics look at: days of the query, and tests of those.
const (
	presetDays = 30
	mostDays   = 366
	mostTests  = 10_000
)

// SpeedAnalytics answers GET /speedtest/api/analytics/.
func (a *API) SpeedAnalytics(c *fiber.Ctx, by commands.Caller) error {
	days, err := web.QueryInt(c, "days", presetDays, 1, mostDays)
	if err != nil {
		return err
	}
	t, told, err := thresholds(c)
	if err != nil {
		return err
	}
	f := projections.SpeedTestFilter{Account: by.Account, Server: c.Query("server"), Since: a.Now().Add(-time.Duration(days) * 24 * time.Hour), Limit: mostTests}
	rows, total, err := a.Measured.SpeedTests(c.UserContext(), f)
	if err != nil {
		return err
	}
	answer := analyticsOf(projections.SpeedTrendsOf(rows, t))
	answer.Days, answer.Total, answer.Thresholds = days, total, told
	return c.JSON(answer)
}

// thresholds are what the query expects of a line.
func thresholds(c *fiber.Ctx) (t projections.SpeedThresholds, told map[string]float64, err error) {
	told = map[string]float64{}
	for name, to := range map[string]**float64{
		"min_download": &t.Download, "min_upload": &t.Upload, "max_ping": &t.Ping, "max_jitter": &t.Jitter, "max_packet_loss": &t.Loss,
	} {
		raw := c.Query(name)
		if raw == "" {
			continue
		}
		v, err := strconv.ParseFloat(raw, 64)
		if err != nil || !(v >= 0 && v <= 1e9) {
			return t, nil, domain.Errorf(domain.Invalid, "%s must be a number from 0", name)
		}
		*to, told[name] = &v, v
	}
	return t, told, nil
}
