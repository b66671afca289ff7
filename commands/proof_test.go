package commands_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// verification gives VerifyTarget of ann's first target.
func verification(got *commands.Verification) func(*scenario) error {
	return func(s *scenario) (err error) {
		*got, err = s.desk.VerifyTarget(s.t.Context(), commands.VerifyTarget{By: byAnn, ID: id(1)})
		return err
	}
}

func TestVerifyTarget(t *testing.T) {
	const record, secure, plain, own = "_scanledger.shop.example", "https://shop.example/.well-known/scanledger-verification.txt", "http://shop.example/.well-known/scanledger-verification.txt", "https://shop.example:8443/.well-known/scanledger-verification.txt"
	known := listed("https://shop.example:8443/a")
	text := given(t).desk.ProofOf(ann, on("shop.example").Target)
	looked := func(found []string, problem string, method domain.Method, where string) commands.Searched {
		return commands.Searched{Place: domain.Place{Method: method, Where: where}, Expected: text, Found: found, Problem: problem}
	}
	for name, c := range map[string]struct {
		published published
		want      []domain.Event
		looked    []commands.Searched
	}{
		"a record": {published{record: {"v=spf1 -all", text}}, []domain.Event{domain.TargetVerified{Domain: "shop.example", Method: domain.ByDNS, Where: record}},
			[]commands.Searched{looked([]string{text}, "", domain.ByDNS, record)}},
		"a file": {published{plain: {text}}, []domain.Event{domain.TargetVerified{Domain: "shop.example", Method: domain.ByFile, Where: plain}},
			[]commands.Searched{looked([]string{text}, "", domain.ByFile, plain)}},
		"nothing": {nil, nil, []commands.Searched{looked(nil, "there is no such TXT record", domain.ByDNS, record),
			looked(nil, "the server answers 404", domain.ByFile, secure), looked(nil, "the server answers 404", domain.ByFile, plain), looked(nil, "the server answers 404", domain.ByFile, own)}},
		"a file on its own port": {published{own: {text}}, []domain.Event{domain.TargetVerified{Domain: "shop.example:8443", Method: domain.ByFile, Where: own}},
			[]commands.Searched{looked([]string{text}, "", domain.ByFile, own)}},
		"files on all ports": {published{own: {text}, secure: {text}}, []domain.Event{domain.TargetVerified{Domain: "shop.example", Method: domain.ByFile, Where: secure}},
			[]commands.Searched{looked([]string{text}, "", domain.ByFile, secure)}},
		"others": {published{record: {"!the name servers did not answer"}, secure: {"x"}, plain: {text + "x"}}, nil, []commands.Searched{
			looked(nil, "the name servers did not answer", domain.ByDNS, record), looked([]string{"x"}, "", domain.ByFile, secure),
			looked([]string{text + "x"}, "", domain.ByFile, plain), looked(nil, "the server answers 404", domain.ByFile, own)}},
	} {
		t.Run(name, func(t *testing.T) {
			var got commands.Verification
			s := given(t, known, func(s *scenario) { s.desk.Published = c.published }).when(verification(&got))
			s.then(c.want...)
			if !reflect.DeepEqual(got.Looked, c.looked) {
				t.Errorf("looked\n got %+v\nwant %+v", got.Looked, c.looked)
			}
			if (got.Proof != nil) != (c.want != nil) || got.Proof != nil && (got.Proof.Domain != c.want[0].(domain.TargetVerified).Domain || !got.Proof.At.Equal(s.now)) {
				t.Errorf("proof %+v", got.Proof)
			}
		})
	}
	var got commands.Verification
	given(t, listed("192.0.2.0/24")).when(verification(&got)).refused(domain.Invalid)
}

// TestProofOf is another text for each account, domain and installation, and
// the same whenever it is asked for.
func TestProofOf(t *testing.T) {
	s, other := given(t), given(t)
	other.desk.ProofKey = []byte("another's")
	shop, sub := on("https://shop.example/").Target, on("a.shop.example").Target
	text := s.desk.ProofOf(ann, shop)
	if again := given(t).desk.ProofOf(ann, on("shop.example").Target); again != text || !strings.HasPrefix(text, "scanledger-verification=") || len(text) != 24+32 {
		t.Errorf("%s, then %s", text, again)
	}
	for _, not := range []string{s.desk.ProofOf(bob, shop), s.desk.ProofOf(ann, sub), other.desk.ProofOf(ann, shop)} {
		if not == text {
			t.Errorf("%s is another's too", text)
		}
	}
}

// TestScanRestricted asks for scans of a government's hosts, with and without a
// proof that they are the caller's.
func TestScanRestricted(t *testing.T) {
	proof := happened(target1, domain.TargetVerified{Domain: "agency.gov", Method: domain.ByDNS, Where: "_scanledger.agency.gov"})
	proven := []step{listed("agency.gov"), proof}
	alias := on("192.0.2.1").Target
	alias.Domain = "www.agency.gov"
	for name, c := range map[string]struct {
		given  []step
		by     commands.Caller
		target domain.Target
		code   domain.Code
	}{
		"the domain":             {proven, byAnn, on("agency.gov").Target, ""},
		"a site of it":           {proven, byAnn, on("https://agency.gov/a").Target, ""},
		"a host below it":        {proven, byAnn, on("https://a.www.agency.gov/").Target, ""},
		"an address by its name": {proven, byAnn, alias, ""},
		"without":                {nil, byAnn, on("agency.gov").Target, domain.Forbidden},
		"only on the list":       {proven[:1], byAnn, on("agency.gov").Target, domain.Forbidden},
		"by another":             {proven, byBob, on("agency.gov").Target, domain.Forbidden},
		"a name like it":         {proven, byAnn, on("notagency.gov").Target, domain.Forbidden},
		"its neighbour":          {proven, byAnn, on("army.mil").Target, domain.Forbidden},
		"above it":               {[]step{listed("a.agency.gov"), happened(target1, domain.TargetVerified{Domain: "a.agency.gov"})}, byAnn, on("agency.gov").Target, domain.Forbidden},
		"by a port of anybody's": {[]step{listed("https://agency.gov:8443/"), happened(target1, domain.TargetVerified{Domain: "agency.gov:8443"})}, byAnn, on("https://agency.gov:8443/").Target, domain.Forbidden},
		"removed":                {append(proven, happened(target1, domain.TargetRemoved{})), byAnn, on("agency.gov").Target, domain.Forbidden},
		"changed":                {append(proven, happened(target1, domain.TargetChanged{Details: on("b.gov")})), byAnn, on("agency.gov").Target, domain.Forbidden},
		"a year ago":             {append(proven, later(domain.ProofTime)), byAnn, on("agency.gov").Target, domain.Forbidden},
		"almost a year ago":      {append(proven, later(domain.ProofTime-time.Second)), byAnn, on("agency.gov").Target, ""},
		"erased":                 {append(proven, did(eraseTarget(id(1)))), byAnn, on("agency.gov").Target, domain.Forbidden},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...).when(request(c.by, domain.ScannerAPI, c.target))
			if c.code != "" {
				s.refused(c.code)
			} else if s.err != nil {
				t.Error(s.err)
			}
			if err := s.desk.MayScan(t.Context(), c.by.Account, c.target, domain.Quick); domain.CodeOf(err) != c.code {
				t.Errorf("it may be scanned: %v", err)
			}
		})
	}
}

// TestScanVerified notes of a deep scan whether its target was proven to be the
// caller's when it was asked for.
func TestScanVerified(t *testing.T) {
	proven := []step{listed("shop.example"), happened(target1, domain.TargetVerified{Domain: "shop.example", Method: domain.ByDNS, Where: "_scanledger.shop.example"})}
	other := on("192.0.2.1").Target
	other.Domain = "shop.example"
	port := []step{listed("https://shop.example:8443/"), happened(target1, domain.TargetVerified{Domain: "shop.example:8443", Method: domain.ByFile, Where: "https://shop.example:8443/.well-known/scanledger.txt"})}
	for name, c := range map[string]struct {
		given   []step
		by      commands.Caller
		target  domain.Target
		profile domain.Profile
		want    bool
	}{
		"the domain":               {proven, byAnn, on("https://shop.example/a").Target, domain.Deep, true},
		"what ZAP attacks":         {append(proven, did(grant(10))), byAnn, on("https://shop.example/").Target, domain.ZAPFull, true},
		"what nuclei attacks":      {append(proven, did(grant(10))), byAnn, on("https://shop.example/").Target, domain.NucleiQuick, true},
		"a host below it":          {proven, byAnn, on("www.shop.example").Target, domain.Deep, true},
		"a profile that looks on":  {proven, byAnn, on("https://shop.example/").Target, domain.Standard, false},
		"without":                  {nil, byAnn, on("https://shop.example/").Target, domain.Deep, false},
		"only on the list":         {proven[:1], byAnn, on("https://shop.example/").Target, domain.Deep, false},
		"by another":               {proven, byBob, on("https://shop.example/").Target, domain.Deep, false},
		"a name like it":           {proven, byAnn, on("https://bookshop.example/").Target, domain.Deep, false},
		"somebody's else's server": {proven, byAnn, other, domain.Deep, false},
		"its own port":             {port, byAnn, on("https://shop.example:8443/a").Target, domain.Deep, true},
		"the usual port":           {port, byAnn, on("https://shop.example/").Target, domain.Deep, false},
		"the host of the port":     {port, byAnn, on("shop.example").Target, domain.Deep, false},
		"another port":             {port, byAnn, on("https://shop.example:9443/").Target, domain.Deep, false},
		"a host below the port's":  {port, byAnn, on("https://www.shop.example:8443/").Target, domain.Deep, false},
		"a year ago":               {append(proven, later(domain.ProofTime)), byAnn, on("https://shop.example/").Target, domain.Deep, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...)
			requested, err := s.desk.RequestScan(t.Context(), commands.RequestScan{By: c.by, Contract: domain.IsSafeSite, Target: c.target, Profile: c.profile})
			if event, _ := requested.Event.(domain.ScanRequested); err != nil || event.Verified != c.want || event.Scan != requested.Stream.ID() {
				t.Errorf("%+v, %v", requested.Event, err)
			}
		})
	}
}

// TestScanRange refuses a range to the scanners that look at one host.
func TestScanRange(t *testing.T) {
	net := on("192.0.2.0/24").Target
	given(t).when(request(byAnn, domain.SecAbly, net)).refused(domain.Invalid)
	for profile, takes := range map[domain.Profile]bool{domain.NmapQuick: false, domain.SSLyzeOnly: false, domain.OpenVASDiscovery: true} {
		if err := given(t).desk.MayScan(t.Context(), ann, net, profile); (err == nil) != takes {
			t.Errorf("%s: %v", profile, err)
		}
	}
}
