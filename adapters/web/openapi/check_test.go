package openapi_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/scanledger/scanledger/adapters/web/openapi"
	"github.com/scanledger/scanledger/domain"
	files "github.com/scanledger/scanledger/schemas/openapi"
)

func read(t testing.TB) *openapi.Documents {
	t.Helper()
	d, err := openapi.Read(files.Files)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// asking is an application that answers each request with what is wrong with
// it, or "fine".
func asking(d *openapi.Documents, routes ...string) func(method, url, body string) string {
	app := fiber.New(fiber.Config{StrictRouting: true, CaseSensitive: true})
	for _, r := range routes {
		app.All(r, func(c *fiber.Ctx) error {
			err := d.Check(c)
			if err == nil {
				return c.SendString("fine")
			}
			if domain.CodeOf(err) != domain.Invalid {
				return err
			}
			return c.SendString(err.Error())
		})
	}
	handler := app.Handler()
	return func(method, url, body string) string {
		var ctx fasthttp.RequestCtx
		ctx.Request.Header.SetMethod(method)
		ctx.Request.SetRequestURI(url)
		ctx.Request.SetBodyString(body)
		handler(&ctx)
		return string(ctx.Response.Body())
	}
}

// TestBodies says of each body which field is wrong, and what is allowed.
func TestBodies(t *testing.T) {
	ask := asking(read(t), "/api/v1/scan", "/scanner/api/v1/scan", "/api/v1/auth/register", "/api/v1/profile", "/api/v1/nmap/scan", "/api/v1/scans/create", "/api/v1/keys", "/api/scans/quick_scan")
	const both = "The body needs exactly one of the fields url (IsSafeSite) and target (Scanner)"
	for _, c := range []struct{ method, path, body, says string }{
		{"POST", "/api/v1/scan", `{"url": "https://a.example"}`, "fine"},
		{"POST", "/api/v1/scan", `{"url": "https://a.example", "depth": null, "target": null, "more": {"x": [1e400]}}`, "fine"},
		{"POST", "/api/v1/scan", `{"url": "https://a.example", "depth": "quick"}`, "depth must be QUICK, STANDARD or DEEP"},
		{"POST", "/api/v1/scan", `{"target": "a.example", "domain": 1}`, "domain must be a string, not a number"},
		{"POST", "/api/v1/scan", `{"url": 1, "target": 2}`, both}, {"POST", "/api/v1/scan", `{}`, both}, {"POST", "/api/v1/scan", `[1]`, both},
		{"POST", "/scanner/api/v1/scan", `{"url": "https://a.example"}`, "target is required: an IP address or a host name"},
		{"POST", "/scanner/api/v1/scan", `{"target": "` + strings.Repeat("a", 2049) + `"}`, "the target must have at most 2048 characters"},
		{"POST", "/scanner/api/v1/scan", `[]`, "The body must be a JSON object"},
		{"POST", "/api/v1/auth/register", `{}`, "email is required"},
		{"POST", "/api/v1/auth/register", `{"email": "a@b.example", "password": "x", "password_confirm": "x"}`, "password must have 8 to 256 characters"},
		{"POST", "/api/v1/auth/register", `{"email": "a@b.example", "password": "correct horse", "password_confirm": "x", "last_name": "a\u0007"}`, "last_name must have at most 150 characters, and no control characters"},
		{"PATCH", "/api/v1/profile", `{"user_first_name": true}`, "user_first_name must be a string, not true or false"},
		{"PATCH", "/api/v1/profile", `{"user_first_name": null}`, "fine"},
		{"POST", "/api/v1/nmap/scan", `{"target_id": 1, "scan_config": {"scan_type": "full", "port_range": "1-1000", "aggressive": "true"}}`, "fine"},
		{"POST", "/api/v1/nmap/scan", `{"target_id": "1", "scan_config": {"aggressive": "yes"}}`, "scan_config.aggressive must be true or false"},
		{"POST", "/api/v1/nmap/scan", `{"target_id": 1, "scan_config": {"ports": "1"}}`, "scan_config.ports is unknown: of nmap it may have aggressive, port_range, scan_type"},
		{"POST", "/api/v1/nmap/scan", `{"scan_config": {}}`, "target_id is required"},
		{"POST", "/api/v1/nmap/scan", `{"target_id": [1]}`, "target_id must be a whole number"},
		{"POST", "/api/v1/nmap/scan", `{"target_id": 1, "scan_config": []}`, "scan_config must be an object"},
		{"POST", "/api/v1/scans/create", `{"target_id": 1, "scanner_type": "nmap", "scan_config": []}`, "scan_config must be an object"},
		{"POST", "/api/v1/scans/create", `{"target_id": 1}`, "scanner_type is required: one of nmap, sslyze, nuclei, zap, openvas, builtin"},
		{"POST", "/api/v1/scans/create", `{"target_id": 1, "scanner_type": "x"}`, "scanner_type must be one of nmap, sslyze, nuclei, zap, openvas, builtin"},
		{"POST", "/api/v1/scans/create", `{"website_id": 1, "scanner_type": "zap", "scan_config": {"scan_mode": "all"}}`, "scan_config.scan_mode must be one of baseline, full"},
		{"POST", "/api/v1/keys", `{"name": "k", "allow_ip": [1]}`, "allow_ip[0] must be a string, not a number"},
		{"POST", "/api/v1/keys", `{"name": "k", "expires_in": 1.5}`, "expires_in must be a whole number, not a fraction"},
		{"POST", "/api/v1/keys", `{"name": "k", "expires_in": {}}`, "expires_in must be a whole number, not an object"},
		{"POST", "/api/v1/keys", `{"name": "k", "expires_in": 3600.0}`, "fine"},
		{"POST", "/api/v1/keys", `{"name": "k", "expires_in": 0}`, "expires_in must be a number of seconds from 1 to 316224000"},
		{"POST", "/api/scans/quick_scan", `{"url": ""}`, "URL is required"},
		// what is no JSON is the handler's to refuse
		{"POST", "/api/scans/quick_scan", `{`, "fine"}, {"POST", "/api/scans/quick_scan", ``, "fine"},
	} {
		if says := ask(c.method, c.path, c.body); says != c.says {
			t.Errorf("%s %s %.100s\n says %q\n want %q", c.method, c.path, c.body, says, c.says)
		}
	}
}

// TestQueries looks at the first value of each parameter that the document has.
func TestQueries(t *testing.T) {
	ask := asking(read(t), "/api/v1/scans", "/api/v1/scans/", "/issafesite/api/v1/report", "/nowhere")
	for url, says := range map[string]string{
		"/api/v1/scans": "fine", "/api/v1/scans?limit=": "fine", "/api/v1/scans?limit=1&limit=x": "fine", "/api/v1/scans?other=x": "fine",
		"/api/v1/scans?limit=0": "limit must be a whole number from 1", "/api/v1/scans?limit=1.0": "limit must be a whole number from 1",
		"/api/v1/scans?offset=99999999999999999999": "offset must be a whole number from 0",
		"/api/v1/scans?target=":                     "Invalid target filter value: it must not be empty",
		"/api/v1/scans/?status=done":                "status must be one of pending, running, completed, failed, cancelled",
		"/api/v1/scans/?status=":                    "fine", "/api/v1/scans/?target=": "fine",
		"/issafesite/api/v1/report?scanId=": "fine", "/issafesite/api/v1/report?page=-1": "page must be a whole number from 1",
		"/nowhere?limit=x": "fine",
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if got := ask(method, url, ""); got != says && method == http.MethodGet {
				t.Errorf("%s %s says %q, want %q", method, url, got, says)
			}
		}
	}
}

// TestDeep takes what is nested as deeply as JSON may be, and does not end.
func TestDeep(t *testing.T) {
	ask := asking(read(t), "/api/v1/scan")
	deep := strings.Repeat("[", 9990) + strings.Repeat("]", 9990)
	if says := ask("POST", "/api/v1/scan", `{"target": "a.example", "x": `+deep+`}`); says != "fine" {
		t.Error(says)
	}
	if says := ask("POST", "/api/v1/scan", `{"target": "a.example", "x": 1e999999999}`); says != "fine" {
		t.Error(says)
	}
}

// TestUnreadable refuses documents that cannot be compiled.
func TestUnreadable(t *testing.T) {
	whole := fstest.MapFS{}
	entries, err := fs.ReadDir(files.Files, ".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := fs.ReadFile(files.Files, e.Name())
		if err != nil {
			t.Fatal(err)
		}
		whole[e.Name()] = &fstest.MapFile{Data: text}
	}
	if _, err := openapi.Read(whole); err != nil {
		t.Fatal(err)
	}
	for _, broken := range []string{
		`[]`, `{`, `{"paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "text"}}}}}}}}`,
		`{"paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/None"}}}}}}}}`,
		`{"paths": {"/a": {"get": {"parameters": [{"name": "x", "in": "query", "schema": {"type": "integer", "minimum": "x"}}]}}}}`,
	} {
		whole["scanner.json"] = &fstest.MapFile{Data: []byte(broken)}
		if _, err := openapi.Read(whole); err == nil || !strings.Contains(err.Error(), "scanner") {
			t.Errorf("%s is read: %v", broken, err)
		}
	}
}

// BenchmarkCheck is what it adds to a request.
func BenchmarkCheck(b *testing.B) {
	d := read(b)
	for name, c := range map[string]struct{ method, route, url, body string }{
		"body":  {"POST", "/api/v1/scan", "/api/v1/scan", `{"url": "https://example.com", "depth": "STANDARD"}`},
		"query": {"GET", "/api/v1/scans", "/api/v1/scans?limit=10&offset=20", ""},
		"none":  {"GET", "/api/v1/stats", "/api/v1/stats", ""},
	} {
		b.Run(name, func(b *testing.B) {
			app := fiber.New(fiber.Config{StrictRouting: true, CaseSensitive: true})
			app.Add(c.method, c.route, func(ctx *fiber.Ctx) error {
				for b.Loop() {
					if err := d.Check(ctx); err != nil {
						return err
					}
				}
				return nil
			})
			var ctx fasthttp.RequestCtx
			ctx.Request.Header.SetMethod(c.method)
			ctx.Request.SetRequestURI(c.url)
			ctx.Request.SetBodyString(c.body)
			b.ReportAllocs()
			app.Handler()(&ctx)
			if ctx.Response.StatusCode() != http.StatusOK {
				b.Fatal(fmt.Sprint(ctx.Response.StatusCode(), string(ctx.Response.Body())))
			}
		})
	}
}
