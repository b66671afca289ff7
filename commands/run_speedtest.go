package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Lines measures the lines to test servers.
type Lines interface {
	// Measure measures the line to a server by its id, "" for the best of those that
	// the operator lists, and our own where none is listed. It answers Invalid for one that is not listed, TooMany
	// while there are too many under way, and Unavailable where the server does not
	// answer as it should.
	Measure(ctx context.Context, server string) (TestServer, domain.SpeedSamples, error)
	// Server is a server by its id, "" for our own.
	Server(server string) (TestServer, error)
}

// TestServer is a server that lines are measured to.
type TestServer struct {
	ID       string
	Location string // as the operator has it
}

// RunSpeedTest measures the line from here to a test server, or takes what a
// visitor's browser has measured.
type RunSpeedTest struct {
	By      Caller
	Server  string               // its id; "" for the best, and for our own where a browser has measured
	Samples *domain.SpeedSamples // that a browser has measured; nil to measure here
}

// RunSpeedTest returns the test. It guards no rule, and so it goes straight to
// its topic: one that was begun again by an Idempotency-Key has the same id. It
// answers what Lines answers, and Invalid for samples of which some figure of a
// result cannot be told.
func (d Desk) RunSpeedTest(ctx context.Context, c RunSpeedTest) (domain.Envelope, error) {
	test := domain.SpeedTestCompleted{Account: c.By.Account, Origin: domain.FromServer, Method: domain.SpeedMethodVersion}
	var server TestServer
	var err error
	if c.Samples != nil {
		test.Origin, test.Samples = domain.FromBrowser, *c.Samples
		if err := c.Samples.Check(); err != nil {
			return domain.Envelope{}, err
		}
		server, err = d.Lines.Server(c.Server)
	} else {
		server, test.Samples, err = d.Lines.Measure(ctx, c.Server)
	}
	if err != nil {
		return domain.Envelope{}, err
	}
	test.Server, test.Location, test.Figures = server.ID, server.Location, domain.MeasureSpeed(test.Samples)
	if f := test.Figures; f.Download == nil || f.Upload == nil || f.Latency == nil || f.Jitter == nil {
		return domain.Envelope{}, untold(test.Origin)
	}
	e := domain.Envelope{ID: d.testID(c.By), Owner: c.By.Account, At: d.Now(), Actor: c.By.Actor(), Cause: c.By.Request, Trace: c.By.Trace, Event: test}
	return e, d.Emit(e)
}

// untold says what a test lacks for a result.
func untold(by domain.SpeedOrigin) error {
	if by == domain.FromServer {
		return domain.Errorf(domain.Unavailable, "The test server's line could not be measured in time: try again, or name another server")
	}
	return domain.Errorf(domain.Invalid, "samples need two round trips in idle_ms, and in download and upload each a transfer that took 10 ms or more")
}

// testID is the same for all attempts at a request.
func (d Desk) testID(by Caller) uuid.UUID {
	if by.Once == nil || len(by.Once.Seed) == 0 {
		return d.NewID()
	}
	return uuid.NewSHA1(uuid.Nil, append([]byte("speedtest "), by.Once.Seed...))
}

// KeepSpeedResult keeps a result as somebody else's client states it.
type KeepSpeedResult struct {
	Figures domain.SpeedFigures
	Request string // id of the request
}

// KeepSpeedResult returns the test, which is nobody's.
func (d Desk) KeepSpeedResult(c KeepSpeedResult) (domain.Envelope, error) {
	server, err := d.Lines.Server("")
	if err != nil {
		return domain.Envelope{}, err
	}
	e := domain.Envelope{ID: d.NewID(), At: d.Now(), Actor: "guest", Cause: c.Request, Event: domain.SpeedTestCompleted{
		Origin: domain.FromLibreSpeed, Server: server.ID, Location: server.Location, Figures: c.Figures,
	}}
	return e, d.Emit(e)
}
