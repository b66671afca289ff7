package zap

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// TestPinned: a ZAP on this machine goes our way, and is as it was afterwards. One that cannot reach us,
// or has a proxy of its operator's, goes its own, and the coverage says so.
func TestPinned(t *testing.T) {
	operators := setting{Host: "proxy.example", Port: "3128", Realm: "office", User: "ann", Word: "secret"}
	dead := setting{Host: "127.0.0.1", Port: "9", Realm: realm}
	for name, c := range map[string]struct {
		way    setting
		uses   bool
		far    bool
		lacks  bool
		visits []string
		line   domain.Outcome
		after  setting
	}{
		"as it comes":           {way: theirs, visits: []string{"our way"}, line: domain.Tested, after: theirs},
		"with a setting unused": {way: operators, visits: []string{"our way"}, line: domain.Tested, after: operators},
		"after a dead worker":   {way: dead, uses: true, visits: []string{"our way"}, line: domain.Tested, after: theirs},
		"in a container":        {way: theirs, far: true, visits: []string{"no way", "own way"}, line: domain.Skipped, after: theirs},
		"with the operator's":   {way: operators, uses: true, far: true, visits: []string{"no way"}, line: domain.Skipped, after: operators},
		"without its add-on":    {way: theirs, lacks: true, visits: []string{"own way"}, line: domain.Skipped, after: theirs},
	} {
		site := strings.Replace(website(t), "127.0.0.1", "localhost", 1)
		f := newFake(t, site)
		f.way, f.uses, f.far = c.way, c.uses, c.far
		f.before = func(w http.ResponseWriter, _ *http.Request, now string) bool {
			if !c.lacks || !strings.HasPrefix(now, "network/") {
				return false
			}
			w.WriteHeader(400)
			fmt.Fprint(w, `{"code":"no_implementor","message":"No Implementor"}`)
			return true
		}
		told, err := scan(t, t.Context(), f, site, domain.ZAPBaseline)
		if line := told.Coverage["the checked address of localhost"]; err != nil || line.Outcome != c.line || (line.Reason == "") != (c.line == domain.Tested) {
			t.Errorf("%s: %v, %+v", name, err, line)
		}
		if !slices.Equal(f.visits, c.visits) || f.way != c.after || f.uses != (c.after == operators && c.uses) {
			t.Errorf("%s: %q, and then it is set to %+v, %v", name, f.visits, f.way, f.uses)
		}
	}
}

// TestProxy hands on what it gets, byte for byte, and goes nowhere else than the guard lets it.
func TestProxy(t *testing.T) {
	site, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	at := site.Addr().String()
	got := make(chan string, 1)
	go func() {
		for {
			c, err := site.Accept()
			if err != nil {
				return
			}
			raw, _ := io.ReadAll(c) // to the end that the client makes
			got <- string(raw)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nbad header\r\n\r\nTea")
			c.Close()
		}
	}()
	job, _ := scantest.Job(t, "http://"+at+"/", domain.ZAPFull)
	p, err := listen(t.Context(), job.Net)
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	for sent, want := range map[string]string{
		"GET http://" + at + "/a b?c=<'> HTTP/1.1\r\nHost: " + at + "\r\nX-Forwarded-For: 1\r\nProxy-Connection: keep-alive\r\nconnection: keep-alive\r\nodd line\r\n\r\nbody\r\n": "GET /a b?c=<'> HTTP/1.1\r\nConnection: close\r\nHost: " + at + "\r\nX-Forwarded-For: 1\r\nodd line\r\n\r\nbody\r\n",
		"ODD http://" + at + "?q HTTP/1.1\r\n\r\n":                                 "ODD /?q HTTP/1.1\r\nConnection: close\r\n\r\n",
		"CONNECT " + at + " HTTP/1.1\r\n\r\n\x16\x03\x01":                          "\x16\x03\x01",
		"GET http://" + at + "/" + strings.Repeat("a", 9000) + " HTTP/1.1\r\n\r\n": "GET /" + strings.Repeat("a", 9000) + " HTTP/1.1\r\nConnection: close\r\n\r\n",
	} {
		if answer := send(t, p, sent); !strings.HasSuffix(answer, "HTTP/1.1 200 OK\r\nbad header\r\n\r\nTea") {
			t.Errorf("%.60q has the answer %q", sent, answer)
		}
		if raw := <-got; raw != want {
			t.Errorf("of %.60q the site gets %q", sent, raw)
		}
	}
	const forbidden = "169.254.169.254:80"
	for _, sent := range []string{"GET http://" + forbidden + "/ HTTP/1.1\r\n\r\n", "CONNECT " + forbidden + " HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\r\n", "GET ftp://" + at + "/ HTTP/1.1\r\n\r\n"} {
		if answer := send(t, p, sent); answer != "" {
			t.Errorf("%q has the answer %q", sent, answer)
		}
	}
	if no := p.Refusals(); len(no) != 1 || no[0].What != forbidden {
		t.Errorf("refused: %+v", no)
	}
}

// send sends something to a proxy, and reads the answer to its end.
func send(t *testing.T, p *proxy, raw string) string {
	t.Helper()
	c, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	c.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, net.ErrClosed) && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	return string(answer)
}

// FuzzRoute: whatever comes, no request goes to a site with a line that was between ZAP and us alone.
func FuzzRoute(f *testing.F) {
	f.Add([]byte("GET http://a.example/b?c HTTP/1.1\r\nHost: a.example\r\nProxy-Connection: x\r\n\r\n"))
	f.Add([]byte("CONNECT a.example:443 HTTP/1.1\r\n\r\n"))
	f.Add([]byte("GET http://[::1]:80 HTTP/1.1\n\n"))
	f.Add([]byte(" http://]0 \n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		head, err := readHead(bufio.NewReader(bytes.NewReader(raw)))
		if err != nil {
			return
		}
		to, rest, err := route(head)
		if err != nil || rest == nil {
			return
		}
		if _, _, err := net.SplitHostPort(to); err != nil {
			t.Errorf("%q goes to %q", raw, to)
		}
		for line := range bytes.Lines(rest) {
			if name, _, field := bytes.Cut(line, []byte(":")); field && isBetween(name) && string(line) != "Connection: close\r\n" {
				t.Errorf("%q has the site told %q", raw, line)
			}
		}
	})
}
