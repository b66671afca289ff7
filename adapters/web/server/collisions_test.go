package server_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestSubmitByBody tells the two contracts apart by the body.
func TestSubmitByBody(t *testing.T) {
	const both = "The body needs exactly one of the fields url (IsSafeSite) and target (Scanner)"
	for name, c := range map[string]struct {
		body   string
		status int
		like   string
	}{
		"url":                     {`{"url": "https://a.example"}`, 202, `{"status": "PENDING", "url": "https://a.example"}`},
		"target":                  {`{"target": "a.example"}`, 201, `{"status": "queued"}`},
		"url with Scanner's rest": {`{"url": "https://a.example", "domain": "b.example"}`, 202, `{"domain": "a.example"}`},
		"target with depth":       {`{"target": "a.example", "depth": "DEEP"}`, 201, `{"status": "queued"}`},
		"url and no target":       {`{"url": "https://a.example", "target": null}`, 202, `{"status": "PENDING"}`},
		"target and no url":       {`{"target": "a.example", "url": null}`, 201, `{"status": "queued"}`},
		"both":                    {`{"url": "https://a.example", "target": "a.example"}`, 400, `{"error": "` + both + `"}`},
		"both, of wrong types":    {`{"url": 1, "target": []}`, 400, `{"error": "` + both + `"}`},
		"both, empty":             {`{"url": "", "target": ""}`, 400, `{"error": "` + both + `"}`},
		"neither":                 {`{"depth": "QUICK"}`, 400, `{"error": "` + both + `"}`},
		"nothing":                 {`{}`, 400, `{"error": "` + both + `"}`},
		"both null":               {`{"url": null, "target": null}`, 400, `{"error": "` + both + `"}`},
		"inside another":          {`{"scan": {"url": "https://a.example"}}`, 400, `{"error": "` + both + `"}`},
		"a list":                  {`[{"url": "https://a.example"}]`, 400, `{"error": "` + both + `"}`},
		"a string":                {`"url"`, 400, `{"error": "` + both + `"}`},
		"null":                    {`null`, 400, `{"error": "` + both + `"}`},
		"no JSON":                 {`url=https://a.example`, 400, `{"error": "The body is not valid JSON"}`},
		"no body":                 {``, 400, `{"error": "The body is not valid JSON"}`},
		"half":                    {`{"url": "https://a.exam`, 400, `{"error": "The body is not valid JSON"}`},
		"two":                     {`{"url": "https://a.example"} {"target": "a.example"}`, 400, `{"error": "The body is not valid JSON"}`},
		"an empty url":            {`{"url": ""}`, 400, `{"error": "url is required, such as https://example.com"}`},
		"an empty target":         {`{"target": ""}`, 400, `{"error": "target is required: an IP address or a host name"}`},
		"a url of a wrong type":   {`{"url": {"href": "https://a.example"}}`, 400, `{"error": "url must be a string, not an object"}`},
		"a target of a wrong one": {`{"target": ["a.example"]}`, 400, `{"error": "target must be a string, not a list"}`},
	} {
		t.Run(name, func(t *testing.T) {
			unlimited(t).Post("/api/v1/scan", c.body, "Content-Type: application/json").Is(c.status).Like(c.like)
		})
	}
}

// TestShapeByContract shows a scan as the contract does that it was created
// through, and in IsSafeSite's own mount as IsSafeSite does.
func TestShapeByContract(t *testing.T) {
	s := unlimited(t)
	safe, host := s.Scan(domain.IsSafeSite, "https://a.example").String(), s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	for path, like := range map[string]string{
		"/api/v1/scan/" + safe:            `{"targetUrl": "https://a.example", "status": "PENDING", "report": {"state": "requested"}}`,
		"/api/v1/scan/" + host:            `{"target": "192.0.2.1", "status": "queued", "reportUrl": null}`,
		"/issafesite/api/v1/scan/" + safe: `{"targetUrl": "https://a.example", "status": "PENDING"}`,
		"/issafesite/api/v1/scan/" + host: `{"targetUrl": "https://192.0.2.1", "targetDomain": "192.0.2.1", "status": "PENDING", "grade": null}`,
		"/scanner/api/v1/scan/" + safe:    `{"target": "https://a.example/", "domain": "a.example", "status": "queued", "createdAt": "2026-04-03T12:00:00.000Z"}`,
		"/scanner/api/v1/scan/" + host:    `{"target": "192.0.2.1", "status": "queued"}`,
	} {
		s.Get(path).Is(200).Like(like)
	}
}

// TestListsShareScans lists the same scans through both contracts.
func TestListsShareScans(t *testing.T) {
	s := unlimited(t)
	safe, host := s.Scan(domain.IsSafeSite, "https://a.example").String(), s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	for _, prefix := range []string{"", "/issafesite"} {
		s.Get(prefix + "/api/v1/scan").Is(200).Like(`{"data": [{"id": "` + host + `"}, {"id": "` + safe + `"}], "pagination": {"total": 2}}`)
	}
	for _, prefix := range []string{"", "/scanner"} {
		s.Get(prefix + "/api/v1/scans").Is(200).Like(`{"scans": [{"id": "` + host + `"}, {"id": "` + safe + `"}], "total": 2}`)
	}
	// what only one of them has is not in the other's mount
	s.Get("/issafesite/api/v1/scans").Is(404)
	s.Post("/issafesite/api/v1/scan/"+host+"/cancel", "").Is(404)
	s.Get("/scanner/api/v1/scan").Is(405).Has("Allow: POST")
	s.Get("/scanner/api/v1/report").Is(404)
}

// TestAloneByBody takes in each mount its own body and no other's.
func TestAloneByBody(t *testing.T) {
	s := unlimited(t)
	s.Post("/scanner/api/v1/scan", `{"target": "a.example", "url": "https://b.example"}`).Is(201).Like(`{"status": "queued"}`)
	s.Post("/issafesite/api/v1/scan", `{"target": "a.example", "url": "https://b.example"}`).Is(202).Like(`{"url": "https://b.example"}`)
	s.Post("/scanner/api/v1/scan", `{"url": "https://b.example"}`).Is(400).Like(`{"error": "target is required: an IP address or a host name"}`)
	s.Post("/issafesite/api/v1/scan", `{"target": "b.example"}`).Is(400).Like(`{"error": "url is required, such as https://example.com"}`)
}

// TestSecAblysList is at the path with the slash, Scanner's at the one without.
func TestSecAblysList(t *testing.T) {
	s := unlimited(t)
	s.Scan(domain.ScannerAPI, "192.0.2.1")
	for _, query := range []string{"", "?", "?limit=10", "?target=192.0.2.1"} {
		s.Get("/api/v1/scans" + query).Is(200).Like(`{"total": 1, "scans": [{"target": "192.0.2.1", "status": "queued"}]}`)
		for _, path := range []string{"/api/v1/scans/", "/secably/api/v1/scans", "/secably/api/v1/scans/"} {
			s.Get(path + query).Is(200).Like(`{"count": 1, "results": [{"website_url": "192.0.2.1", "status": "pending"}]}`)
		}
	}
	s.Get("/scanner/api/v1/scans/").Is(200).Like(`{"total": 1}`)
	s.Post("/api/v1/scans/", "{}").Is(405).Has("Allow: GET, HEAD")
}

// TestTrailingSlash answers every other path the same with and without it.
func TestTrailingSlash(t *testing.T) {
	s := unlimited(t)
	safe, host := s.Scan(domain.IsSafeSite, "https://a.example"), s.Scan(domain.ScannerAPI, "192.0.2.1")
	s.Finish(safe, domain.Tested, "")
	for _, path := range []string{
		"/api/v1/scan/" + safe.String(), "/api/v1/scan/" + host.String(), "/api/v1/scan/" + host.String() + "/events",
		"/api/v1/scan", "/api/v1/report", "/api/report/rpt_" + safe.String() + "/pdf", "/report/" + host.String(),
		"/report/" + safe.String() + "/pdf", "/healthz", "/readyz", "/nothing", "/a", "/",
		"/scanner/api/v1/scans", "/scanner/api/v1/scan/" + host.String(), "/issafesite/api/v1/scan", "/issafesite/api/v1/report",
	} {
		for _, query := range []string{"", "?page=1&limit=1", "?key=" + webtest.ReportKey(host)} {
			bare, slash := s.Get(path+query), s.Get(path+"/"+query)
			if bare.Status != slash.Status || bare.Body != slash.Body || bare.Header.Get("Content-Type") != slash.Header.Get("Content-Type") {
				t.Errorf("%s%s: %d and %d\n%.200s\n%.200s", path, query, bare.Status, slash.Status, bare.Body, slash.Body)
			}
		}
	}
	s.Post("/api/v1/scan/", `{"url": "https://a.example"}`).Is(202)
	s.Post("/api/v1/scan/", `{"target": "b.example"}`).Is(201)
	s.Post("/api/v1/scan/"+host.String()+"/cancel/", "").Is(200)
	s.Post("/api/v1/scan/"+host.String()+"/retest/", "").Is(201)
	s.Get("//").Is(404)
}

// endpoint is one way to ask, through one contract.
type endpoint struct{ method, path, body string }

// endpoints are all of a contract's, on the root and in its own mount.
func endpoints(c domain.Contract, safe, host string) []endpoint {
	if c == domain.IsSafeSite {
		return []endpoint{
			{http.MethodPost, "/api/v1/scan", `{"url": "https://a.example"}`},
			{http.MethodGet, "/api/v1/scan", ""}, {http.MethodGet, "/api/v1/scan/", ""}, {http.MethodGet, "/api/v1/scan/" + safe, ""},
			{http.MethodGet, "/api/v1/scan/" + safe + "/events", ""}, {http.MethodGet, "/api/v1/report", ""},
			{http.MethodGet, "/api/report/rpt_" + safe + "/pdf", ""},
			{http.MethodPost, "/issafesite/api/v1/scan", `{"target": "a.example"}`}, {http.MethodGet, "/issafesite/api/v1/scan", ""},
			{http.MethodGet, "/issafesite/api/v1/scan/" + host, ""}, {http.MethodGet, "/issafesite/api/v1/scan/" + host + "/events", ""},
			{http.MethodGet, "/issafesite/api/v1/scan/" + nobody, ""}, {http.MethodGet, "/issafesite/api/v1/report", ""},
		}
	}
	return []endpoint{
		{http.MethodPost, "/api/v1/scan", `{"target": "a.example"}`}, {http.MethodPost, "/api/v1/scan", `{}`}, {http.MethodPost, "/api/v1/scan", `nonsense`},
		{http.MethodPost, "/api/v1/scan", `{"url": "https://a.example", "target": "a.example"}`},
		{http.MethodGet, "/api/v1/scan/" + host, ""}, {http.MethodGet, "/api/v1/scan/" + nobody, ""}, {http.MethodGet, "/api/v1/scan/x", ""},
		{http.MethodGet, "/api/v1/scan/" + host + "/events", ""}, {http.MethodGet, "/api/v1/scans", ""},
		{http.MethodPost, "/api/v1/scan/" + host + "/retest", ""}, {http.MethodPost, "/api/v1/scan/" + host + "/cancel", ""},
		{http.MethodPost, "/api/v1/scan/" + safe + "/retest", ""}, {http.MethodPost, "/api/v1/scan/" + safe + "/cancel", ""},
		{http.MethodPost, "/scanner/api/v1/scan", `{"url": "https://a.example"}`}, {http.MethodGet, "/scanner/api/v1/scans", ""},
		{http.MethodGet, "/scanner/api/v1/scan/" + safe, ""}, {http.MethodGet, "/scanner/api/v1/scan/" + safe + "/events", ""},
		{http.MethodPost, "/scanner/api/v1/scan/" + safe + "/cancel", ""}, {http.MethodPost, "/scanner/api/v1/scan/" + safe + "/retest", ""},
	}
}

// TestKeys refuses requests without a key with 401, and those whose key holds
// no longer with 403 through IsSafeSite and 401 through Scanner.
func TestKeys(t *testing.T) {
	for contract, forbidden := range map[domain.Contract]int{domain.IsSafeSite: 403, domain.ScannerAPI: 401} {
		s := webtest.New(t, stores)
		safe, host := s.Scan(domain.IsSafeSite, "https://a.example").String(), s.Scan(domain.ScannerAPI, "192.0.2.1").String()
		revoked, id := s.Issue(s.Account)
		s.Revoke(id)
		expired := s.Expiring(time.Hour)
		s.Get("/api/v1/scans", "Authorization: Bearer "+expired).Is(200)
		s.Later(time.Hour)
		elsewhere, _ := s.Issue(s.Account, "203.0.113.0/24")
		wrong := []string{revoked, expired, elsewhere, s.Key + "x", s.Key[:len(s.Key)-1], "7AZ_wrong", "eyJhbGciOiJub25lIn0.e30."}
		for _, e := range endpoints(contract, safe, host) {
			s.Later(time.Minute) // or the limits would answer
			for _, none := range []string{"Authorization:", "Authorization: Basic YW5uOnB3", "Authorization: Bearer", "Authorization: " + s.Key} {
				s.Do(e.method, e.path, e.body, none).Is(401)
			}
			for _, key := range wrong[:6] {
				s.Later(time.Minute)
				s.Do(e.method, e.path, e.body, "Authorization: Bearer "+key).Is(forbidden)
			}
			s.Do(e.method, e.path, e.body, "Authorization: Bearer "+wrong[6]).Is(forbidden)
		}
		s.Get("/api/v1/scans", "Authorization: bearer "+s.Key).Is(200)
	}
}

// TestLimitHeaders are on every answer of both contracts, whatever its status,
// and with 429 the time to come back.
func TestLimitHeaders(t *testing.T) {
	for contract, limit := range map[domain.Contract]string{domain.IsSafeSite: "10", domain.ScannerAPI: "60"} {
		s := webtest.New(t, stores)
		safe, host := s.Scan(domain.IsSafeSite, "https://a.example").String(), s.Scan(domain.ScannerAPI, "192.0.2.1").String()
		seen := map[int]bool{}
		for _, e := range endpoints(contract, safe, host) {
			s.Later(time.Minute)
			for _, key := range []string{"", "Authorization:", "Authorization: Bearer 7AZ_wrong"} {
				headers := []string{key}
				if key == "" {
					headers = nil
				}
				for range 61 {
					a := s.Do(e.method, e.path, e.body, headers...).Has("RateLimit-Limit: "+limit, "RateLimit-Reset: 60", "X-RateLimit-Limit:")
					if a.Header.Get("RateLimit-Remaining") == "" {
						t.Fatalf("%v answers %d without RateLimit-Remaining", e, a.Status)
					}
					if seen[a.Status] = true; a.Status == 429 {
						if a.Header.Get("Retry-After") == "" {
							t.Errorf("%v: 429 without Retry-After", e)
						}
						break
					}
				}
				s.Later(time.Minute)
			}
		}
		want := map[domain.Contract][]int{domain.IsSafeSite: {200, 401, 403, 404, 429}, domain.ScannerAPI: {200, 201, 400, 401, 404, 409, 429}}
		for _, status := range want[contract] {
			if !seen[status] {
				t.Errorf("%s: no answer was %d: %v", contract, status, seen)
			}
		}
	}
}

// TestRefusalsAreErrors have the field error, a sentence, and on a conflict
// the scan that is in the way; nothing else.
func TestRefusalsAreErrors(t *testing.T) {
	s := unlimited(t)
	host := s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	for _, c := range []struct {
		a    webtest.Answer
		want []string
	}{
		{s.Get("/api/v1/scan/x").Is(404), []string{"error"}},
		{s.Get("/api/v1/scans?limit=x").Is(400), []string{"error"}},
		{s.Get("/api/v1/scan?page=x").Is(400), []string{"error"}},
		{s.Get("/api/v1/scan", "Authorization:").Is(401), []string{"error"}},
		{s.Get("/nothing").Is(404), []string{"error"}},
		{s.Do(http.MethodDelete, "/api/v1/scans", "").Is(405), []string{"error"}},
		{s.Post("/api/v1/scan", `{"target": "192.0.2.1"}`).Is(409), []string{"error", "existingId"}},
		{s.Post("/api/v1/scan/"+host+"/retest", "").Is(409), []string{"error", "existingId"}},
	} {
		var fields map[string]json.RawMessage
		c.a.Into(&fields)
		for _, f := range c.want {
			delete(fields, f)
		}
		if len(fields) > 0 {
			t.Errorf("more than %v: %s", c.want, c.a.Body)
		}
	}
	if got := s.Post("/api/v1/scan", `{"target": "192.0.2.1"}`).Field("existingId"); got != host {
		t.Errorf("existingId is %q, want %s", got, host)
	}
	s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(202)
	s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(202) // the rule is Scanner's alone
}
