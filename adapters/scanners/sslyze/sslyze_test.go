package sslyze

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/adapters/scanners/tls"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { scantest.Main(m) }

func endpointOf(t *testing.T, s *scantest.Seen) domain.TLSEndpoint {
	t.Helper()
	all := scantest.Of[domain.TLSEndpoint](s)
	if len(all) == 0 {
		t.Fatal("nothing is told of the port")
	}
	return all[0]
}

func rulesOf(s *scantest.Seen) (all []string) {
	for _, w := range scantest.Of[domain.Weakness](s) {
		all = append(all, w.Advisory.ID)
	}
	slices.Sort(all)
	return all
}

func outcomeOf(s *scantest.Seen, what string) domain.Outcome {
	for _, c := range scantest.Of[domain.Coverage](s) {
		if c.What == what {
			return c.Outcome
		}
	}
	return ""
}

func sample(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/sslyze-6.3.1-" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serve is a server with the certificate that is trusted here. What scanners do to it is
// in no log.
func serve(t *testing.T) *httptest.Server {
	server := httptest.NewUnstartedServer(nil)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// stubbed is a scan of a port of this test by a tool that runs a script.
func stubbed(t *testing.T, script string) (Scanner, scanners.Job, func()) {
	t.Helper()
	server := serve(t)
	path, gone := scantest.Stub(t, script)
	j, _ := scantest.Job(t, server.URL, domain.SSLyzeOnly)
	return New(scanners.ToolSettings{SSLyze: path}), j, gone
}

// answers says the sample as one of the port that the stub was asked for.
func answers(t testing.TB, text string) string {
	file, err := os.CreateTemp("", "sample-")
	if err == nil {
		err = file.Chmod(0o644)
	}
	if err == nil {
		_, err = file.WriteString(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	t.Cleanup(func() { os.Remove(file.Name()) })
	return `for a; do last=$a; done; port=${last#*:}; port=${port%%\{*}; sed "s/\"port\": [0-9]*/\"port\": $port/" ` + file.Name() + " >&3\n"
}

// TestOutside leaves out what a tool that tells all at its end cannot show: that what it
// saw before stays.
func TestOutside(t *testing.T) {
	whole := sample(t, "good")
	for name, c := range map[string]struct {
		script string
		how    domain.Outcome
	}{
		"says 1 GiB":       {`echo '{"server_scan_results": [' >&3; yes '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",' >&3`, domain.Failed},
		"half a document":  {answers(t, whole[:len(whole)/2]), domain.Failed},
		"nothing":          {"true", domain.Failed},
		"dies":             {"echo no memory >&2; kill -SEGV $$", domain.Failed},
		"of another":       {"echo '{\"server_scan_results\": [{\"server_location\": {\"port\": 1}, \"scan_status\": \"COMPLETED\"}]}' >&3", domain.Failed},
		"takes no target":  {`echo '{"invalid_server_strings": [{"error_message": "what"}]}' >&3`, domain.Failed},
		"does not connect": {answers(t, `{"server_scan_results": [{"server_location": {"port": 1}, "scan_status": "ERROR_NO_CONNECTIVITY", "connectivity_error_trace": "refused"}]}`), domain.Skipped},
		"is not answered":  {answers(t, `{"server_scan_results": [{"server_location": {"port": 1}, "scan_status": "ERROR_NO_CONNECTIVITY", "connectivity_error_trace": "ConnectionToServerTimedOut: timed out"}]}`), domain.TimedOut},
	} {
		s, j, gone := stubbed(t, c.script)
		told := &scantest.Seen{}
		err := s.Scan(t.Context(), j, told.See)
		gone()
		var not *scanners.NotTested
		if not, _ = err.(*scanners.NotTested); not == nil || not.Outcome != c.how || len(rulesOf(told)) > 0 {
			t.Errorf("%s: %v, %+v", name, err, told.All)
		}
	}
}

// TestSamples reads what SSLyze has written of a good server and of an old one.
func TestSamples(t *testing.T) {
	for name, want := range map[string]struct {
		protocols, lacks, rules []string
		bits                    int
		signed                  string
	}{
		"good": {[]string{"TLSv1.2", "TLSv1.3"}, []string{"SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"}, []string{"tls/certificate/untrusted"}, 256, "ECDSA"},
		"old-expired": {[]string{"TLSv1.0", "TLSv1.1", "TLSv1.2"}, []string{"SSLv2", "SSLv3", "TLSv1.3"},
			[]string{"tls/certificate/expired", "tls/certificate/self-signed", "tls/certificate/weak-key", "tls/protocol/no-tlsv1.3", "tls/protocol/tlsv1.0", "tls/protocol/tlsv1.1"}, 1024, "RSA"},
	} {
		s, j, _ := stubbed(t, answers(t, sample(t, name)))
		s.now = func() time.Time { return time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC) }
		told := &scantest.Seen{}
		if err := s.Scan(t.Context(), j, told.See); err != nil {
			t.Fatal(name, err)
		}
		e, rules := endpointOf(t, told), rulesOf(told)
		for _, p := range want.protocols {
			if !e.Protocols[p] || len(e.Ciphers[p]) == 0 {
				t.Errorf("%s: %s is not offered, of %v", name, p, e.Ciphers)
			}
		}
		for _, p := range want.lacks {
			if has, tested := e.Protocols[p]; has || !tested {
				t.Errorf("%s: %s: %v, tested %v", name, p, has, tested)
			}
		}
		for _, rule := range want.rules {
			if !slices.Contains(rules, rule) {
				t.Errorf("%s: no %s in %q", name, rule, rules)
			}
		}
		if c := e.Certificate; c == nil || c.Bits != want.bits || c.Key != want.signed || c.ChainLength == 0 {
			t.Errorf("%s: %+v", name, e.Certificate)
		}
		if slices.Contains(rules, postQuantum) || outcomeOf(told, postQuantum) != domain.Skipped || e.Grade == "" || e.Evidence == "" {
			t.Errorf("%s: %q, %s, %s", name, rules, outcomeOf(told, postQuantum), e.Grade)
		}
	}
}

// TestCertificates: each that a server shows is judged, and the grade is by the worst.
func TestCertificates(t *testing.T) {
	infoOf := func(name string) (doc, info map[string]any) {
		d := json.NewDecoder(strings.NewReader(sample(t, name)))
		d.UseNumber() // keys have long ones
		if err := d.Decode(&doc); err != nil {
			t.Fatal(err)
		}
		results := doc["server_scan_results"].([]any)[0].(map[string]any)["scan_result"].(map[string]any)
		return doc, results["certificate_info"].(map[string]any)["result"].(map[string]any)
	}
	doc, info := infoOf("good")
	_, old := infoOf("old-expired")
	const list = "certificate_deployments"
	info[list] = append(append(info[list].([]any), old[list].([]any)...), map[string]any{"received_certificate_chain": []any{map[string]any{"as_pem": "none"}}})
	text, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	s, j, _ := stubbed(t, answers(t, string(text)))
	s.now = func() time.Time { return time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC) }
	told := &scantest.Seen{}
	if err := s.Scan(t.Context(), j, told.See); err != nil {
		t.Fatal(err)
	}
	e, rules := endpointOf(t, told), rulesOf(told)
	for _, rule := range []string{"tls/certificate/untrusted", "tls/certificate/expired", "tls/certificate/weak-key"} {
		if n := len(slices.DeleteFunc(slices.Clone(rules), func(r string) bool { return r != rule })); n != 1 {
			t.Errorf("%s is told %d times, of %q", rule, n, rules)
		}
	}
	if e.Certificate.Key != "ECDSA" {
		t.Errorf("%+v", e.Certificate)
	}
	for line, how := range map[string]domain.Outcome{"certificate": domain.Tested, "certificate 2": domain.Tested, "certificate 3": domain.Failed} {
		if outcomeOf(told, line) != how {
			t.Errorf("%s: %s", line, outcomeOf(told, line))
		}
	}
}

// TestGradeByTheWorst: a client that gets the weak certificate has no better a server.
func TestGradeByTheWorst(t *testing.T) {
	now := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	good := domain.Certificate{Key: "ECDSA", Bits: 256, Signature: "SHA256-RSA", Trusted: true, NameMatch: true, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(1000 * time.Hour)}
	weak := good
	weak.Key, weak.Bits, weak.Serial = "RSA", 512, "7"
	suites := map[string][]string{"TLSv1.3": {"TLS_AES_256_GCM_SHA384"}, "TLSv1.2": {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}}
	for _, c := range []struct {
		first  domain.Certificate
		others []other
		worst  bool
		told   bool
	}{
		{good, nil, false, false},
		{good, []other{{&good, nil}}, false, false},
		{good, []other{{&weak, nil}}, true, true},
		{weak, []other{{&good, nil}}, true, false},
	} {
		e := &endpoint{now: now, others: c.others, TLSEndpoint: domain.TLSEndpoint{Protocols: map[string]bool{"TLSv1.3": true, "TLSv1.2": true}, Ciphers: suites, Features: map[string]bool{}, Certificate: &c.first}}
		e.grade()
		told := slices.ContainsFunc(e.GradeWhy, func(why string) bool { return strings.Contains(why, "RSA certificate 7") })
		if (e.Grade == "F") != c.worst || told != c.told {
			t.Errorf("%s beside %d: %s by %q", c.first.Key, len(c.others), e.Grade, e.GradeWhy)
		}
	}
}

// TestNotTested: what SSLyze could not look at is neither safe nor a weakness.
func TestNotTested(t *testing.T) {
	for name, c := range map[string]struct {
		command, reason string
		line            string
		how             domain.Outcome
		silent          string // a rule that may not be told
	}{
		"an attack":         {"heartbleed", "BUG_IN_SSLYZE", "Heartbleed (CVE-2014-0160)", domain.Failed, "tls/attack/heartbleed"},
		"a version":         {"tls_1_0_cipher_suites", "CONNECTIVITY_ISSUE", "protocol TLSv1.0", domain.TimedOut, "tls/protocol/tlsv1.0"},
		"the newest":        {"tls_1_3_cipher_suites", "CLIENT_CERTIFICATE_NEEDED", "protocol TLSv1.3", domain.Refused, "tls/protocol/no-tlsv1.3"},
		"the certificate":   {"certificate_info", "CONNECTIVITY_ISSUE", "certificate", domain.TimedOut, "tls/certificate/expired"},
		"renegotiation":     {"session_renegotiation", "CONNECTIVITY_ISSUE", extrasLine, domain.TimedOut, "tls/renegotiation/insecure"},
		"of no word at all": {"robot", "", "ROBOT", domain.Failed, "tls/attack/robot"},
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(sample(t, "old-expired")), &doc); err != nil {
			t.Fatal(err)
		}
		results := doc["server_scan_results"].([]any)[0].(map[string]any)["scan_result"].(map[string]any)
		results[c.command] = map[string]any{"status": "ERROR", "error_reason": c.reason, "result": nil}
		text, err := json.MarshalIndent(doc, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		s, j, _ := stubbed(t, answers(t, string(text)))
		told := &scantest.Seen{}
		if err := s.Scan(t.Context(), j, told.See); err != nil {
			t.Fatal(name, err)
		}
		if got := outcomeOf(told, c.line); got != c.how || slices.Contains(rulesOf(told), c.silent) {
			t.Errorf("%s: %s is %s, %q", name, c.line, got, rulesOf(told))
		}
	}
}

// TestAsked: what was not asked for is not looked at, and said to be so.
func TestAsked(t *testing.T) {
	addr := netip.MustParseAddr("192.0.2.1")
	for name, c := range map[string]struct {
		asked domain.SSLyzeOptions
		args  string // behind those of every run
	}{
		"the certificate": {domain.SSLyzeOptions{Certificate: true}, "--certinfo"},
		"versions":        {domain.SSLyzeOptions{Versions: true}, strings.Join(append(slices.Clone(ofVersions), "--fallback"), " ")},
		"suites":          {domain.SSLyzeOptions{Suites: true}, strings.Join(append(slices.Clone(ofVersions), ofSuites...), " ")},
	} {
		want := fmt.Sprintf("%s %s -- a.example:443{192.0.2.1}", strings.Join(always, " "), c.args)
		if got := strings.Join(args(c.asked, "a.example", addr, 443), " "); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := args(domain.SSLyzeOptions{}, "2001:db8::1", netip.MustParseAddr("2001:db8::1"), 8443); got[len(got)-1] != "[2001:db8::1]:8443{2001:db8::1}" {
		t.Error(got)
	}
	s, j, _ := stubbed(t, answers(t, sample(t, "old-expired")))
	j.Options.SSLyze = &domain.SSLyzeOptions{Certificate: true}
	told := &scantest.Seen{}
	if err := s.Scan(t.Context(), j, told.See); err != nil {
		t.Fatal(err)
	}
	for line, how := range map[string]domain.Outcome{"certificate": domain.Tested, "protocols": domain.Skipped, "cipher suites": domain.Skipped, "ROBOT": domain.Skipped} {
		if outcomeOf(told, line) != how {
			t.Errorf("%s: %s", line, outcomeOf(told, line))
		}
	}
	if e := endpointOf(t, told); e.Grade != "" || len(e.Ciphers) > 0 || len(e.Protocols) > 0 {
		t.Errorf("%+v", e)
	}
}

// TestRealSSLyze looks at a server of this test. The built-in scanner of TLS, which looks
// at it too, has all that it finds: each is one finding with two witnesses.
func TestRealSSLyze(t *testing.T) {
	server := serve(t)
	j, kept := scantest.Job(t, server.URL, domain.SSLyzeOnly)
	told := &scantest.Seen{}
	if err := New(scanners.ToolSettings{}).Scan(t.Context(), j, told.See); err != nil {
		t.Fatal(err)
	}
	e := endpointOf(t, told)
	if !e.Protocols["TLSv1.3"] || !e.Protocols["TLSv1.2"] || e.Protocols["SSLv3"] || e.Grade == "" || kept.Kept[e.Evidence] == "" {
		t.Errorf("%+v", e)
	}
	if c := e.Certificate; c == nil || !c.Trusted || !c.NameMatch {
		t.Errorf("%+v", c)
	}
	for _, o := range told.All {
		if c, is := o.(domain.Coverage); is && c.Outcome != domain.Tested && c.Outcome != domain.Skipped {
			t.Errorf("%+v", c)
		}
	}
	own := &scantest.Seen{}
	if err := (tls.Scanner{}).Scan(t.Context(), j, own.See); err != nil {
		t.Fatal(err)
	}
	if theirs := fingerprints(told, j.Target); len(theirs) == 0 || !maps.Equal(theirs, fingerprints(own, j.Target)) {
		t.Errorf("SSLyze %v\nwe     %v", theirs, fingerprints(own, j.Target))
	}
}

// fingerprints are the rules that were told by what they are known again by, but for
// those that SSLyze cannot judge.
func fingerprints(s *scantest.Seen, target domain.Target) map[domain.Fingerprint]string {
	all := map[domain.Fingerprint]string{}
	for _, w := range scantest.Of[domain.Weakness](s) {
		if w.Advisory.ID != postQuantum {
			all[domain.FingerprintOf(target, w.Advisory.ID, w.Where)] = w.Advisory.ID
		}
	}
	return all
}

// parts are samples with one command each, for the fuzzer makes little of what is large.
func parts(t testing.TB, ports map[string]int) (all []string) {
	t.Helper()
	for name, port := range ports {
		d, err := decode(strings.NewReader(sample(t, name)))
		if err != nil {
			t.Fatal(err)
		}
		server, err := d.server(port)
		if err != nil {
			t.Fatal(err)
		}
		for name, said := range server.Result {
			if len(said.Result) > 2<<10 {
				continue
			}
			part, err := json.Marshal(map[string]any{"server_scan_results": []any{map[string]any{
				"server_location": map[string]int{"port": 443}, "scan_status": "COMPLETED", "scan_result": map[string]any{name: said},
			}}})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(part))
		}
	}
	return all
}

func FuzzDocument(f *testing.F) {
	for _, part := range parts(f, map[string]int{"good": 8443, "old-expired": 9443}) {
		f.Add(part)
	}
	f.Add(`{"server_scan_results": [{"server_location": {"port": 443}, "scan_status": "COMPLETED", "scan_result": {"certificate_info": {"status": "COMPLETED", "result": {"certificate_deployments": [{"received_certificate_chain": [{"as_pem": "-"}]}]}}}}]}`)
	j, _ := scantest.Job(f, "https://127.0.0.1/", domain.SSLyzeOnly)
	f.Fuzz(func(t *testing.T, text string) {
		d, err := decode(strings.NewReader(text))
		if err != nil {
			return
		}
		server, err := d.server(443)
		if err != nil {
			return
		}
		e := &endpoint{asked: domain.SSLyzeOptions{Certificate: true, Versions: true, Suites: true}, result: server.Result, now: time.Unix(1795891456, 0)}
		e.chain = func(pem []string) (*domain.Certificate, error) {
			_, err := parsed(pem)
			return &domain.Certificate{}, err
		}
		e.read()
		e.weaknesses()
		if len(e.lines) == 0 || j.Net == nil {
			t.Error("nothing is said of what was looked at")
		}
	})
}
