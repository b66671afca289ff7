package commands_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// oneLine is that to one server.
type oneLine struct {
	samples domain.SpeedSamples
	err     error
}

func (l oneLine) Measure(_ context.Context, server string) (commands.TestServer, domain.SpeedSamples, error) {
	s, err := l.Server(server)
	return s, l.samples, errors.Join(err, l.err)
}

func (oneLine) Server(server string) (commands.TestServer, error) {
	if server == "nowhere" {
		return commands.TestServer{}, domain.Errorf(domain.Invalid, "there is no such server")
	}
	return commands.TestServer{ID: "local", Location: "here"}, nil
}

var measurable = domain.SpeedSamples{Idle: []float64{1, 2}, Download: []domain.Transfer{{Size: 10, MS: 20}}, Upload: []domain.Transfer{{Size: 10, MS: 20}}}

func TestRunSpeedTest(t *testing.T) {
	at, away := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), domain.Errorf(domain.Unavailable, "away")
	ann := commands.Caller{Account: uuid.UUID{1}, Key: uuid.UUID{2}, Request: "r"}
	for name, row := range map[string]struct {
		line    oneLine
		server  string
		browser *domain.SpeedSamples
		full    error // what the spool says
		origin  domain.SpeedOrigin
		code    domain.Code
	}{
		"measured here":             {line: oneLine{samples: measurable}, origin: domain.FromServer},
		"by a browser":              {browser: &measurable, origin: domain.FromBrowser},
		"the server is away":        {line: oneLine{err: away}, code: domain.Unavailable},
		"nothing came of it":        {line: oneLine{samples: domain.SpeedSamples{Idle: []float64{1}}}, code: domain.Unavailable},
		"an unknown server":         {server: "nowhere", browser: &measurable, code: domain.Invalid},
		"a browser that has little": {browser: &domain.SpeedSamples{Idle: []float64{1, 2}}, code: domain.Invalid},
		"a browser that lies":       {browser: &domain.SpeedSamples{Idle: []float64{-1}}, code: domain.Invalid},
		"it cannot be kept":         {line: oneLine{samples: measurable}, full: errors.New("full"), code: domain.Internal},
	} {
		var kept []domain.Envelope
		d := commands.Desk{Lines: row.line, Now: func() time.Time { return at }, NewID: func() uuid.UUID { return uuid.UUID{7} }, Emit: func(e domain.Envelope) error {
			kept = append(kept, e)
			return row.full
		}}
		e, err := d.RunSpeedTest(t.Context(), commands.RunSpeedTest{By: ann, Server: row.server, Samples: row.browser})
		if domain.CodeOf(err) != row.code || (row.code == "" || row.full != nil) != (len(kept) == 1) {
			t.Errorf("%s: %v, kept %v", name, err, kept)
		}
		if row.code != "" {
			continue
		}
		want := domain.Envelope{ID: uuid.UUID{7}, Owner: ann.Account, At: at, Actor: ann.Actor(), Cause: "r", Event: domain.SpeedTestCompleted{
			Account: ann.Account, Origin: row.origin, Server: "local", Location: "here", Method: domain.SpeedMethodVersion, Figures: domain.MeasureSpeed(measurable), Samples: measurable,
		}}
		if !reflect.DeepEqual(e, want) || !reflect.DeepEqual(kept[0], want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, e, want)
		}
	}
}

// TestSpeedTestAgain has one id for all attempts at a request.
func TestSpeedTestAgain(t *testing.T) {
	d := commands.Desk{Lines: oneLine{samples: measurable}, Now: time.Now, NewID: uuid.New, Emit: func(domain.Envelope) error { return nil }}
	run := func(seed string) uuid.UUID {
		e, err := d.RunSpeedTest(t.Context(), commands.RunSpeedTest{By: commands.Caller{Once: &commands.Once{Seed: []byte(seed)}}})
		if err != nil {
			t.Fatal(err)
		}
		return e.ID
	}
	if run("a") != run("a") || run("a") == run("b") || run("") == run("") {
		t.Error("ids are not those of the requests")
	}
}

// TestKeepSpeedResult is nobody's.
func TestKeepSpeedResult(t *testing.T) {
	d := commands.Desk{Lines: oneLine{}, Now: time.Now, NewID: uuid.New, Emit: func(domain.Envelope) error { return nil }}
	e, err := d.KeepSpeedResult(commands.KeepSpeedResult{Figures: domain.SpeedFigures{Latency: new(1.0)}, Request: "r"})
	test, _ := e.Event.(domain.SpeedTestCompleted)
	if err != nil || e.Owner != uuid.Nil || test.Account != uuid.Nil || test.Origin != domain.FromLibreSpeed || e.Actor != "guest" || e.Cause != "r" || *test.Figures.Latency != 1 || test.Server != "local" {
		t.Errorf("%+v, %v", e, err)
	}
}
