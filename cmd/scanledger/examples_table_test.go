package main

import "testing"

// uuidText is the pattern of an id.
const uuidText = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// azzaniExamples are 7AZZANI's. What its document says of other tools than the
// scanner is only defined there, and not called.
func azzaniExamples(t *testing.T, s *exampleServer) []example {
	return []example{
		{file: "7azzani/statistics.sh", says: `\{"total_scans":1,"completed_scans":0,"vulnerabilities_found":0,"critical_issues":0\} HTTP 200\n`},
		{file: "7azzani/quick-scan.sh", says: `\{"scan_id":"` + uuidText + `","url":"https://example.com","status":"scanning",.*\} HTTP 201\n`},
		{file: "7azzani/status.sh", put: []string{"{scan_id}", s.scanOf(t, "192.168.7.1")}, says: `\{.*"status":"queued",.*\} HTTP 200\n`},
		{file: "7azzani/sdk.py", says: `Scan ID: ` + uuidText + `\n`},
		// So many at once that the limit of a second is reached, and waited for.
		{file: "7azzani/retry.py", says: `(Rate limited. Waiting \d+ seconds...\n)*\{201\}\n`, after: `
print({make_request_with_retry("https://7azzani.com/api/scans/quick_scan/", {"Authorization": "Bearer 7AZ_YOUR_API_KEY"},
    {"url": "https://example.com"}).status_code for _ in range(25)})
`},
	}
}

// safeSiteExamples are IsSafeSite's. Three of them ask for a scan, which is what
// the free plan has in a month.
func safeSiteExamples(*testing.T, *exampleServer) []example {
	return []example{
		{file: "issafesite/authentication.sh", says: `\{"data":\[.*\],"pagination":\{.*\}\} HTTP 200\n`},
		{file: "issafesite/create.sh", says: `\{"id":"` + uuidText + `","url":"https://example.com","domain":"example.com","depth":"STANDARD","status":"PENDING",.*\} HTTP 202\n`},
		// A shell takes the & for its own: whoever runs this has to quote it.
		{file: "issafesite/list.sh", put: []string{"?page=1&limit=10", `'?page=1&limit=10'`}, says: `\{"data":\[.*\],"pagination":\{"page":1,"limit":10,.*\}\} HTTP 200\n`},
		{file: "issafesite/reports.sh", says: `\{"data":\[\],"pagination":\{"page":1,"limit":20,"total":0,"pages":0\}\} HTTP 200\n`},
		{file: "issafesite/create.js", says: uuidText + ` PENDING\n`},
		{file: "issafesite/create.py", says: uuidText + ` PENDING\n`},
	}
}

// scannerExamples are Scanner's.
func scannerExamples(t *testing.T, s *exampleServer) []example {
	const named = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
	queued, over := s.scanOf(t, "192.168.7.2"), s.scanOf(t, "192.168.7.3")
	call[map[string]any](t, s.key, "POST", s.url+"/api/v1/scan/"+over+"/cancel", "", 200)
	return []example{
		{file: "scanner/submit.sh", says: `\{"id":"` + uuidText + `","status":"queued","reportUrl":"/report/.*\?key=.*"\} HTTP 201\n`},
		{file: "scanner/status.sh", put: []string{named, queued}, says: `\{"id":"` + queued + `","target":"192.168.7.2",.*"status":"queued",.*\} HTTP 200\n`},
		{file: "scanner/list.sh", says: `\{"scans":\[.*\],"total":\d+,"limit":10,"offset":0\} HTTP 200\n\{"scans":\[\{.*"target":"192.168.1.1","domain":"example.com".*\}\],"total":1,"limit":50,"offset":0\} HTTP 200\n`},
		{file: "scanner/retest.sh", put: []string{named, over}, says: `\{"id":"` + uuidText + `","status":"queued",.*\} HTTP 201\n`},
		{file: "scanner/cancel.sh", put: []string{named, queued}, says: `\{"id":"` + queued + `","status":"cancelled"\} HTTP 200\n`},
	}
}
