package seo

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"testing"
)

// example is a page, as testdata/pages.json has it.
type example struct {
	Name         string      `json:"name"`
	HTML         string      `json:"html"`
	Status       int         `json:"status"`
	Headers      [][2]string `json:"headers"`
	Path         string      `json:"path"`   // "/" when empty
	Robots       *string     `json:"robots"` // there is none without
	RobotsStatus int         `json:"robotsStatus"`
}

// outcomes are those of the audits by their ids.
type outcomes map[string]string

func load[T any](t *testing.T, file string) (v T) {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// serveExample returns the address of a page.
func serveExample(t *testing.T, e example) string {
	t.Helper()
	s := served{html: e.HTML, status: e.Status, header: map[string]string{}, robotsStatus: e.RobotsStatus, path: e.Path}
	for _, h := range e.Headers {
		s.header[h[0]] = h[1]
	}
	if e.Robots == nil {
		s.robotsStatus = 404
	} else {
		s.robots = *e.Robots
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	if e.Path == "" {
		return server.URL + "/"
	}
	return server.URL + e.Path
}

// auditExample is what we say of a page.
func auditExample(t *testing.T, address string) outcomes {
	t.Helper()
	s, err := scan(t.Context(), jobFor(t, address))
	if err != nil {
		t.Fatal(err)
	}
	all := outcomes{}
	for id, a := range s.audits {
		all[id] = a.Outcome
	}
	return all
}

// otherwise is why we audit otherwise than lighthouse 13.5.0, by page and audit.
var otherwise = map[string]string{
	"a title by a script / document-title": "what scripts make of a page is not seen: the audits are of what the server sends, as crawlers see it that run none",
}

// TestPagesAsLighthouse compares with what lighthouse was seen to say of each
// page (make peers runs it).
func TestPagesAsLighthouse(t *testing.T) {
	t.Parallel()
	theirs := load[map[string]outcomes](t, "lighthouse.json")
	examples := load[[]example](t, "pages.json")
	if len(examples) < 30 || len(theirs) != len(examples) {
		t.Errorf("%d pages, %d results", len(examples), len(theirs))
	}
	for _, e := range examples {
		ours := auditExample(t, serveExample(t, e))
		for id, their := range theirs[e.Name] {
			if what := e.Name + " / " + id; ours[id] != their && otherwise[what] == "" {
				t.Errorf("%s: ours %q, theirs %q", what, ours[id], their)
			}
		}
	}
}
