package issafesite_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { webtest.Main(m) }

var stores = webtest.InMemory

// documented is the scan that the requests in testdata name.
const documented = "c1abc000-0000-4000-8000-000000000001"

// seen are what gives the document's scores: 65 for security, 80 for SEO, 75
// for traffic, from 8 findings.
func seen() (security, seo, traffic []domain.Observation) {
	for i, severity := range []domain.Severity{
		domain.Critical, domain.Medium, domain.Medium, domain.Medium,
		domain.Informational, domain.Informational, domain.Informational, domain.Informational,
	} {
		security = append(security, webtest.Weak(fmt.Sprintf("headers/%d", i), severity))
	}
	audits := domain.SEOAudits[1:6]
	for _, id := range audits[1:] {
		seo = append(seo, domain.SEOAudit{ID: id, Outcome: domain.SEOPass})
	}
	seo = append(seo, domain.SEOAudit{ID: audits[0], Outcome: domain.SEOFail})
	for _, id := range domain.SEOAudits {
		if !slices.Contains(audits, id) {
			seo = append(seo, domain.SEOAudit{ID: id, Outcome: domain.SEONotApplicable})
		}
	}
	for name := range domain.TrafficWeights {
		traffic = append(traffic, domain.TrafficPart{Name: name, Score: 75})
	}
	return security, seo, traffic
}

// TestDocument replays every request of the document, and what it says of
// errors, in an order in which a client could send them.
func TestDocument(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.IsSafeSite, "enterprise")
	s.Set("2026-04-23T11:00:00Z")
	for i := range 41 {
		scan := s.Scan(domain.IsSafeSite, fmt.Sprintf("https://%d.example/", i))
		if i < 2 {
			s.Finish(scan, domain.Tested, "")
		}
	}
	s.Set("2026-04-23T12:00:00Z")
	scan := s.Next(documented)
	s.Replay("create", "create-invalid", "create-invalid-depth", "status-pending")
	s.Set("2026-04-23T12:00:05Z")
	s.Begin(scan)
	s.Replay("status-running")
	security, seo, traffic := seen()
	s.See(scan, domain.Headers, security...)
	s.See(scan, domain.SEO, seo...)
	s.See(scan, domain.Traffic, traffic...)
	s.Set("2026-04-23T12:01:30Z")
	s.Finish(scan, domain.Tested, "")
	s.Replay("status", "list", "list-default", "reports", "reports-of-scan", "reports-of-unknown", "no-key", "wrong-key")
	s.Replay("create-javascript", "create-python")

	month := webtest.New(t, stores)
	month.Set("2026-04-23T12:00:00Z")
	for range 3 {
		month.Scan(domain.IsSafeSite, "https://example.com")
	}
	month.Replay("create-quota")
	often := webtest.New(t, stores)
	for range 10 {
		often.Get("/api/v1/scan").Is(200)
	}
	often.Replay("rate-limited")
	webtest.AllReplayed(t, s, month, often)
}

// TestDownload follows downloadUrl.
func TestDownload(t *testing.T) {
	s := webtest.New(t, stores)
	scan := s.Scan(domain.IsSafeSite, "https://example.com")
	at := "/api/report/rpt_" + scan.String() + "/pdf"
	s.Get(at).Is(404).Like(`{"error": "Report not found"}`)
	s.Finish(scan, domain.Tested, "")
	var list struct {
		Data []struct {
			PDFSize     int
			DownloadURL string
		}
	}
	s.Get("/api/v1/report").Is(200).Into(&list)
	if len(list.Data) != 1 || list.Data[0].DownloadURL != at {
		t.Fatalf("reports %+v", list.Data)
	}
	pdf := s.Get(at).Is(200).Has("Content-Type: application/pdf", `Content-Disposition: attachment; filename="scanledger-`+scan.String()+`.pdf"`)
	if len(pdf.Body) != list.Data[0].PDFSize {
		t.Errorf("%d bytes, announced were %d", len(pdf.Body), list.Data[0].PDFSize)
	}
	stranger, _ := s.Issue(s.Register("bob@example.com"))
	refused := []string{s.Get(at, "Authorization: Bearer "+stranger).Is(404).Body}
	for _, id := range []string{"rpt_" + documented, "rpt_x", scan.String(), "rpt_", "rpt_rpt_" + scan.String()} {
		refused = append(refused, s.Get("/api/report/"+id+"/pdf", "Authorization: Bearer "+stranger).Is(404).Body)
	}
	if len(slices.Compact(refused)) != 1 {
		t.Errorf("unknown reports are told apart: %q", refused)
	}
	s.Get(at, "Authorization:").Is(401)
	s.Get(at, "Authorization: Bearer 7AZ_wrong").Is(403)
}

// TestUnmeasured leaves null what could not be measured: no overall score
// without one of its three parts.
func TestUnmeasured(t *testing.T) {
	s := webtest.New(t, stores)
	scan := s.Scan(domain.IsSafeSite, "https://example.com")
	_, seo, _ := seen()
	s.See(scan, domain.SEO, seo...)
	s.Finish(scan, domain.Tested, "")
	s.Get("/api/v1/scan/" + scan.String()).Is(200).Like(
		`{"status": "COMPLETED", "securityScore": 100, "seoScore": 80, "trafficScore": null, "overallScore": null, "grade": null, "findingsCount": 0}`)
	failed := s.Scan(domain.IsSafeSite, "https://example.com")
	s.Finish(failed, domain.TimedOut, "no answer in time")
	s.Get("/api/v1/scan/" + failed.String()).Is(200).Like(
		`{"status": "FAILED", "securityScore": null, "overallScore": null, "grade": null, "error": "nothing could be tested: no answer in time", "progress": 100}`)
	cancelled := s.Scan(domain.IsSafeSite, "https://example.com")
	s.Cancel(cancelled)
	s.Get("/api/v1/scan/" + cancelled.String()).Is(200).Like(`{"status": "CANCELLED", "securityScore": null, "grade": null}`)
}
