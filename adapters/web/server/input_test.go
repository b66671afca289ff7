package server_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

var submissions = []string{"/api/v1/scan", "/scanner/api/v1/scan", "/issafesite/api/v1/scan"}

// quoted is a text as JSON.
func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestBadTargets refuses what is no URL, or no host, with 400.
func TestBadTargets(t *testing.T) {
	s := unlimited(t)
	s.Refuse("10.0.0.1", domain.Forbidden)
	s.Refuse("https://10.0.0.1/", domain.Forbidden)
	s.Refuse("nowhere.example", domain.Unresolvable)
	s.Refuse("https://nowhere.example/", domain.Unresolvable)
	hosts := []string{
		"", " ", ".", "..", "a..b", "-", "--help", "-oN /etc/x", "-oN", "a b", "a\x00b", "a\nb", "a\tb", "\u202ea.example", "a\\b",
		strings.Repeat("a", 2001), strings.Repeat("a.", 1200), strings.Repeat("a", 64) + ".example", "a.example:443", "a.example/path",
		"a.example/", "a.example?x", "http://a.example", "https://a.example/", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80", "2001:db8::1%eth0",
		"192.0.2.0/24", "999.1.1.1", "1.2.3", "0x7f000001", "2130706433", "017700000001", "user@a.example", "a.example;id", "$(id)", "`id`", "a|b", "a&b",
		"'a'", `"a"`, "<a>", "*.example", "a,b", "10.0.0.1", "nowhere.example", "ministry.gov", "\xff\xfe", "a.example\u0000",
	}
	for _, h := range hosts {
		for _, path := range submissions[:2] {
			s.Post(path, `{"target": `+quoted(h)+`}`).Is(400)
		}
		if h != "" {
			s.Post("/scanner/api/v1/scan", `{"target": "a.example", "domain": `+quoted(h)+`}`)
		}
	}
	urls := []string{
		"", " ", "ftp://a.example", "file:///etc/passwd", "javascript:alert(1)", "gopher://a.example", "//a.example", "https://", "https:///x", "https://:443",
		"https://user:pw@a.example", "https://a.example:0", "https://a.example:65536", "https://a.example:x", "https://a b.example", "https://a.example\r\nHost: b",
		"https://a.example\\@b.example", "-oN /etc/x", "--proxy=x", "https://" + strings.Repeat("a", 2050), "https://a.example/" + strings.Repeat("ü", 1000),
		"https://[::1", "https://2001:db8::1/", "https://10.0.0.1", "https://nowhere.example", "https://army.mil", "https://a.example/\x7f", "https://0x7f.1",
	}
	for _, u := range urls {
		for _, path := range []string{submissions[0], submissions[2]} {
			s.Post(path, `{"url": `+quoted(u)+`}`).Is(400)
		}
	}
}

// TestBadDomains refuses a domain that is no host name, and takes one that is.
func TestBadDomains(t *testing.T) {
	s := unlimited(t)
	for _, d := range []string{" ", "192.0.2.1", "2001:db8::1", "a b", "-x", "https://a.example", "a.example:80", "a.example/x", strings.Repeat("a", 2100), "a\u0000"} {
		s.Post("/api/v1/scan", `{"target": "a.example", "domain": `+quoted(d)+`}`).Is(400).Like(`{"error": "domain must be a host name such as example.com"}`)
	}
	s.Post("/api/v1/scan", `{"target": "a.example", "domain": ""}`).Is(201)
	s.Post("/api/v1/scan", `{"target": "a.example", "domain": "B.example"}`).Is(409) // the same target, by another name
	s.Post("/api/v1/scan", `{"target": "b.example", "domain": "B.example"}`).Is(201)
	s.Post("/api/v1/scan", `{"target": "c.example", "domain": null}`).Is(201)
	s.Post("/api/v1/scan", `{"target": "192.0.2.1", "domain": "192.0.2.1"}`).Is(201).Like(`{"status": "queued"}`) // the default, written out
}

// TestBadBodies sends what is no object of the right types.
func TestBadBodies(t *testing.T) {
	s := unlimited(t)
	deep := strings.Repeat(`[`, 100_000) + strings.Repeat(`]`, 100_000)
	bodies := []string{
		``, ` `, `{`, `}`, `[]`, `null`, `true`, `1e999`, `"x"`, `{]`, `{"url"}`, `{"url":}`, `{url: "x"}`, `{'url': 'x'}`, "\xef\xbb\xbf{}", "\x00", "\xff\xfe\xfd",
		`{"url": 1}`, `{"target": 1}`, `{"url": true}`, `{"target": false}`, `{"url": [1]}`, `{"target": {"a": 1}}`, `{"url": 1e400}`, `{"target": 123456789012345678901234567890}`,
		`{"url": "https://a.example", "depth": 1}`, `{"url": "https://a.example", "depth": []}`, `{"url": "https://a.example", "depth": ""}`,
		`{"url": "https://a.example", "depth": "quick"}`, `{"url": "https://a.example", "depth": "DEEP "}`, `{"target": "a.example", "domain": 1}`, `{"target": "a.example", "domain": {}}`,
		deep, `{"url": ` + deep + `}`, `{"target": "a.example", "x": ` + deep + `}`, strings.Repeat(`{"url":`, 100_000), `{"url": "https://a.example"}x`, `{"target": "a.example"},`,
		"{\"url\": \"https://a.example/\xff\"}", "{\"target\": \"a\xffb.example\"}", `{"url": "\ud800"}`, `{"target": "\ud800"}`, `{"url": "https://a.example" "depth": "DEEP"}`,
	}
	for _, b := range bodies {
		for _, path := range submissions {
			for _, kind := range []string{"Content-Type: application/json", "Content-Type: application/x-www-form-urlencoded", "Content-Type: multipart/form-data; boundary=x"} {
				s.Post(path, b, kind).Is(400)
			}
		}
	}
}

// TestLargeBodies refuses more than 1 MiB, and takes a little less.
func TestLargeBodies(t *testing.T) {
	s := unlimited(t)
	blank := func(n int) string { return `{"url": "https://a.example"` + strings.Repeat(" ", n) + `}` }
	for _, path := range submissions {
		s.Post(path, blank(2<<20)).Is(413)
		s.Post(path, blank(2<<20), "Authorization:").Is(413)
	}
	s.Post("/issafesite/api/v1/scan", blank(1<<19)).Is(202)
	s.Post("/api/v1/scan/"+nobody+"/cancel", blank(2<<20)).Is(413)
	s.Post("/api/v1/scan", `{"url": "https://`+strings.Repeat("a", 1<<19)+`"}`).Is(400)
}

// TestCompressedBodies are not unpacked: what is small on the wire would be
// large in memory.
func TestCompressedBodies(t *testing.T) {
	s := unlimited(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.WriteString(w, `{"url": "https://a.example"`+strings.Repeat(" ", 64<<20)+`}`); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, coding := range []string{"gzip", "deflate", "br", "gzip, gzip", "x"} {
		for _, path := range submissions {
			s.Post(path, packed.String(), "Content-Encoding: "+coding).Is(400)
		}
	}
	if n := s.Served()[0].BytesIn; n != int64(packed.Len()) {
		t.Errorf("%d bytes were counted of %d", n, packed.Len())
	}
}

// TestForeignFields ignores every field that a body does not have, those of
// the answers among them.
func TestForeignFields(t *testing.T) {
	s := unlimited(t)
	const forged = `"id": "` + nobody + `", "status": "complete", "state": "completed", "grade": "A+", "gradeScore": 100, "overallScore": 100, "securityScore": 100,
		"seoScore": 100, "trafficScore": 100, "findingsCount": 5, "reportUrl": "/x", "statusUrl": "/x", "createdAt": "2000-01-01T00:00:00Z", "startedAt": "2000-01-01T00:00:00Z",
		"completedAt": "2000-01-01T00:00:00Z", "error": "x", "summary": {"total": 9}, "progress": 99, "version": 7, "profile": "deep", "existingId": "x", "account": "x", "owner": "x",
		"contract": "7azzani", "probes": [], "scores": {}, "targetUrl": "https://b.example", "targetDomain": "b.example", "retest_of": "x", "__proto__": {}, "": 1`
	s.Post("/api/v1/scan", `{"target": "a.example", `+forged+`}`).Is(201)
	s.Get("/api/v1/scans").Is(200).Like(`{"scans": [{"target": "a.example", "domain": "a.example", "status": "queued", "grade": null, "created_at": "2026-04-03T12:00:00.000Z", "progress": 0}], "total": 1}`)
	submitted := s.Post("/api/v1/scan", `{"url": "https://a.example", "domain": "b.example", `+forged+`}`).Is(202).
		Like(`{"url": "https://a.example", "domain": "a.example", "depth": "STANDARD", "status": "PENDING", "createdAt": "2026-04-03T12:00:00Z"}`)
	s.Get(submitted.Field("statusUrl")).Is(200).Like(`{"targetUrl": "https://a.example", "targetDomain": "a.example", "status": "PENDING", "overallScore": null, "findingsCount": 0, "progress": 0,
		"version": 1, "startedAt": null, "completedAt": null, "error": null, "report": {"profile": "standard", "scores": null}}`)
	s.Get("/api/v1/scan/" + nobody).Is(404)
	host := s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	s.Post("/api/v1/scan/"+host+"/cancel", `{"status": "complete", "id": "`+nobody+`"}`).Is(200).Like(`{"id": "` + host + `", "status": "cancelled"}`)
	s.Post("/api/v1/scan/"+host+"/retest", `{"target": "b.example", "domain": "b.example"}`).Is(201)
	s.Get("/api/v1/scans").Is(200).Like(`{"scans": [{"target": "192.0.2.1", "domain": "192.0.2.1"}]}`)
}

// TestDuplicateKeys are read alike by whoever asks which contract it is and by
// the contract.
func TestDuplicateKeys(t *testing.T) {
	s := unlimited(t)
	s.Post("/api/v1/scan", `{"url": "https://a.example", "url": "https://b.example"}`).Is(202).Like(`{"domain": "b.example"}`)
	s.Post("/api/v1/scan", `{"url": "https://a.example", "url": null}`).Is(400)
	s.Post("/api/v1/scan", `{"target": "a.example", "target": "-x"}`).Is(400)
	s.Post("/api/v1/scan", `{"target": "-x", "target": "a.example"}`).Is(201)
	s.Post("/api/v1/scan", `{"target": "a.example", "url": null, "url": "https://a.example"}`).Is(400)
}

// TestIDs answers for ids that are malformed, unknown and another account's
// with the same bytes.
func TestIDs(t *testing.T) {
	s := unlimited(t)
	safe, host := s.Scan(domain.IsSafeSite, "https://a.example").String(), s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	bob, _ := s.Issue(s.Register("bob@example.com"))
	ids := []string{
		safe, host, nobody, "x", "0", "1", "-1", "null", "undefined", "%00", "%20", "%2e%2e", "..%2f..%2fetc", "%ff", "-oN", strings.Repeat("a", 36), strings.Repeat("9", 40),
		strings.Repeat("a", 2100), "{" + nobody + "}", "urn:uuid:" + nobody, strings.ReplaceAll(nobody, "-", ""), strings.ToUpper(safe) + "0", nobody + "%0a", "00000000-0000-0000-0000-000000000000",
		"' OR 1=1--", "$(id)", "ü",
	}
	templates := []endpoint{
		{http.MethodGet, "/api/v1/scan/%s", ""}, {http.MethodGet, "/api/v1/scan/%s/events", ""}, {http.MethodGet, "/api/v1/scan/%s?as_of=1", ""},
		{http.MethodPost, "/api/v1/scan/%s/retest", ""}, {http.MethodPost, "/api/v1/scan/%s/cancel", ""},
		{http.MethodGet, "/scanner/api/v1/scan/%s", ""}, {http.MethodGet, "/scanner/api/v1/scan/%s/events", ""},
		{http.MethodPost, "/scanner/api/v1/scan/%s/retest", ""}, {http.MethodPost, "/scanner/api/v1/scan/%s/cancel", ""},
		{http.MethodGet, "/issafesite/api/v1/scan/%s", ""}, {http.MethodGet, "/issafesite/api/v1/scan/%s/events", ""},
		{http.MethodGet, "/api/report/rpt_%s/pdf", ""}, {http.MethodGet, "/issafesite/api/report/rpt_%s/pdf", ""},
	}
	for _, e := range templates {
		s.Later(time.Minute)
		want := s.Do(e.method, fmt.Sprintf(e.path, nobody), "", "Authorization: Bearer "+bob).Is(404)
		for _, id := range ids {
			s.Later(time.Minute)
			path := fmt.Sprintf(e.path, strings.NewReplacer(" ", "%20").Replace(id))
			if got := s.Do(e.method, path, "", "Authorization: Bearer "+bob).Is(404); got.Body != want.Body {
				t.Errorf("%.100s: %s, want %s", path, got.Body, want.Body)
			}
		}
	}
}

// TestQueries bounds what a list is asked for.
func TestQueries(t *testing.T) {
	s := unlimited(t)
	huge := strings.Repeat("9", 400)
	for path, c := range map[string]map[string]int{
		"/api/v1/scans?limit=":   {"": 200, "1": 200, "100": 200, "101": 200, "1000000": 200, "0": 400, "-1": 400, "x": 400, "1.5": 400, "1e3": 400, "0x10": 400, "%00": 400, huge: 400, "9223372036854775808": 400, "ü": 400, "1;2": 400},
		"/api/v1/scans?offset=":  {"": 200, "0": 200, "5": 200, "999999999999": 200, "-1": 400, "x": 400, huge: 400, "9223372036854775807": 200, "1 ": 400},
		"/api/v1/scan?limit=":    {"": 200, "1": 200, "50": 200, "51": 200, "0": 400, "-5": 400, "x": 400, huge: 400},
		"/api/v1/scan?page=":     {"": 200, "1": 200, "99": 200, "9223372036854775807": 200, "0": 400, "-1": 400, "x": 400, huge: 400, "[]": 400},
		"/api/v1/report?limit=":  {"": 200, "51": 200, "0": 400, "x": 400},
		"/api/v1/report?page=":   {"": 200, "9223372036854775807": 200, "0": 400, "x": 400},
		"/api/v1/report?scanId=": {"": 200, "x": 200, nobody: 200, huge: 200, "%00": 200, "-oN": 200},
		"/api/v1/scans?target=": {
			"192.0.2.1": 200, "a.example": 200, "https://a.example/x?y%3D1": 200, "192.0.2.0/24": 200, "2001:db8::1": 200, "A.EXAMPLE": 200,
			"": 400, "-oN+/etc/x": 400, "a+b": 400, "%00": 400, "%ff": 400, "ftp://a": 400, "10.0.0.0/1": 400, strings.Repeat("a", 2100): 400, "a%0ab": 400, "*": 400, "'": 400,
		},
	} {
		for value, status := range c {
			s.Get(path + strings.ReplaceAll(value, " ", "%20")).Is(status)
		}
	}
	s.Get("/api/v1/scans?limit=101").Like(`{"limit": 100, "offset": 0, "scans": []}`)
	s.Get("/api/v1/scan?limit=51").Like(`{"pagination": {"limit": 50, "page": 1, "total": 0, "pages": 0}, "data": []}`)
	s.Get("/api/v1/scans?target=ftp://a").Like(`{"error": "Invalid target filter value: the URL must begin with http:// or https://"}`)
	s.Get("/api/v1/scans?limit=1&limit=x&unknown=1").Is(200)
}

// TestTargetFilter matches exactly, in normal form.
func TestTargetFilter(t *testing.T) {
	s := unlimited(t)
	s.Scan(domain.ScannerAPI, "a.example")
	s.Scan(domain.ScannerAPI, "b.a.example")
	s.Scan(domain.IsSafeSite, "https://a.example/x")
	for filter, want := range map[string]int{
		"a.example": 1, "A.Example": 1, "example": 0, "https://a.example/x": 1, "https://a.example/": 0, "b.a.example": 1, "%20a.example": 1,
	} {
		s.Get("/api/v1/scans?target=" + filter).Is(200).Like(fmt.Sprintf(`{"total": %d}`, want))
	}
}

// TestPaths are refused when no contract has them, however they are written.
func TestPaths(t *testing.T) {
	s := unlimited(t)
	for _, path := range []string{
		"/", "/api", "/api/v1", "/API/V1/SCAN", "/api/v1/Scan", "/api/v1/scan/x/y/z", "/api/v1/scan//events", "/api/v2/scan", "/%2e%2e/etc/passwd", "/api/v1/scan%00",
		"/" + strings.Repeat("a/", 900), "/<script>", "/ü", "/scanner", "/issafesite/api/v1/scan/x/retest", "/api/report//pdf",
	} {
		a := s.Get(path).Is(404)
		if a.Header.Get("Content-Type") != "application/json" || strings.Contains(a.Body, "script") {
			t.Errorf("%.50s: %s %s", path, a.Header.Get("Content-Type"), a.Body)
		}
	}
}

// TestLongHeaders are refused before anything is read.
func TestLongHeaders(t *testing.T) {
	s := unlimited(t)
	s.Get("/api/v1/scans", "X-Long: "+strings.Repeat("a", 20<<10)).Is(431)
	s.Get("/api/v1/scans", "Authorization: Bearer "+strings.Repeat("a", 10<<10)).Is(401)
}
