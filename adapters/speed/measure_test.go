package speed_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/speed"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server speaks LibreSpeed's protocol, and after so many mebibytes no more.
func server(t *testing.T, handle func(w http.ResponseWriter, r *http.Request) (done bool)) *speed.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handle != nil && handle(w, r) {
			return
		}
		w.Header().Set("Server-Timing", "cfRequestDuration;dur=0.001")
		if pass := r.URL.Query().Get("pass"); pass != "ours" {
			t.Errorf("%s %s has the pass %q", r.Method, r.URL.Path, pass)
		}
		switch {
		case r.URL.Path == "/librespeed/garbage" && r.Method == http.MethodGet:
			n, err := strconv.Atoi(r.URL.Query().Get("ckSize"))
			if err != nil || n < 1 {
				t.Errorf("ckSize is %q", r.URL.Query().Get("ckSize"))
			}
			block := make([]byte, 1<<20)
			for range n {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		case r.URL.Path == "/librespeed/empty":
			io.Copy(io.Discard, r.Body)
		default:
			t.Errorf("%s %s", r.Method, r.URL)
		}
	}))
	t.Cleanup(s.Close)
	return &speed.Client{Servers: []speed.Server{speed.OwnServer(s.Listener.Addr().String(), "here", "ours", new(net.Dialer).DialContext)}, Log: slog.New(slog.DiscardHandler)}
}

// TestMeasure has enough samples for every figure of a result.
func TestMeasure(t *testing.T) {
	told, samples, err := server(t, nil).Measure(t.Context(), "")
	if err != nil || told.ID != speed.Own || told.Location != "here" {
		t.Fatalf("%+v, %v", told, err)
	}
	if err := samples.Check(); err != nil {
		t.Error(err)
	}
	if f := domain.MeasureSpeed(samples); f.Download == nil || f.Upload == nil || f.Latency == nil || f.Jitter == nil {
		t.Errorf("%+v of %+v", f, samples)
	}
	for _, list := range [][]domain.Transfer{samples.Download, samples.Upload} {
		for _, one := range list {
			if one.Bytes != one.Size {
				t.Errorf("of %d bytes %d moved", one.Size, one.Bytes)
			}
		}
	}
}

// TestMeasureSlowly counts what moved until the time was over.
func TestMeasureSlowly(t *testing.T) {
	c := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/librespeed/garbage" {
			return false
		}
		w.Write(make([]byte, 300_000))
		w.(http.Flusher).Flush()
		<-r.Context().Done() // the line stands still
		return true
	})
	c.Direction = 300 * time.Millisecond
	_, samples, err := c.Measure(t.Context(), speed.Own)
	if err != nil || len(samples.Download) != 1 || samples.Download[0].Bytes != 300_000 || len(samples.Download[0].Pings) == 0 || len(samples.Upload) == 0 {
		t.Errorf("%+v, %v", samples, err)
	}
}

// TestMeasureRefuses tells why there is no result.
func TestMeasureRefuses(t *testing.T) {
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "http://169.254.169.254/")
			w.WriteHeader(code)
			return true
		}
	}
	gone := server(t, nil)
	gone.Servers[0].Dial = func(context.Context, string, string) (net.Conn, error) {
		return nil, domain.Errorf(domain.Forbidden, "this target may not be reached from here")
	}
	short := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/librespeed/garbage" {
			w.Write([]byte("x"))
		}
		return r.URL.Path == "/librespeed/garbage"
	})
	lying := server(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/librespeed/garbage" {
			w.Header().Set("Content-Length", "1000000000000")
			w.Write([]byte("x"))
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		return false
	})
	over := make(chan struct{})
	deaf := server(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			<-over // nothing of the body is read
		}
		return r.Method == http.MethodPost
	})
	deaf.Direction = 300 * time.Millisecond
	t.Cleanup(func() { close(over) }) // before the server ends
	for name, row := range map[string]struct {
		client *speed.Client
		id     string
		code   domain.Code
		says   string
	}{
		"unknown":    {server(t, nil), "elsewhere", domain.Invalid, `there is no test server "elsewhere"`},
		"broken":     {server(t, status(500)), "", domain.Unavailable, "The test server local does not answer as it should: it answers with the status 500"},
		"redirected": {server(t, status(302)), "", domain.Unavailable, "it answers with the status 302"},
		"short":      {short, "", domain.Unavailable, "it sends less than it was asked for"},
		"lying":      {lying, "", domain.Unavailable, "it breaks off"},
		"deaf":       {deaf, "", domain.Unavailable, "it takes too long"},
		"forbidden":  {gone, "", domain.Unavailable, "its address is not public, and none of those that the operator allows"},
	} {
		if _, _, err := row.client.Measure(t.Context(), row.id); domain.CodeOf(err) != row.code || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestMeasureTogether refuses tests that would measure each other.
func TestMeasureTogether(t *testing.T) {
	arrived, leave := make(chan struct{}, 10), make(chan struct{})
	c := server(t, func(http.ResponseWriter, *http.Request) bool {
		arrived <- struct{}{}
		<-leave
		return false
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 4)
	for range 4 {
		go func() {
			_, _, err := c.Measure(ctx, "")
			ended <- err
		}()
	}
	for range 4 {
		<-arrived
	}
	if _, _, err := c.Measure(t.Context(), ""); domain.CodeOf(err) != domain.TooMany {
		t.Errorf("the fifth: %v", err)
	}
	cancel()
	close(leave)
	for range 4 {
		if err := <-ended; err == nil {
			t.Error("one that was called off has a result")
		}
	}
}

// TestMeasureBest measures to a listed server that answers, where nobody names one,
// and to our own where none is listed.
func TestMeasureBest(t *testing.T) {
	own, good := server(t, nil), server(t, nil)
	broken := server(t, func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusInternalServerError)
		return true
	})
	listed := func(id string, c *speed.Client) speed.Server {
		s := c.Servers[0]
		s.ID = id
		return s
	}
	gone := listed("gone", good)
	gone.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }
	own.Servers = append(own.Servers, listed("broken", broken), listed("good", good), gone)
	if told, samples, err := own.Measure(t.Context(), ""); err != nil || told.ID != "good" || samples.Check() != nil {
		t.Errorf("%+v, %v", told, err)
	}
	if told, err := own.Server(""); err != nil || told.ID != speed.Own {
		t.Errorf("browsers are told %+v, %v", told, err)
	}
	own.Servers = own.Servers[:2]
	if _, _, err := own.Measure(t.Context(), ""); domain.CodeOf(err) != domain.Unavailable || !strings.Contains(err.Error(), "The test server broken does not answer") {
		t.Error(err)
	}
	own.Servers = append(own.Servers, gone)
	if _, _, err := own.Measure(t.Context(), ""); domain.CodeOf(err) != domain.Unavailable || !strings.Contains(err.Error(), "None of the 2 test servers answers") {
		t.Error(err)
	}
}

func TestParseServers(t *testing.T) {
	list, err := speed.ParseServers([]byte(`[{"name": "New York, US", "server": "//ny.example/speed/", "id": 7},
		{"server": "http://b.example:8080", "dlURL": "backend/garbage.php?x=1", "ulURL": "up", "pingURL": "ping", "id": 9}, {"server": "https://c.example"}]`))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, s := range list {
		told = append(told, strings.Join([]string{s.ID, s.Location, s.Download.String(), s.Upload.String(), s.Ping.String()}, " "))
	}
	want := "7 New York, US https://ny.example/speed/garbage.php https://ny.example/speed/empty.php https://ny.example/speed/empty.php\n" +
		"9  http://b.example:8080/backend/garbage.php?x=1 http://b.example:8080/up http://b.example:8080/ping\n" +
		"3  https://c.example/garbage.php https://c.example/empty.php https://c.example/empty.php"
	if got := strings.Join(told, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for text, says := range map[string]string{
		`{}`: "it is no list of LibreSpeed's", `[{}]`: "server 1: server must be an address", `[{"server": "ftp://a.example"}]`: "server must be an address",
		`[{"server": "http://u:p@a.example"}]`: "server must be an address", `[{"server": "http://a.example", "dlURL": "http://b.example/"}]`: "must be a path below server",
		`[{"server": "http://a.example", "ulURL": "//b.example/"}]`:                 "must be a path below server",
		`[{"server": "http://a.example", "id": 2}, {"server": "http://b.example"}]`: `server 2: its id "2" is another's`,
		`[{"server": "http://a.example", "id": "x"}]`:                               "it is no list of LibreSpeed's",
	} {
		if _, err := speed.ParseServers([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzParseServers takes no list with a server that is at none of its own paths.
func FuzzParseServers(f *testing.F) {
	f.Add([]byte(`[{"name": "a", "server": "//a.example/", "dlURL": "garbage.php", "id": 1}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := speed.ParseServers(text)
		if err != nil {
			return
		}
		for _, s := range list {
			if s.ID == "" || s.Download.Host == "" || s.Download.Host != s.Upload.Host || s.Download.Host != s.Ping.Host {
				t.Errorf("%q: %+v", text, s)
			}
		}
	})
}
