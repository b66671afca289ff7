package webtest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// complaints are what a test would fail with.
type complaints []string

func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}

// canned is a way that always leads to the same answer.
type canned struct{ response http.Response }

func (c canned) RoundTrip(request *http.Request) (*http.Response, error) {
	r := c.response
	r.Request = request
	return &r, nil
}

const listed = `{"scans": [{"id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "target": "192.168.1.1", "domain": "example.com", "status": "queued", "grade": null,
	"created_at": "2026-04-03T12:00:00.000Z", "progress": 0}], "total": 1, "limit": 50, "offset": 0}`

// TestHeld complains of every answer that is not as the document has it.
func TestHeld(t *testing.T) {
	id := "X-Request-ID: 01a20a45-c5a6-7155-ae50-acefa13eee65"
	for name, c := range map[string]struct {
		method, path string
		status       int
		headers      string
		body, says   string
	}{
		"as it should be":      {"GET", "/api/v1/scans", 200, id, listed, ""},
		"below a prefix":       {"GET", "/scanner/api/v1/scans/", 200, id, listed, ""},
		"with limits":          {"GET", "/api/v1/scans", 200, id + "\nRateLimit-Limit: 60\nRateLimit-Reset: 3", listed, ""},
		"HEAD":                 {"HEAD", "/api/v1/scans", 200, id, "", ""},
		"another server's":     {"GET", "/api/v1/scans", 500, "", "", ""},
		"another status":       {"GET", "/api/v1/scans", 201, id, listed, "status"},
		"another contract":     {"GET", "/api/v1/scans/", 200, id, listed, "missing properties"},
		"a field more":         {"GET", "/api/v1/scans", 200, id, strings.Replace(listed, `"total"`, `"sum": 1, "total"`, 1), "additional properties 'sum'"},
		"a field more inside":  {"GET", "/api/v1/scans", 200, id, strings.Replace(listed, `"progress"`, `"owner": 1, "progress"`, 1), "additional properties 'owner'"},
		"a field less":         {"GET", "/api/v1/scans", 200, id, strings.Replace(listed, `"total": 1, `, "", 1), "missing property 'total'"},
		"another word":         {"GET", "/api/v1/scans", 200, id, strings.Replace(listed, "queued", "pending", 1), "queued"},
		"no time":              {"GET", "/api/v1/scans", 200, id, strings.Replace(listed, "2026-04-03T12:00:00.000Z", "yesterday", 1), "date-time"},
		"another type":         {"GET", "/api/v1/scans", 200, id, strings.Replace(listed, `"limit": 50`, `"limit": "50"`, 1), "got string, want integer"},
		"no JSON":              {"GET", "/api/v1/scans", 200, id, "ok", "no JSON"},
		"another media type":   {"GET", "/api/v1/scans", 200, id + "\nContent-Type: text/html", listed, "text/html"},
		"a strange header":     {"GET", "/api/v1/scans", 200, id + "\nX-RateLimit-Limit: 60", listed, "X-Ratelimit-Limit"},
		"a header of no sense": {"GET", "/api/v1/scans", 200, id + "\nRateLimit-Limit: many", listed, "RateLimit-Limit"},
		"no Retry-After":       {"GET", "/api/v1/scans", 429, id, `{"error": "x"}`, "Retry-After"},
		"an empty error":       {"GET", "/api/v1/scans", 404, id, `{"error": ""}`, "status"},
		"no such path":         {"GET", "/nothing", 404, id, `{"error": "x"}`, ""},
		"a path that is new":   {"GET", "/nothing", 200, id, `{}`, "not in it"},
		"a method that is new": {"DELETE", "/api/v1/scans", 204, id, ``, "not in it"},
		"a wrong method":       {"DELETE", "/api/v1/scans", 405, id, `{"error": "x"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {"application/json"}}
			for _, h := range strings.Split(c.headers, "\n") {
				if n, value, ok := strings.Cut(h, ": "); ok {
					header.Set(n, value)
				}
			}
			request, err := http.NewRequestWithContext(t.Context(), c.method, "http://localhost"+c.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			var said complaints
			answer, err := Held(&said, canned{http.Response{StatusCode: c.status, Header: header, Body: io.NopCloser(strings.NewReader(c.body))}}).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			if text, err := io.ReadAll(answer.Body); err != nil || string(text) != c.body {
				t.Errorf("the body has become %q, %v", text, err)
			}
			if c.says == "" && len(said) > 0 || c.says != "" && !strings.Contains(strings.Join(said, "\n"), c.says) {
				t.Errorf("it says %q, want %q", said, c.says)
			}
		})
	}
}
