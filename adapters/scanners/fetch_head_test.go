package scanners

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// spoken is a connection that has said something, so many bytes at a time.
type spoken struct {
	net.Conn
	said    *bytes.Reader
	atATime int
}

func (s spoken) Read(p []byte) (int, error) { return s.said.Read(p[:min(len(p), s.atATime)]) }

// hear reads an answer as a tolerant connection does.
func hear(said string, atATime int) (resp *http.Response, body string, odd []string, err error) {
	conn := &tolerant{Conn: spoken{said: bytes.NewReader([]byte(said)), atATime: atATime}, tell: func(o string) { odd = append(odd, o) }}
	reader := bufio.NewReader(conn)
	for {
		if resp, err = http.ReadResponse(reader, nil); err != nil {
			return nil, "", odd, err
		}
		if resp.StatusCode >= 200 {
			break
		}
	}
	raw, err := io.ReadAll(resp.Body)
	return resp, string(raw), odd, err
}

func TestTolerantHeads(t *testing.T) {
	const body = "<p>x\x01\r\n: y</p>"
	for name, c := range map[string]struct {
		head string
		want map[string]string // beside what all have
		odd  []string
	}{
		"nothing odd":              {"X-A: b", map[string]string{"X-A": "b"}, nil},
		"letters of another time":  {"X-A: \xe9\xff", map[string]string{"X-A": "\xe9\xff"}, nil},
		"a control character":      {"X-A: a\x01b\r\nX-B: \x7f\x00", map[string]string{"X-A": "a\ufffdb", "X-B": "\ufffd\ufffd"}, []string{`a control character in the line "X-A: a\x01b"`, `a control character in the line "X-B: \x7f\x00"`}},
		"it means no more":         {"X-Content-Type-Options: nosniff\x01", map[string]string{"X-Content-Type-Options": "nosniff\ufffd"}, []string{`a control character in the line "X-Content-Type-Options: nosniff\x01"`}},
		"half an end of a line":    {"X-A: a\rX-B: b", map[string]string{"X-A": "a\ufffdX-B: b"}, []string{`a control character in the line "X-A: a\rX-B: b"`}},
		"a name that is none":      {"X\x01A: b\r\n : c\r\nX-B: d", map[string]string{"X-B": "d"}, []string{`a line that is no header, "X\x01A: b"`, `a line that is no header, " : c"`}},
		"a line without a colon":   {"hello there\r\n more of it\r\nX-B: d", map[string]string{"X-B": "d"}, []string{`a line that is no header, "hello there"`, `a line that is no header, " more of it"`}},
		"no name":                  {": b\r\nX-B: d", map[string]string{"X-B": "d"}, []string{`a line that is no header, ": b"`}},
		"a space before the colon": {"X-A \t: b", map[string]string{"X-A": "b"}, []string{`white space before the colon of "X-A \t"`}},
		"folded":                   {"X-A: b\r\n c\x02", map[string]string{"X-A": "b c\ufffd"}, []string{`a control character in the line " c\x02"`}},
		"two lengths":              {"Content-Length: 1", nil, []string{`a length that does not hold, "Content-Length: 1"`}},
		"the same length twice":    {"Content-Length: 14", nil, nil},
		"a length that is none":    {"Content-Length: many", nil, []string{`a length that does not hold, "Content-Length: many"`}},
	} {
		want := map[string]string{"Content-Length": "14", "X-Last": "z"}
		maps.Copy(want, c.want)
		for _, atATime := range []int{1, 7, 4096} {
			for _, end := range []string{"\r\n", "\n"} {
				interim := strings.ReplaceAll("HTTP/1.1 103 Early Hints\r\nLink: a\x01\r\n\r\n", "\r\n", end)
				said := "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n" + c.head + "\r\nX-Last: z\r\n\r\n"
				resp, got, odd, err := hear(interim+strings.ReplaceAll(said, "\r\n", end)+body, atATime)
				if err != nil || got != body {
					t.Errorf("%s, %d at a time: the body %q, %v", name, atATime, got, err)
					continue
				}
				all := map[string]string{}
				for field := range resp.Header {
					all[field] = resp.Header.Get(field)
				}
				if !maps.Equal(all, want) {
					t.Errorf("%s, %d at a time: %q", name, atATime, all)
				}
				if len(odd) == 0 || odd[0] != `a control character in the line "Link: a\x01"` || !slices.Equal(odd[1:], c.odd) {
					t.Errorf("%s, %d at a time, is told as %q", name, atATime, odd)
				}
			}
		}
	}
}

// TestFoldedFirst has a head that begins with what continues nothing.
func TestFoldedFirst(t *testing.T) {
	resp, _, odd, err := hear("HTTP/1.1 200 OK\r\n x: y\r\nX-A: b\r\n\r\n", 3)
	if err != nil || resp.Header.Get("X-A") != "b" || len(resp.Header) != 1 || len(odd) != 1 {
		t.Errorf("%+v, %q, %v", resp, odd, err)
	}
}

// TestNoHeads hands on what is no head, and what has no end.
func TestNoHeads(t *testing.T) {
	for name, said := range map[string]string{
		"no HTTP":         "SSH-2.0-x\r\n\x01\x02\r\n\r\n",
		"nothing":         "",
		"half a status":   "HTTP/1.1 2",
		"half a head":     "HTTP/1.1 200 OK\r\nX-A: b\r\nX-B",
		"a line too long": "HTTP/1.1 200 OK\r\nX-A: " + strings.Repeat("a\x01", maxHeader) + "\r\n\r\nx",
		"too many lines":  "HTTP/1.1 200 OK\r\n" + strings.Repeat("no header\r\n", maxHeader/11+1) + "\r\nx",
	} {
		conn := &tolerant{Conn: spoken{said: bytes.NewReader([]byte(said)), atATime: 1000}, tell: func(string) {}}
		got, err := io.ReadAll(conn)
		if err != nil || !strings.HasSuffix(said, string(got[max(0, len(got)-8):])) || len(got) == 0 && said != "" {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(said), err)
		}
		if _, _, _, err := hear(said, 1000); err == nil {
			t.Errorf("%s is an answer", name)
		}
	}
}

// TestFetchToleratesHeads asks servers whose heads net/http refuses.
func TestFetchToleratesHeads(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nX-Odd: a\x01b\r\nContent-Length: 2\r\nX-Frame-Options: DENY\r\n\r\nok"
	answer := func(w http.ResponseWriter, r *http.Request) {
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		out.WriteString(head)
		out.Flush()
	}
	for scheme, s := range map[string]*site{"http": newSite(t, nil, answer), "https": newSite(t, &tls.Config{}, answer)} {
		answer, err := s.Fetch(t.Context(), Request{URL: s.url(t, scheme, "/"), HTTP1: true})
		if err != nil {
			t.Fatal(err)
		}
		if answer.Header.Get("X-Frame-Options") != "DENY" || answer.Header.Get("X-Odd") != "a\ufffdb" || string(answer.Body) != "ok" || len(answer.Odd) != 1 || (answer.TLS != nil) != (scheme == "https") {
			t.Errorf("over %s: %+v", scheme, answer)
		}
	}
}

func FuzzTolerant(f *testing.F) {
	f.Add("HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 OK\r\nA\x01: b\r\nContent-Length: 1\r\nContent-Length: 2\r\n c\r\n\r\nxy", 3)
	f.Add("HTTP/1.1 200 OK\nA : b\r\n\n", 1)
	f.Fuzz(func(t *testing.T, said string, atATime int) {
		atATime = max(1, atATime)
		once, body, odd, err := hear(said, atATime)
		again, sameBody, sameOdd, errAgain := hear(said, 1<<20)
		if (err == nil) != (errAgain == nil) || err == nil && (body != sameBody || len(once.Header) != len(again.Header) || len(odd) != len(sameOdd)) {
			t.Errorf("in pieces of %d: %v, %q; in one: %v, %q", atATime, err, odd, errAgain, sameOdd)
		}
	})
}
