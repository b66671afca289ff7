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
	d := Document{
		Scores:      &domain.Scores{ObservatoryScore: &score, ObservatoryGrade: "B", SEO: &score},
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
		`"tls":{"port":443,"protocols":{"TLSv1.3":true},"ciphers":null,"grade":"A","endpoints":[{"port":443,"protocols":{"TLSv1.3":true},"ciphers":null,"grade":"A"}]},` +
		`"coverage":[{"probe":"ports","what":"443/tcp","outcome":"tested"}]}`
	if string(raw) != want {
		t.Errorf("%s\nwant %s", raw, want)
	}
	none, err := json.Marshal(FactsOf(Document{}))
	if want := `{"observatory":null,"seo":null,"ports":[],"tls":null,"coverage":[]}`; err != nil || string(none) != want {
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
