package projections

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// said is what a scan of https://a.example/ says, in words: "tls saw
// tls/protocol/tlsv1.0 at 443/tcp", "tls tested", "tls failed".
type said []string

// scans are histories, folded into rows by one version of the fingerprints. The
// nth scan is asked for at at(100*n), and each thing is said a second later.
func scans(t *testing.T, of domain.Fingerprinter, profiles []domain.Profile, all ...said) (rows []SightingsRow) {
	t.Helper()
	for n, sayings := range all {
		id := uuid.UUID{byte(n + 1)}
		request := asked
		request.Scan, request.Profile = id, domain.Quick
		if profiles != nil {
			request.Profile = profiles[n]
		}
		events := []domain.Event{request}
		for _, s := range sayings {
			events = append(events, saying(s))
		}
		history := history(events...)
		for i := range history {
			history[i].Stream, history[i].Position, history[i].At = domain.NewStream(domain.ScanFamily, id), int64(100*(n+1)+i), at(100*(n+1)+i)
		}
		by := SightingsBy(of).Rows(map[string]SightingsRow{}, history)
		rows = append(rows, by[string(history[0].Stream)])
	}
	return rows
}

func saying(s string) domain.Event {
	words := strings.Fields(s)
	tool := domain.Tool(words[0])
	switch words[1] {
	case "saw":
		f := raised
		f.Tool, f.Finding, f.Where = tool, words[2], ""
		if len(words) > 4 {
			f.Where = words[4]
		}
		return f
	case "tested":
		return domain.ProbeFinished{Tool: tool, Outcome: domain.Tested, Coverage: []domain.Coverage{{What: "all", Outcome: domain.Tested}}}
	default:
		return domain.ProbeFinished{Tool: tool, Outcome: domain.Failed, Reason: "it broke"}
	}
}

const (
	tlsSaw    = "tls saw tls/protocol/tlsv1.0 at 443/tcp"
	sslyzeSaw = "sslyze saw sslyze/tls_1_0_cipher_suites at 443/tcp"
)

// story is what became of a finding, in words.
func story(l *Lasting) (words []string) {
	for _, c := range l.Changes {
		words = append(words, fmt.Sprintf("%d %s %s", c.Scan[0], c.Tool, c.What))
	}
	return words
}

func TestLasting(t *testing.T) {
	for what, c := range map[string]struct {
		scans    []said
		story    []string
		state    FindingState
		reopened int
	}{
		"seen once":                            {[]said{{tlsSaw, "tls tested"}}, []string{"1 tls opened"}, FindingOpen, 0},
		"seen while it runs":                   {[]said{{tlsSaw}}, []string{"1 tls opened"}, FindingOpen, 0},
		"seen again":                           {[]said{{tlsSaw, "tls tested"}, {tlsSaw, "tls tested"}}, []string{"1 tls opened"}, FindingOpen, 0},
		"tested again and gone":                {[]said{{tlsSaw, "tls tested"}, {"tls tested"}}, []string{"1 tls opened", "2 tls fixed"}, FindingFixed, 0},
		"not tested again":                     {[]said{{tlsSaw, "tls tested"}, {"tls failed"}, {"headers tested"}, {}}, []string{"1 tls opened"}, FindingOpen, 0},
		"gone stays gone":                      {[]said{{tlsSaw}, {"tls tested"}, {"tls tested"}}, []string{"1 tls opened", "2 tls fixed"}, FindingFixed, 0},
		"reopened":                             {[]said{{tlsSaw}, {"tls tested"}, {tlsSaw, "tls tested"}}, []string{"1 tls opened", "2 tls fixed", "3 tls reopened"}, FindingOpen, 1},
		"reopened twice, and fixed":            {[]said{{tlsSaw}, {"tls tested"}, {tlsSaw}, {"tls tested"}, {tlsSaw}, {"tls tested"}}, []string{"1 tls opened", "2 tls fixed", "3 tls reopened", "4 tls fixed", "5 tls reopened", "6 tls fixed"}, FindingFixed, 2},
		"two witnesses":                        {[]said{{tlsSaw}, {sslyzeSaw}}, []string{"1 tls opened", "2 sslyze witnessed"}, FindingOpen, 0},
		"one of two sees it":                   {[]said{{tlsSaw}, {sslyzeSaw}, {"tls tested"}}, []string{"1 tls opened", "2 sslyze witnessed", "3 tls unseen"}, FindingOpen, 0},
		"neither of two does":                  {[]said{{tlsSaw}, {sslyzeSaw}, {"tls tested"}, {"sslyze tested"}}, []string{"1 tls opened", "2 sslyze witnessed", "3 tls unseen", "4 sslyze fixed"}, FindingFixed, 0},
		"one of two sees it again":             {[]said{{tlsSaw}, {sslyzeSaw}, {"tls tested"}, {tlsSaw}}, []string{"1 tls opened", "2 sslyze witnessed", "3 tls unseen", "4 tls witnessed"}, FindingOpen, 0},
		"both in one scan, by rules of theirs": {[]said{{tlsSaw, sslyzeSaw}, {sslyzeSaw, "tls tested"}}, []string{"1 tls opened", "1 sslyze witnessed", "2 tls unseen"}, FindingOpen, 0},
		"another tells it in one scan":         {[]said{{"content saw x/y at /a"}, {"crawl saw x/y at /a", "content tested"}}, []string{"1 content opened", "2 crawl witnessed"}, FindingOpen, 0},
	} {
		found := LastingOf(scans(t, domain.FingerprintOf, nil, c.scans...))
		if len(found) != 1 {
			t.Fatalf("%s: %d findings", what, len(found))
		}
		l := found[0]
		if got := story(l); !slices.Equal(got, c.story) || l.State(at(1_000)) != c.state || l.Reopened != c.reopened {
			t.Errorf("%s: %v, %s, reopened %d times, want %v, %s, %d", what, got, l.State(at(1_000)), l.Reopened, c.story, c.state, c.reopened)
		}
		for _, w := range l.Witnesses {
			for i, p := range w.Presence {
				if (p.To == nil) != (i == len(w.Presence)-1 && w.Sees()) || p.To != nil && p.To.Before(p.From) {
					t.Errorf("%s: presence of %s %+v", what, w.Tool, w.Presence)
				}
			}
		}
	}
}

// TestLastingTimes has two witnesses come and go.
func TestLastingTimes(t *testing.T) {
	l := LastingOf(scans(t, domain.FingerprintOf, nil, said{tlsSaw, "tls tested"}, said{sslyzeSaw}, said{"tls tested"}, said{"sslyze tested"}, said{tlsSaw}))[0]
	gone, fixed, again := at(301), at(401), at(501)
	if l.FirstSeen != at(101) || l.LastSeen != again || l.FixedAt != nil || l.ReopenedAt == nil || *l.ReopenedAt != again || l.Account != account {
		t.Errorf("%+v", l)
	}
	want := []Witness{
		{Sighting: l.Witnesses[0].Sighting, Profile: domain.Quick, Scan: uuid.UUID{5}, FirstSeen: at(101), LastLooked: again, Presence: []Interval{{at(101), &gone}, {again, nil}}},
		{Sighting: l.Witnesses[1].Sighting, Profile: domain.Quick, Scan: uuid.UUID{2}, FirstSeen: at(201), LastLooked: fixed, Presence: []Interval{{at(201), &fixed}}},
	}
	if !reflect.DeepEqual(l.Witnesses, want) {
		t.Errorf("witnesses\n got %+v\nwant %+v", l.Witnesses, want)
	}
	if s := l.Subject(); s.Finding != l.ID() || len(s.Seen) != 2 || s.Target != target {
		t.Errorf("subject %+v", s)
	}
}

// TestLastingSame: what is said about a weakness, and the order in which things
// are seen, change nothing about which it is.
func TestLastingSame(t *testing.T) {
	rows := scans(t, domain.FingerprintOf, nil, said{tlsSaw, "headers saw headers/csp/missing"}, said{"headers saw headers/csp/missing", tlsSaw})
	for i := range rows[1].Seen {
		s := &rows[1].Seen[i]
		s.Title, s.Severity, s.CWE, s.CVE = "another title", domain.Low, 99, []string{"CVE-2030-1"}
	}
	found := LastingOf(rows)
	if len(found) != 2 || found[0].Shown().Severity != domain.Low || found[0].Shown().Title != "another title" {
		t.Errorf("%d findings, the first %+v", len(found), found[0].Shown())
	}
	rows[1].TargetValue = "https://b.example/"
	if found = LastingOf(rows); len(found) != 4 {
		t.Errorf("%d findings of two targets", len(found))
	}
}

// TestLastingProfile: a scan that looks at less than the one before says nothing
// of what it did not come to.
func TestLastingProfile(t *testing.T) {
	saw := said{"content saw content/form/clear-text at /login", "content tested"}
	for profile, want := range map[domain.Profile]FindingState{domain.Quick: FindingOpen, domain.Standard: FindingFixed, domain.Deep: FindingFixed} {
		rows := scans(t, domain.FingerprintOf, []domain.Profile{domain.Standard, profile}, saw, said{"content tested"})
		if got := LastingOf(rows)[0].State(at(900)); got != want {
			t.Errorf("after a %s scan it is %s, want %s", profile, got, want)
		}
	}
}

// TestFingerprintsOfAnotherVersion: by rules that go by the place alone two
// findings become one, from the same history.
func TestFingerprintsOfAnotherVersion(t *testing.T) {
	second := func(_ domain.Target, _, where string) domain.Fingerprint { return domain.Fingerprint("v2:" + where) }
	history := []said{{tlsSaw, "tls saw tls/protocol/tlsv1.1 at 443/tcp"}, {"tls saw tls/protocol/tlsv1.1 at 443/tcp", "tls tested"}}
	first := LastingOf(scans(t, domain.FingerprintOf, nil, history...))
	if len(first) != 2 || first[0].FixedAt == nil || first[1].FixedAt != nil {
		t.Fatalf("%d findings by the first version: %+v", len(first), first)
	}
	judgement := domain.Judgement{Subject: first[1].Subject(), Ruling: domain.RiskAccepted, At: at(300)}
	merged := LastingOf(scans(t, second, nil, history...))
	Judge(merged, []domain.Judgement{judgement}, second)
	if len(merged) != 1 || merged[0].Fingerprint != "v2:443/tcp" || merged[0].State(at(301)) != FindingAccepted {
		t.Errorf("by the second version: %+v", merged)
	}
}

func TestFindingStates(t *testing.T) {
	until := at(2_000)
	judge := func(r domain.Ruling, until *time.Time) func(*Lasting) {
		return func(l *Lasting) {
			l.Judgements = append(l.Judgements, domain.Judgement{Ruling: r, Until: until})
		}
	}
	fixed := func(l *Lasting) { l.FixedAt = &until }
	for what, c := range map[string]struct {
		with []func(*Lasting)
		at   time.Time
		want FindingState
	}{
		"nothing said":                      {nil, at(1), FindingOpen},
		"fixed":                             {[]func(*Lasting){fixed}, at(1), FindingFixed},
		"accepted":                          {[]func(*Lasting){judge(domain.RiskAccepted, nil)}, at(9_999), FindingAccepted},
		"accepted until then":               {[]func(*Lasting){judge(domain.RiskAccepted, &until)}, at(1_999), FindingAccepted},
		"the end of it":                     {[]func(*Lasting){judge(domain.RiskAccepted, &until)}, until, FindingOpen},
		"accepted, and fixed":               {[]func(*Lasting){judge(domain.RiskAccepted, nil), fixed}, at(1), FindingFixed},
		"false":                             {[]func(*Lasting){judge(domain.FalsePositive, nil), fixed}, at(1), FindingFalse},
		"taken back":                        {[]func(*Lasting){judge(domain.FalsePositive, nil), judge(domain.NoRuling, nil)}, at(1), FindingOpen},
		"accepted after it was false":       {[]func(*Lasting){judge(domain.FalsePositive, nil), judge(domain.RiskAccepted, nil)}, at(1), FindingAccepted},
		"the newest ends, the older has no": {[]func(*Lasting){judge(domain.FalsePositive, nil), judge(domain.RiskAccepted, &until)}, at(3_000), FindingOpen},
	} {
		l := new(Lasting)
		for _, with := range c.with {
			with(l)
		}
		if got := l.State(c.at); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
