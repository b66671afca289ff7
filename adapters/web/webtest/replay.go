package webtest

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Replay sends the requests of the files testdata/NAME.http and expects the
// answer that stands below each: its status, its headers, and all fields of
// its body. The files are written as HTTP is, with "YOUR_API_TOKEN" or
// "YOUR_API_KEY" for the key.
func (s *Server) Replay(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.replay(name)
		s.replayed = append(s.replayed, name)
	}
}

// Say makes a word in the files stand for something that only the test knows.
func (s *Server) Say(word, meaning string) { s.said = append([]string{word, meaning}, s.said...) }

func (s *Server) replay(name string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".http"))
	must(s.t, err)
	asked, expected, found := strings.Cut(string(text), "\nHTTP/1.1 ")
	if !found {
		s.t.Fatalf("%s has no answer", name)
	}
	line, headers, body := message(asked)
	method, path, _ := strings.Cut(line, " ")
	words := strings.NewReplacer(append([]string{"YOUR_API_TOKEN", s.Key, "YOUR_API_KEY", s.Key}, s.said...)...)
	for i, h := range headers {
		headers[i] = words.Replace(h)
	}
	request := append([]string{"Authorization:"}, headers...)
	answer := s.Do(method, words.Replace(path), words.Replace(body), request...)
	line, headers, body = message(expected)
	status, err := strconv.Atoi(strings.Fields(line)[0])
	must(s.t, err)
	answer.Is(status).Has(headers...)
	if file := answer.Header.Get("Content-Type") == "application/pdf"; body != "" || answer.Body != "" && !file {
		answer.Like(strings.NewReplacer(s.said...).Replace(body))
	}
}

// message takes HTTP apart.
func message(text string) (line string, headers []string, body string) {
	head, body, _ := strings.Cut(strings.TrimSpace(text), "\n\n")
	lines := strings.Split(head, "\n")
	return lines[0], lines[1:], body
}

// AllReplayed expects that every file in testdata was replayed by one of the
// servers.
func AllReplayed(t *testing.T, servers ...*Server) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.http")
	must(t, err)
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".http")
		if !slices.ContainsFunc(servers, func(s *Server) bool { return slices.Contains(s.replayed, name) }) {
			t.Errorf("%s was not replayed", f)
		}
	}
}
