package commands_test

import (
	"testing"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// asks asks for a scan with options through SecAbly.
func asks(profile domain.Profile, options domain.Options, target domain.Target) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.RequestScan(s.t.Context(), commands.RequestScan{By: byAnn, Contract: domain.SecAbly, Target: target, Profile: profile, Options: options})
		return err
	}
}

// TestScanIsRunByWhatThereIs writes down which tools run a scan, and with what
// options.
func TestScanIsRunByWhatThereIs(t *testing.T) {
	ports := domain.Options{Nmap: &domain.NmapOptions{Ports: "22,80-90", Aggressive: true}}
	want := asked(id(1), domain.NmapQuick)
	want.Options = ports
	given(t).when(asks(domain.NmapQuick, ports, siteA)).then(want)
	want.Probes = []domain.Tool{domain.Ports}
	given(t, without(domain.Nmap)).when(asks(domain.NmapQuick, ports, siteA)).then(want)
	given(t, without(domain.Nmap), did(asks(domain.NmapQuick, ports, siteA)), did(cancelled(byAnn, id(1)))).when(func(s *scenario) error {
		_, err := s.desk.RetestScan(s.t.Context(), commands.RetestScan{By: byAnn, Contract: domain.SecAbly, Scan: id(1)})
		return err
	}).then(domain.ScanRequested{
		Scan: id(4), Account: ann, Contract: domain.SecAbly, Target: siteA, Profile: domain.NmapQuick, Probes: want.Probes, Options: ports, RetestOf: id(1),
	})
	plain := asked(id(1), domain.SSLyzeOnly)
	plain.Probes = []domain.Tool{domain.TLS}
	given(t, without(domain.SSLyze)).when(asks(domain.SSLyzeOnly, domain.Options{}, siteA)).then(plain)
}

// TestScanThatNothingRuns is refused before anything is asked of credits or of
// the target.
func TestScanThatNothingRuns(t *testing.T) {
	unresolvable := func(s *scenario) { s.sites[siteA.Value] = domain.Unresolvable }
	given(t, without(domain.ZAP)).when(asks(domain.ZAPFull, domain.Options{}, siteA)).refused(domain.Unavailable)
	given(t, without(domain.OpenVAS), did(grant(50)), unresolvable).when(asks(domain.OpenVASDeep, domain.Options{}, siteA)).refused(domain.Unavailable)
	given(t, did(grant(50))).when(asks(domain.NmapFull, domain.Options{}, mustTarget("192.0.2.0/24"))).refused(domain.Invalid)
	given(t, did(grant(50))).when(asks(domain.SSLyzeOnly, domain.Options{SSLyze: &domain.SSLyzeOptions{}}, siteA)).refused(domain.Invalid)
	given(t, did(grant(50))).when(asks(domain.NmapQuick, domain.Options{Nmap: &domain.NmapOptions{Ports: "1-65535"}}, siteA)).refused(domain.Invalid)
}

func mustTarget(s string) domain.Target {
	t, err := domain.ParseTarget(s)
	if err != nil {
		panic(err)
	}
	return t
}

// TestBill is what the account had right after a scan was asked for, whatever
// happens later.
func TestBill(t *testing.T) {
	for name, c := range map[string]struct {
		given   []step
		profile domain.Profile
		want    commands.Bill
	}{
		"paid from what stays":     {[]step{did(grant(20))}, domain.ZAPFull, commands.Bill{Used: 10, Remaining: 10}},
		"paid from the month's":    {[]step{onPlan(ann, domain.SecAbly, "startup")}, domain.NmapFull, commands.Bill{Used: 1, Remaining: 49}},
		"paid from both":           {[]step{onPlan(ann, domain.SecAbly, "indie"), did(grant(9))}, domain.OpenVASFullFast, commands.Bill{Used: 15, Remaining: 4}},
		"free":                     {[]step{did(grant(3))}, domain.NmapQuick, commands.Bill{Remaining: 3}},
		"free in a new month":      {[]step{onPlan(ann, domain.SecAbly, "startup"), did(grant(3))}, domain.SSLyzeOnly, commands.Bill{Remaining: 53}},
		"on a plan without limits": {[]step{onPlan(ann, domain.SecAbly, domain.InternalPlan), did(grant(3))}, domain.OpenVASDeep, commands.Bill{Remaining: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...)
			requested, err := s.desk.RequestScan(t.Context(), commands.RequestScan{By: byAnn, Contract: domain.SecAbly, Target: siteA, Profile: c.profile})
			if err != nil {
				t.Fatal(err)
			}
			for _, happens := range []step{func(*scenario) {}, did(grant(7)), did(ask(byAnn, domain.NmapFull, siteB)), did(cancelled(byAnn, requested.Stream.ID())), later(48 * time.Hour)} {
				happens(s)
				if got, err := s.desk.BillOf(t.Context(), requested); err != nil || got != c.want {
					t.Errorf("bill %+v, %v; want %+v", got, err, c.want)
				}
			}
		})
	}
	s := given(t)
	if _, err := s.desk.BillOf(t.Context(), domain.Envelope{Owner: id(99)}); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("of an unknown account: %v", err)
	}
}
