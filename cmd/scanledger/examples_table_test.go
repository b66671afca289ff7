package main

import (
	"fmt"
	"strconv"
	"testing"
)

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

// secAblyExamples are SecAbly's. One of its scans costs a credit.
func secAblyExamples(t *testing.T, s *exampleServer) []example {
	answerOf[map[string]any](t, append([]string{"admin", "grant-credits", "--email", exampleEmail, "--credits", "1"}, s.options...)...)
	target := call[struct{ ID int }](t, s.key, "POST", s.url+"/api/v1/targets/", `{"target_value": "secably.com"}`, 201).ID
	scan := func(scanner string) string {
		t.Helper()
		body := fmt.Sprintf(`{"target_id": %d}`, target)
		return strconv.Itoa(call[struct {
			ID int `json:"scan_id"`
		}](t, s.key, "POST", s.url+"/api/v1/"+scanner+"/scan/", body, 201).ID)
	}
	sslyze, nmap := scan("sslyze"), scan("nmap")
	newest := call[struct{ Scans []struct{ ID string } }](t, s.key, "GET", s.url+"/api/v1/scans?limit=1", "", 200)
	s.finish(t, newest.Scans[0].ID) // only then there is something to export
	return []example{
		{file: "secably/sdk.py", says: `Scan status: pending\n`},
		// An await outside of a function is for a module, which has no require: what
		// has both is run as the body of a function that is async.
		{file: "secably/sdk.js", says: `Scan started: \d+\nScan status: pending\n`},
		{file: "secably/curl.sh", put: []string{`"target_id":1,`, fmt.Sprintf(`"target_id":%d,`, target), "5309", nmap, "5310", sslyze}, says: `` +
			`\{"user_email":"user@example.com",.*\} HTTP 200\n` +
			`\{"user":\{.*"email":"user@example.com",.*\} HTTP 200\n` +
			`\{"id":\d+,.*"name":"My Website",.*\} HTTP 201\n` +
			`\{"count":\d,.*"results":\[\{.*\}\]\} HTTP 200\n` +
			`\{"scan_id":\d+,"status":"queued",.*"scan_type":"nmap",.*\} HTTP 201\n` +
			`\{"scan_id":\d+,"status":"queued",.*"scan_type":"sslyze",.*\} HTTP 201\n` +
			`\{"id":` + nmap + `,"status":"completed",.*\} HTTP 200\n` +
			`\{"id":` + sslyze + `,"status":"queued",.*\} HTTP 200\n` +
			` HTTP 200\n`},
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
