package conformance

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// owner and stranger are the accounts of all suites.
var (
	owner    = uuid.MustParse("11111111-1111-4111-8111-111111111111")
	stranger = uuid.MustParse("22222222-2222-4222-8222-222222222222")
)

// began is when the suites' stories begin, to the microsecond.
var began = time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC)

// Story is the history of one completed scan, of owner's and of target, with
// every kind of event that a completed scan can have.
func Story(scan uuid.UUID, target string) []domain.Event {
	where, err := domain.ParseURL(target)
	if err != nil {
		panic(err)
	}
	probes := []domain.Tool{domain.Ports, domain.Headers}
	visit := `{"url":"https://example.com/","status":200,"protocol":"HTTP/2.0","server":"\u003cnginx\u003e \u0026 \"co\""}`
	endpoint := `{"port":443,"protocols":{"TLSv1.2":true,"TLSv1.3":false},"ciphers":{"TLSv1.2":["TLS_RSA_WITH_AES_128_CBC_SHA"]},` +
		`"certificate":{"subject":"CN=example.com","issuer":"CN=ca","names":["example.com"],"not_before":"2026-01-02T03:04:05.678Z",` +
		`"not_after":"2027-01-02T03:04:05Z","sha256":"00","serial":"01","key":"RSA","bits":2048,"signature":"SHA256-RSA","trusted":true,"name_match":true}}`
	facts := []struct{ name, value string }{
		{"site.visit", visit}, {"tls.endpoint", endpoint},
		{"dns.zone", `{"domain":"example.com","records":{"A":["192.0.2.1"]},"dnssec":"secure"}`},
		{"observatory.test", `{"name":"cookies","result":"cookies-not-found","modifier":0,"pass":true}`},
		{"seo.audit", `{"id":"document-title","outcome":"pass"}`},
		{"traffic.part", `{"name":"ttfb","score":87,"value":0.1,"unit":"ms"}`},
	}
	events := []domain.Event{
		domain.ScanRequested{Scan: scan, Account: owner, Contract: domain.IsSafeSite, Target: where, Profile: domain.Quick, Probes: probes},
		domain.ScanStarted{Worker: "one"},
		domain.ProbeProgressed{Tool: domain.Ports, Lease: 1, Percent: 40},
		domain.PortFound{Tool: domain.Ports, Lease: 1, Port: domain.Port{Port: 443, Protocol: "tcp"}},
		domain.ServiceIdentified{Tool: domain.Ports, Lease: 1, Service: domain.Service{
			Port: 443, Protocol: "tcp", Name: "https", Product: "nginx", Version: "1.22.1", TLS: true, Method: "probed"}},
	}
	for _, f := range facts {
		events = append(events, domain.ObservationRecorded{Tool: domain.Headers, Lease: 1, Name: f.name, Value: []byte(f.value)})
	}
	weak := domain.FindingRaised{
		Tool: domain.Headers, Lease: 1, Finding: "headers/missing/hsts", Where: "443/tcp", Title: "No HSTS", Severity: domain.Medium,
		CWE: 319, CVE: []string{}, Description: "ü€😀", Detail: "a 'quote', a \"quote\" and a \\", Remedy: "send it", References: []string{"https://example.com/{},\"x\""},
	}
	second := weak
	second.Where, second.Severity, second.CVE = "8443/tcp", domain.High, []string{"CVE-2026-0001", "CVE-2026-0002"}
	second.CVSS = []domain.Rating{{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", Score: 7.5}, {Version: "2.0", Vector: "AV:N/AC:L/Au:N/C:P/I:N/A:N", Score: 5}}
	events = append(events, weak, second,
		domain.ProbeFinished{Tool: domain.Headers, Lease: 1, Attempt: 1, Outcome: domain.Tested, Coverage: []domain.Coverage{{What: target, Outcome: domain.Tested}}},
		domain.ProbeFinished{Tool: domain.Ports, Lease: 1, Attempt: 1, Outcome: domain.TimedOut, Reason: "too slow", Coverage: []domain.Coverage{}},
	)
	return append(events, grades(events)...)
}

// grades are how a scan that saw this ends: by the newest rules, and then by the
// first ones.
func grades(events []domain.Event) []domain.Event {
	scan := new(domain.Scan)
	for i, e := range events {
		scan.Apply(domain.Envelope{Version: i + 1, Event: e})
	}
	done := domain.ScanCompleted{Scores: domain.Grade(scan.Measured())}
	scan.Apply(domain.Envelope{Version: len(events) + 1, Event: done})
	anew, err := scan.Regrade(domain.Graders[0], nil)
	if err != nil {
		panic(err)
	}
	again, _ := anew[0].(domain.ScanRegraded)
	again.Since = &domain.Earlier{Scan: uuid.UUID{7}, Version: 4, Grader: 1, Score: new(95)}
	return []domain.Event{done, again}
}

// TargetStory is the history of one target of owner's, with every kind of event
// that a target on the list can have.
func TargetStory(value string) []domain.Event {
	at := func(value string) domain.Details {
		where, err := domain.ParseTarget(value)
		if err != nil {
			panic(err)
		}
		return domain.Details{Target: where, Name: "sealed", Frequency: domain.Manual, Active: true}
	}
	changed := func(d domain.Details, frequency domain.Frequency, active bool) domain.TargetChanged {
		d.Frequency, d.Active, d.Description = frequency, active, "sealed too"
		return domain.TargetChanged{Details: d}
	}
	due := func(hour int) time.Time { return began.Truncate(time.Hour).Add(time.Duration(hour) * time.Hour) }
	hourly := domain.ScheduleSet{Next: due(1), Schedule: domain.Schedule{
		Cron: "0 * * * *", TimeZone: "Europe/Berlin", Frequency: domain.Manual, Profile: domain.NmapQuick, Options: domain.DefaultOptions(domain.NmapQuick),
	}}
	weekly := hourly
	weekly.Cron, weekly.TimeZone, weekly.Frequency, weekly.Next = "5 4 * * 2", "UTC", domain.Weekly, due(168)
	site, net := at(value), at("192.0.2.0/24")
	proof := domain.TargetVerified{Domain: site.Target.Host, Method: domain.ByDNS, Where: "_scanledger." + site.Target.Host}
	again := proof
	again.Method, again.Where = domain.ByFile, "http://"+site.Target.Host+"/"
	return []domain.Event{
		domain.TargetAdded{Account: owner, Details: site}, proof,
		changed(site, domain.Daily, true), changed(site, domain.Daily, false), again, changed(site, domain.Weekly, true),
		changed(net, domain.Weekly, true), changed(site, domain.Monthly, true), proof, changed(site, domain.Manual, true),
		changed(net, domain.Daily, false), changed(net, domain.Daily, true), changed(site, domain.Daily, true), again, proof,
		changed(site, domain.Manual, true),
		hourly, domain.RunStarted{Scan: uuid.UUID{9}, Due: due(1), Next: due(2)},
		domain.RunMissed{Due: due(2), Through: due(4), Runs: 3, Reason: domain.MissedOff, Next: due(5)},
		domain.SchedulePaused{}, domain.ScheduleResumed{Next: due(9)}, weekly, domain.ScheduleRemoved{}, hourly,
		domain.RunMissed{Due: due(1), Through: due(1), Runs: 1, Reason: domain.MissedQuota, Detail: "10 scans per hour", Next: due(2)},
	}
}

// LinkStory is a history of a link, with every event that does not end it.
func LinkStory(code string) []domain.Event {
	end, from := began.Add(time.Hour), began.Add(-time.Hour)
	plain := domain.LinkDetails{Destination: "https://example.com/" + code}.Tidied()
	whole := domain.LinkDetails{
		Destination: "https://example.com/whole", ExpiresAt: &end, MaxClicks: 7, Fallback: "https://example.com/over", Lock: uuid.UUID{4}, Tags: []string{"a", "b"},
		Rules: []domain.RedirectRule{{Name: "phones", Destination: "https://m.example.com", Devices: []string{"android"}, From: &from, Until: &end}}, UTM: domain.UTM{Source: "poster"}, Forward: true,
	}.Tidied()
	return []domain.Event{
		domain.LinkShortened{Account: owner, Code: code, LinkDetails: plain}, domain.LinkChanged{LinkDetails: whole}, domain.LinkDisabled{},
		domain.LinkBlocked{Destination: "https://m.example.com", Reason: domain.BlockedListed}, domain.LinkEnabled{}, domain.LinkCleared{},
		domain.LinkBlocked{Destination: "https://m.example.com", Reason: domain.BlockedForbidden}, domain.LinkChanged{LinkDetails: plain},
		domain.LinkDisabled{}, domain.LinkChanged{LinkDetails: whole}, domain.LinkEnabled{}, domain.LinkBlocked{Destination: whole.Destination, Reason: domain.BlockedLoop},
		domain.LinkChanged{LinkDetails: plain}, domain.LinkDisabled{}, domain.LinkChanged{LinkDetails: whole}, domain.LinkEnabled{}, domain.LinkDisabled{},
		domain.LinkChanged{LinkDetails: plain},
	}
}

// storyOf is a history for a stream.
func storyOf(s domain.Stream) []domain.Event {
	switch s.Family() {
	case domain.LinkFamily:
		return LinkStory(s.ID().String())
	case domain.TargetFamily:
		return TargetStory("https://" + s.ID().String() + ".example/")
	case domain.LookupFamily:
		return LookupStory(s.ID().String() + ".example")
	default:
		return Story(s.ID(), w0)
	}
}

// endings are what streams of a family can come to: so many events of a story,
// and one after those.
var endings = map[string]map[int]domain.Event{
	domain.ScanFamily: {
		1: nil, 2: domain.ScanCancelled{By: "account:x"}, 6: nil, 9: domain.ScanFailed{Reason: "nothing could be tested"},
	},
	domain.LinkFamily:   {1: nil, 2: domain.LinkDeleted{}, 4: nil, 5: domain.LinkDeleted{}, 7: nil, 8: domain.LinkDeleted{}},
	domain.TargetFamily: {1: nil, 2: domain.TargetRemoved{}, 7: nil, 16: domain.TargetRemoved{}, 20: domain.TargetRemoved{}, 22: nil},
	domain.LookupFamily: {1: nil, 2: nil, 3: nil},
}

// w0 is the target of a story whose target does not matter.
const w0 = "https://example.com/"

func newStream() domain.Stream { return domain.NewStream(domain.ScanFamily, uuid.New()) }

// write puts events into envelopes with ids of their own.
func write(s domain.Stream, after int, events ...domain.Event) commands.Write {
	w := commands.Write{Stream: s, Owner: owner, After: after}
	for i, e := range events {
		w.Events = append(w.Events, domain.Envelope{
			ID: uuid.New(), Stream: s, Version: after + i + 1, Owner: owner,
			At: began.Add(time.Duration(after+i) * time.Millisecond), Actor: "operator", Cause: "suite", Event: e,
		})
	}
	return w
}

// ports are n events of no consequence.
func ports(n int) []domain.Event {
	out := make([]domain.Event, n)
	for i := range out {
		out[i] = domain.PortFound{Tool: domain.Ports, Lease: 1, Port: domain.Port{Port: i + 1, Protocol: "tcp"}}
	}
	return out
}

func mustAppend(t *testing.T, log commands.Log, writes ...commands.Write) []domain.Envelope {
	t.Helper()
	appended, err := log.Append(t.Context(), writes...)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return appended
}

func appendOnly(t *testing.T, log commands.Log, writes ...commands.Write) error {
	_, err := log.Append(t.Context(), writes...)
	return err
}

func mustRead(t *testing.T, log commands.Log, s domain.Stream, after int) []domain.Envelope {
	t.Helper()
	history, err := log.Read(t.Context(), s, after)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return history
}

func wantCode(t *testing.T, what string, err error, want domain.Code) {
	t.Helper()
	if got := domain.CodeOf(err); got != want {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

// atOnce runs n goroutines and waits for them.
func atOnce(n int, do func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	wg.Wait()
}
