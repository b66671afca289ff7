package projections

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestFactsForMachines has the fields that scripts rely on.
func TestFactsForMachines(t *testing.T) {
	score := 70
	regrade := Regrade{At: at(9), Version: 9, From: Graded{1, nil, ""}, To: Graded{2, new(97), "A"}, Change: domain.Change{}}
	d := Document{
		Scores:      &domain.Scores{Grader: 2, Security: new(97), Grade: "A", ObservatoryScore: &score, ObservatoryGrade: "B", SEO: &score},
		Regrades:    []Regrade{regrade},
		Findings:    []ReportedFinding{{ID: "cookies/secure", Where: "sid", Title: "t", Severity: domain.Low}},
		Observatory: []domain.ObservatoryTest{{Name: "cookies", Result: "cookies-not-found", Pass: true}},
		SEO:         []domain.SEOAudit{{ID: "document-title", Outcome: domain.SEOFail, Detail: "none"}},
		Vitals:      &domain.PageVitals{URL: "u", LCP: new(812.4), CLS: new(0.0), FCP: new(1.0), TTFB: new(2.0)},
		Ports:       []ReportedPort{{Port: 443, Protocol: "tcp", State: "open"}},
		TLS:         []domain.TLSEndpoint{{Port: 443, Grade: "A", Protocols: map[string]bool{"TLSv1.3": true}}},
		Coverage:    []ReportedCoverage{{Probe: domain.Ports, Coverage: domain.Coverage{What: "443/tcp", Outcome: domain.Tested}}},
	}
	raw, err := json.Marshal(FactsOf(d))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"observatory":{"score":70,"grade":"B","tests":{"cookies":{"result":"cookies-not-found","modifier":0,"pass":true,"detail":""}}},` +
		`"seo":{"score":70,"audits":{"document-title":"fail"}},` +
		`"vitals":{"url":"u","lcp":812.4,"cls":0,"fcp":1,"ttfb":2,"tbt":null},` +
		`"ports":[{"port":443,"protocol":"tcp","state":"open","service":"","product":"","version":"","tls":false,"method":""}],` +
		`"tls":{"port":443,"protocols":{"TLSv1.3":true},"ciphers":{},"certificate":null,"grade":"A","endpoints":[{"port":443,"protocols":{"TLSv1.3":true},"ciphers":null,"grade":"A"}]},` +
		`"coverage":[{"probe":"ports","what":"443/tcp","outcome":"tested","reason":""}],` +
		`"grading":{"grader":2,"security":{"score":97,"grade":"A","next":{"grade":"A+","score":100,` +
		`"fixes":[{"kind":"finding","id":"cookies/secure","where":"sid","title":"t","severity":"low","points":3}]}},"overall":null,` +
		`"basis":{"tested":[],"untested":[],"limit":100},"changes":[{"at":"2026-01-01T00:00:09Z","version":9,"from":{"grader":1,"score":null,"grade":""},"to":{"grader":2,"score":97,"grade":"A"},` +
		`"change":{"total":null,"site":null,"ruler":null}}]}}`
	if string(raw) != want {
		t.Errorf("%s\nwant %s", raw, want)
	}
	none, err := json.Marshal(FactsOf(Document{}))
	if want := `{"observatory":null,"seo":null,"ports":[],"tls":null,"coverage":[],"grading":null}`; err != nil || string(none) != want {
		t.Errorf("%s, %v\nwant %s", none, err, want)
	}
}

// TestFactsOfTheTargetsOwnPort tell one TLS endpoint from the others.
func TestFactsOfTheTargetsOwnPort(t *testing.T) {
	own := domain.Target{Scheme: "https", Port: 8443}
	for _, c := range []struct {
		target domain.Target
		ports  []int
		want   int
	}{
		{own, []int{443, 8443, 993}, 8443},
		{own, []int{993, 995}, 993},
		{domain.Target{}, []int{25, 443}, 443},
		{domain.Target{Scheme: "http", Port: 80}, []int{25, 443}, 443},
		{domain.Target{}, []int{995, 993}, 995},
	} {
		d := Document{Target: c.target}
		for _, p := range c.ports {
			d.TLS = append(d.TLS, domain.TLSEndpoint{Port: p})
		}
		f := FactsOf(d)
		same := slices.EqualFunc(f.TLS.Endpoints, c.ports, func(e domain.TLSEndpoint, p int) bool { return e.Port == p })
		if f.TLS.Port != c.want || !same {
			t.Errorf("%+v of %v: port %d, want %d; all %+v", c.target, c.ports, f.TLS.Port, c.want, f.TLS.Endpoints)
		}
	}
}

// TestLedger leaves nothing out: what never ran was skipped.
func TestLedger(t *testing.T) {
	covered := func(what string, o domain.Outcome, why string) ReportedCoverage {
		return ReportedCoverage{domain.Ports, domain.Coverage{What: what, Outcome: o, Reason: why}}
	}
	d := Document{
		State:    domain.Started,
		Probes:   []ReportedProbe{{Tool: domain.Ports, Outcome: domain.TimedOut, Reason: "slow"}, {Tool: domain.DNS, Outcome: domain.Skipped, Reason: "no name"}, {Tool: domain.SEO}},
		Coverage: []ReportedCoverage{{domain.TLS, domain.Coverage{What: "of nobody", Outcome: domain.Tested}}, covered("1-100/tcp", domain.Tested, ""), covered("101-200/tcp", domain.Refused, "reset")},
	}
	want := []CoverageFact{
		{domain.Ports, "the rest of the test", domain.TimedOut, "slow"},
		{domain.Ports, "1-100/tcp", domain.Tested, ""},
		{domain.Ports, "101-200/tcp", domain.Refused, "reset"},
		{domain.DNS, "the whole test", domain.Skipped, "no name"},
		{domain.TLS, "of nobody", domain.Tested, ""},
	}
	if got := d.Ledger(); !slices.Equal(got, want) {
		t.Errorf("while it runs\n got %+v\nwant %+v", got, want)
	}
	d.State = domain.Cancelled
	want = slices.Insert(want, 4, CoverageFact{domain.SEO, "the whole test", domain.Skipped, "the scan ended before it"})
	if got := d.Ledger(); !slices.Equal(got, want) {
		t.Errorf("at its end\n got %+v\nwant %+v", got, want)
	}
	d.Findings = []ReportedFinding{{Tool: domain.SEO}}
	want[4] = CoverageFact{domain.SEO, "the rest of the test", domain.Skipped, "partial: the scan ended before it; what it saw until then is in the report"}
	if got := d.Ledger(); !slices.Equal(got, want) {
		t.Errorf("at its end, and having seen something\n got %+v\nwant %+v", got, want)
	}
	d.Profile, d.Probes = domain.Standard, nil
	for _, t := range domain.Standard.Tools() {
		d.Probes = append(d.Probes, ReportedProbe{Tool: t, Outcome: domain.Tested})
	}
	got := d.Ledger()
	if last := got[len(got)-1]; last != (CoverageFact{domain.Crawl, "the whole test", domain.Skipped, "it is no part of a standard scan"}) {
		t.Errorf("without a crawl the last line is %+v", last)
	}
	d.Profile, d.Probes = domain.NmapFull, d.Probes[:1]
	got = d.Ledger()
	if slices.ContainsFunc(got, func(c CoverageFact) bool { return c.Probe == domain.Crawl }) {
		t.Errorf("a scan by one tool has %+v", got)
	}
}
