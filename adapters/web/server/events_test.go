package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

type eventView struct {
	ID            uuid.UUID
	Type          string
	Version       int
	At            time.Time
	Actor, Cause  string
	Payload       json.RawMessage
	name, version string // of the stream's own fields
}

// live is an event stream under way.
type live struct {
	t      *testing.T
	answer *http.Response
	lines  *bufio.Scanner
	leave  context.CancelFunc
}

// listen opens an event stream. It gives up on one that is silent for a minute.
func listen(t *testing.T, s *webtest.Server, path string, headers ...string) *live {
	t.Helper()
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(leave)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Key)
	request.Header.Set("Accept", "text/event-stream")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	way := &http.Transport{DisableKeepAlives: true}
	answer, err := way.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return &live{t, answer, lines, leave}
}

// next waits for an event; there is none when the stream is over.
func (l *live) next() (e eventView, ok bool) {
	l.t.Helper()
	var name, version string
	for l.lines.Scan() {
		field, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch field {
		case "event":
			name = value
		case "id":
			version = value
		case "data":
			if err := json.Unmarshal([]byte(value), &e); err != nil {
				l.t.Fatalf("%v in %s", err, value)
			}
			e.name, e.version = name, version
			return e, true
		}
	}
	if err := l.lines.Err(); err != nil {
		l.t.Errorf("the stream broke off: %v", err)
	}
	return e, false
}

// wait expects events of these types, and no other between them.
func (l *live) wait(types ...string) {
	l.t.Helper()
	for _, want := range types {
		e, ok := l.next()
		if !ok || e.Type != want || e.name != want || e.version == "" {
			l.t.Fatalf("%+v came, want %s", e, want)
		}
	}
}

// rest is what comes until the stream ends.
func (l *live) rest() (types []string) {
	l.t.Helper()
	for e, ok := l.next(); ok; e, ok = l.next() {
		types = append(types, e.Type)
	}
	return types
}

// TestEvents lists a scan's history through every mount.
func TestEvents(t *testing.T) {
	s := unlimited(t)
	submitted := s.Post("/api/v1/scan", `{"target": "192.0.2.1"}`, "X-Request-ID: request-of-mine").Is(201).Field("id")
	scan := uuid.MustParse(submitted)
	s.See(scan, domain.Ports, domain.Port{Port: 443, Protocol: "tcp"})
	s.Finish(scan, domain.Tested, "")
	for _, prefix := range []string{"", "/scanner", "/issafesite"} {
		var list struct{ Events []eventView }
		a := s.Get(prefix + "/api/v1/scan/" + submitted + "/events").Is(200).Has("Content-Type: application/json").Into(&list)
		a.Like(`{"events": [
			{"type": "scan.requested", "version": 1, "at": "2026-04-03T12:00:00Z", "cause": "request-of-mine", "payload": {"scan": "` + submitted + `", "contract": "scanner", "target": {"value": "192.0.2.1"}}},
			{"type": "scan.started", "version": 2, "actor": "worker:w", "payload": {"worker": "w"}},
			{"type": "port.found", "version": 3, "payload": {"port": 443, "protocol": "tcp"}},
			{"type": "probe.finished", "version": 4}]}`)
		if n := len(list.Events); n != 13 || list.Events[12].Type != "scan.completed" || !strings.HasPrefix(list.Events[0].Actor, "key:") || list.Events[0].ID == uuid.Nil {
			t.Errorf("%d events: %s", n, a.Body)
		}
		for after, want := range map[string]int{"0": 13, "1": 12, "12": 1, "13": 0, "9999999999": 0, "": 13} {
			if s.Get(prefix + "/api/v1/scan/" + submitted + "/events?after=" + after).Is(200).Into(&list); len(list.Events) != want {
				t.Errorf("after %q there are %d events, want %d", after, len(list.Events), want)
			}
		}
		for _, after := range []string{"-1", "x", "1.5", "99999999999999999999"} {
			s.Get(prefix + "/api/v1/scan/" + submitted + "/events?after=" + after).Is(400)
		}
	}
}

// TestStream sends events while the scan runs, and ends when it does.
func TestStream(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1")
	at := "/api/v1/scan/" + scan.String() + "/events"
	l := listen(t, s, at)
	if got := l.answer.Header.Get("Content-Type"); l.answer.StatusCode != 200 || got != "text/event-stream; charset=utf-8" || l.answer.Header.Get("RateLimit-Limit") != "999999999" {
		t.Errorf("%s %s", l.answer.Status, got)
	}
	l.wait("scan.requested")
	s.Begin(scan)
	l.wait("scan.started")
	s.See(scan, domain.Ports, domain.Port{Port: 443, Protocol: "tcp"})
	l.wait("port.found")
	s.See(scan, domain.Headers, webtest.Weak("a\nid: 99\nevent: x", domain.Low))
	l.wait("finding.raised")
	s.Finish(scan, domain.Tested, "")
	want := append(slices.Repeat([]string{"probe.finished"}, len(domain.Standard.Tools())), "scan.completed")
	if got := l.rest(); !slices.Equal(got, want) {
		t.Errorf("the rest was %v", got)
	}
	s.Get(at).Is(200) // the connections that are left still work
}

// TestStreamResumes begins after Last-Event-ID, which wins over the query.
func TestStreamResumes(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1")
	s.Begin(scan)
	s.See(scan, domain.Ports, domain.Port{Port: 443, Protocol: "tcp"})
	running := listen(t, s, "/api/v1/scan/"+scan.String()+"/events", "Last-Event-ID: 999")
	s.Finish(scan, domain.Tested, "")
	if got := running.rest(); len(got) != 10 || got[9] != "scan.completed" {
		t.Errorf("after what has not been yet came %v", got)
	}
	for _, c := range []struct {
		query, last string
		want        int
	}{
		{"", "", 13}, {"?after=3", "", 10}, {"", "3", 10}, {"?after=1", "12", 1}, {"?after=12", "1", 12}, {"", "x", 13}, {"", "-1", 13}, {"", "99999999999999999999", 13},
	} {
		l := listen(t, s, "/scanner/api/v1/scan/"+scan.String()+"/events"+c.query, "Last-Event-ID: "+c.last)
		if got := l.rest(); len(got) != c.want {
			t.Errorf("after %q and %q: %v", c.query, c.last, got)
		}
	}
}

// TestStreamThatIsOver says so, and an EventSource does not come back.
func TestStreamThatIsOver(t *testing.T) {
	s := unlimited(t)
	done, cancelled := s.Scan(domain.ScannerAPI, "192.0.2.1"), s.Scan(domain.IsSafeSite, "https://a.example")
	s.Finish(done, domain.Tested, "")
	s.Cancel(cancelled)
	for scan, last := range map[string]string{done.String(): "12", cancelled.String(): "2"} {
		for _, path := range []string{"/api/v1/scan/" + scan + "/events", "/report/" + scan + "/events?key=" + webtest.ReportKey(uuid.MustParse(scan))} {
			for _, after := range []string{last, "999"} {
				s.Get(path, "Accept: text/event-stream", "Last-Event-ID: "+after).Is(204)
			}
			if got := listen(t, s, path, "Last-Event-ID: 1").rest(); len(got) == 0 {
				t.Errorf("%s sends nothing", path)
			}
		}
	}
}

// TestStreamEnds when the server drains, and when the client has left.
func TestStreamEnds(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1")
	gone, stays := listen(t, s, "/api/v1/scan/"+scan.String()+"/events"), listen(t, s, "/api/v1/scan/"+scan.String()+"/events")
	gone.wait("scan.requested")
	stays.wait("scan.requested")
	gone.leave()
	s.Begin(scan)
	stays.wait("scan.started")
	s.Drain()
	if got := stays.rest(); len(got) != 0 {
		t.Errorf("after draining came %v", got)
	}
}

// TestStreamLooksAgain ends for whose key is revoked, and who left the team of the
// account that has the scan, and for nobody else.
func TestStreamLooksAgain(t *testing.T) {
	s := unlimited(t)
	scan, mine := s.Scan(domain.ScannerAPI, "192.0.2.1"), s.Key
	at := "/scanner/api/v1/scan/" + scan.String() + "/events"
	following := func(key string) *live {
		l := listen(t, s, at, "Authorization: Bearer "+key)
		l.wait("scan.requested")
		return l
	}
	stays, report := following(mine), listen(t, s, "/report/"+scan.String()+"/events?key="+webtest.ReportKey(scan), "Authorization: Bearer x")
	report.wait("scan.requested")
	key, id := s.Issue(s.Account)
	revoked := following(key)
	s.Do(http.MethodDelete, "/api/v1/keys/"+id.String()+"/", "").Is(204)
	if got := revoked.rest(); len(got) != 0 {
		t.Errorf("with a revoked key came %v", got)
	}
	key, _ = s.Issue(s.Register("bob@example.com"))
	s.Post("/api/v1/team/", `{"email": "bob@example.com"}`).Is(201)
	s.Post("/api/v1/team/", `{"email": "ann@example.com"}`, "Authorization: Bearer "+key).Is(201)
	left := following(key)
	s.Do(http.MethodDelete, "/api/v1/team/", `{"email": "bob@example.com"}`).Is(204)
	if got := left.rest(); len(got) != 0 {
		t.Errorf("to who has left the team came %v", got)
	}
	s.Begin(scan)
	stays.wait("scan.started")
	report.wait("scan.started")
}

// TestStreamRefuses as other answers do.
func TestStreamRefuses(t *testing.T) {
	s := unlimited(t)
	safe := s.Scan(domain.IsSafeSite, "https://a.example")
	bob, _ := s.Issue(s.Register("bob@example.com"))
	at, stream := "/api/v1/scan/"+safe.String()+"/events", "Accept: text/event-stream"
	s.Get(at, stream, "Authorization:").Is(401)
	s.Get(at, stream, "Authorization: Bearer x").Is(403)
	s.Get(at, stream, "Authorization: Bearer "+bob).Is(404)
	s.Get("/api/v1/scan/"+nobody+"/events", stream).Is(404).Like(`{"error": "Scan not found"}`)
	s.Get(at+"?after=x", stream).Is(400)
	if a := s.Do(http.MethodHead, at, "", stream); a.Status != 200 || a.Body != "" {
		t.Errorf("HEAD: %d %s", a.Status, a.Body)
	}
}

// breaking is a reader that breaks after some calls of History.
type breaking struct {
	projections.Reader
	calls chan struct{}
}

func (b breaking) History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error) {
	select {
	case <-b.calls:
		return b.Reader.History(ctx, account, scan, after)
	default:
		panic("secret of the reader")
	}
}

// TestStreamThatPanics ends, and the server goes on.
func TestStreamThatPanics(t *testing.T) {
	calls := make(chan struct{}, 9)
	s := unlimited(t, func(o *server.Options) { o.Reader = breaking{o.Reader, calls} })
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1")
	calls <- struct{}{}
	l := listen(t, s, "/report/"+scan.String()+"/events?key="+webtest.ReportKey(scan))
	l.wait("scan.requested")
	l.rest()
	s.Get("/healthz").Is(200)
	if !strings.Contains(s.Logged(), "secret of the reader") {
		t.Error("nothing was logged")
	}
}

// TestAsOf shows a scan as it stood.
func TestAsOf(t *testing.T) {
	s := unlimited(t)
	safe, host := s.Scan(domain.IsSafeSite, "https://a.example"), s.Scan(domain.ScannerAPI, "192.0.2.1")
	for _, scan := range []uuid.UUID{safe, host} {
		s.Later(time.Second)
		s.Begin(scan)
		s.See(scan, domain.Headers, webtest.Weak("a", domain.Critical))
		s.Finish(scan, domain.Tested, "")
	}
	at := "/api/v1/scan/" + host.String()
	for version, like := range map[string]string{
		"1":  `{"status": "queued", "version": 1, "startedAt": null, "grade": null, "reportUrl": null, "summary": null, "progress": 0}`,
		"2":  `{"status": "running", "version": 2, "startedAt": "2026-04-03T12:00:02.000Z", "grade": null}`,
		"3":  `{"status": "running", "version": 3}`,
		"6":  `{"status": "running", "version": 6, "progress": 33}`,
		"12": `{"status": "running", "version": 12, "progress": 99, "completedAt": null}`,
		"13": `{"status": "complete", "version": 13, "grade": "B+", "gradeScore": 80, "progress": 100}`,
		"":   `{"status": "complete", "version": 13}`,
	} {
		for _, prefix := range []string{"", "/scanner"} {
			s.Get(prefix + at + "?as_of=" + version).Is(200).Like(like)
		}
	}
	at = "/api/v1/scan/" + safe.String()
	for _, prefix := range []string{"", "/issafesite"} {
		s.Get(prefix + at + "?as_of=2").Is(200).Like(`{"status": "RUNNING", "version": 2, "findingsCount": 0, "report": {"state": "started", "findings": []}}`)
		s.Get(prefix + at + "?as_of=3").Is(200).Like(`{"status": "RUNNING", "findingsCount": 1, "securityScore": null, "report": {"findings": [{"id": "a"}], "scores": null}}`)
		s.Get(prefix + at + "?as_of=13").Is(200).Like(`{"status": "COMPLETED", "findingsCount": 1, "securityScore": 80}`)
		for _, bad := range []string{"0", "-1", "x", "1.5", "99999999999999999999"} {
			s.Get(prefix + at + "?as_of=" + bad).Is(400)
		}
		s.Get(prefix + "/api/v1/scan/" + nobody + "?as_of=1").Is(404)
		for _, beyond := range []string{"14", "9999999999"} {
			s.Get(prefix + at + "?as_of=" + beyond).Is(404).Like(`{"error": "The scan has no such version: its newest is 13"}`)
		}
	}
}
