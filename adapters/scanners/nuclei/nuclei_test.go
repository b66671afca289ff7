package nuclei

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { scantest.Main(m) }

// records are in the documented form, with what public ones show besides: two that
// differ in the matcher alone, numbers that are null, a list that is one text.
const records = `{"template-id":"git-config","info":{"name":"Git Config","severity":"medium","reference":null,"classification":{"cve-id":null,"cwe-id":["cwe-200"],"cvss-score":5.3}},"type":"http","matched-at":"SITE/.git/config"}
{"template-id":"http-missing-security-headers","info":{"name":"Missing Headers","severity":"info"},"matcher-name":"x-frame-options","matched-at":"SITE"}
{"template-id":"http-missing-security-headers","info":{"name":"Missing Headers","severity":"info"},"matcher-name":"content-security-policy","matched-at":"SITE"}
{"template-id":"CVE-2021-41773","info":{"name":"Apache","severity":"high","description":"D.","impact":"I.","remediation":"R.","reference":"https://a.example/","classification":{"cve-id":["cve-2021-41773"],"cvss-metrics":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N","cvss-score":7.5}},"matched-at":"SITE/cgi-bin/.%2e/etc/passwd"}
`

// stub is a nuclei that says its arguments to a file and then what a script has it
// say, with templates beside it.
func stub(t *testing.T, script string) (scanners.ToolSettings, func()) {
	t.Helper()
	path, gone := scantest.Stub(t, script)
	if err := os.Mkdir(filepath.Join(filepath.Dir(path), "nuclei-templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	return scanners.ToolSettings{Nuclei: path}, gone
}

func website(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<h1>Tea</h1>")) }))
	t.Cleanup(s.Close)
	return s.URL
}

// says has the stub print lines.
func says(lines string) string { return "cat <<'EOF'\n" + strings.TrimSuffix(lines, "\n") + "\nEOF\n" }

const begins = `echo '[INF] nuclei speaks' >&2; echo '{"duration":"0:00:01","errors":"0","percent":"20","templates":"9"}' >&2
`

func TestScan(t *testing.T) {
	site := website(t)
	settings, _ := stub(t, begins+says(strings.ReplaceAll(records, "SITE", site))+`echo '{"errors":"3","percent":"90"}' >&2`)
	job, told := scantest.Job(t, site+"/", domain.NucleiFull)
	if err := New(settings).Scan(t.Context(), job, told.See); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, w := range told.Weaknesses {
		got = append(got, w.Advisory.ID+" "+w.Where+" "+string(w.Advisory.Severity))
	}
	want := []string{
		"nuclei/git-config /.git/config medium", "nuclei/http-missing-security-headers:x-frame-options  informational",
		"nuclei/http-missing-security-headers:content-security-policy  informational", "nuclei/CVE-2021-41773 /cgi-bin/.%2e/etc/passwd high",
	}
	if !slices.Equal(got, want) || told.Percent != 100 {
		t.Errorf("%q, %d %%", got, told.Percent)
	}
	a := told.Weaknesses[3].Advisory
	if a.Description != "D.\n\nI." || a.Remedy != "R." || !slices.Equal(a.CVE, []string{"CVE-2021-41773"}) || !slices.Equal(a.References, []string{"https://a.example/"}) {
		t.Errorf("%+v", a)
	}
	if rating := a.CVSS; len(rating) != 1 || rating[0].Version != "3.1" || rating[0].Score != 7.5 {
		t.Errorf("%+v", rating)
	}
	if rating := told.Weaknesses[0].Advisory.CVSS; len(rating) != 1 || rating[0].Score != 5.3 {
		t.Errorf("a score alone is %+v", rating)
	}
	for what, how := range map[string]domain.Outcome{"HTTP templates": domain.Tested, "templates that attack": domain.Skipped, "templates of other protocols": domain.Skipped, "some requests": domain.Failed} {
		if told.Coverage[what].Outcome != how {
			t.Errorf("%s is %+v", what, told.Coverage[what])
		}
	}
}

// TestOutside holds the scanner to what all of them promise.
func TestOutside(t *testing.T) {
	scantest.Outside(t, func(t *testing.T, m scantest.Manner) scantest.Rig {
		site := website(t)
		first := begins + says(strings.ReplaceAll(records, "SITE", site))
		settings, gone := stub(t, map[scantest.Manner]string{
			scantest.Ends:   first,
			scantest.Floods: first + "yes",
			scantest.Hangs:  first + "(while :; do sleep 1000; done) & while :; do sleep 1000; done",
			scantest.Dies:   first + "kill -SEGV $$",
			scantest.Halves: first + `echo '{"template-id":"x","info":{"na'`,
			scantest.Mute:   "echo '[FTL] no templates provided for scan' >&2; exit 1",
		}[m])
		job, _ := scantest.Job(t, site+"/", domain.NucleiQuick)
		return scantest.Rig{Scanner: New(settings), Job: job, Gone: gone}
	})
}

// TestArgs: nuclei is handed the address, and the name for its headers alone.
func TestArgs(t *testing.T) {
	for _, c := range []struct {
		site, addr string
		profile    domain.Profile
		verified   bool
		has, not   []string
	}{
		{"https://site.example/a?b", "192.0.2.7", domain.NucleiQuick, true, []string{"-u https://192.0.2.7/a?b ", "-H Host: site.example ", "-sni site.example", "-s high,critical", "-lna", "-t /templates ", "-pt http ", "-etags dos,local,fuzz,bruteforce "}, []string{"-tags"}},
		{"http://site.example:8080/", "10.0.0.7", domain.NucleiFull, true, []string{"-u http://10.0.0.7:8080/ ", "-H Host: site.example:8080 ", "-etags dos,local,fuzz,bruteforce "}, []string{"-lna", "-s", "-tags"}},
		{"http://192.0.2.7/", "192.0.2.7", domain.NucleiFull, false, []string{"-u http://192.0.2.7/ ", "-tags tech,", "-etags dos,local,fuzz,bruteforce,cve,", ",intrusive,"}, []string{"-H", "-sni"}},
		{"https://site.example/", "2001:db8::7", domain.NucleiQuick, false, []string{"-u https://[2001:db8::7]/ ", "-s high,critical -tags tech,"}, nil},
	} {
		site, _ := url.Parse(c.site)
		addr := netip.MustParseAddr(c.addr)
		r := &run{job: scanners.Job{Profile: c.profile, Verified: c.verified}, site: site, pinned: pin(site, addr)}
		args := strings.Join(r.args("/templates", addr), " ") + " "
		for _, want := range c.has {
			if !strings.Contains(args, want) {
				t.Errorf("%s: no %q in %s", c.site, want, args)
			}
		}
		for _, no := range c.not {
			if strings.Contains(args, no+" ") {
				t.Errorf("%s: %q in %s", c.site, no, args)
			}
		}
	}
}

// TestNotThere says what is missing, and takes no look at the site.
func TestNotThere(t *testing.T) {
	path, _ := scantest.Stub(t, "exit 1")
	job, told := scantest.Job(t, "http://127.0.0.1:1/", domain.NucleiQuick)
	t.Setenv("HOME", t.TempDir())
	var not *scanners.NotTested
	err := New(scanners.ToolSettings{Nuclei: path}).Scan(t.Context(), job, told.See)
	if !errors.As(err, &not) || not.Outcome != domain.Skipped || !strings.Contains(not.Reason, "templates") {
		t.Errorf("%v", err)
	}
}

// TestWitness: what nuclei sees is the same finding as what we see ourselves.
func TestWitness(t *testing.T) {
	target, err := domain.ParseURL("https://site.example/")
	if err != nil {
		t.Fatal(err)
	}
	site, _ := url.Parse("https://site.example/")
	pinned, _ := url.Parse("https://192.0.2.7/")
	for _, c := range []struct{ line, rule, where string }{
		{`{"template-id":"git-config","matched-at":"https://192.0.2.7/.git/config"}`, "content/exposed/repository", "/.git/HEAD"},
		{`{"template-id":"http-missing-security-headers","matcher-name":"strict-transport-security","matched-at":"https://192.0.2.7"}`, "headers/hsts/missing", ""},
		{`{"template-id":"CVE-2014-0160","matched-at":"https://192.0.2.7/"}`, "tls/attack/heartbleed", "443/tcp"},
	} {
		rec, _, err := read(c.line)
		if err != nil || rec == nil {
			t.Fatal(err)
		}
		w := translate(site, pinned, *rec)
		if domain.FingerprintOf(target, w.Advisory.ID, w.Where) != domain.FingerprintOf(target, c.rule, c.where) {
			t.Errorf("%s at %q is another finding than %s", w.Advisory.ID, w.Where, c.rule)
		}
	}
}

// FuzzLine: whatever nuclei says, a weakness has a rule of nuclei's.
func FuzzLine(f *testing.F) {
	for line := range strings.SplitSeq(records, "\n") {
		f.Add(line)
	}
	f.Add(`{"percent":"NaN","errors":{}}`)
	f.Add(`{"template-id":"../x","matched-at":"%zz","matcher-status":false}`)
	site, _ := url.Parse("https://site.example/")
	f.Fuzz(func(t *testing.T, line string) {
		rec, _, err := read(line)
		if err != nil || rec == nil {
			return
		}
		w := translate(site, site, *rec)
		if w != nil && (!strings.HasPrefix(w.Advisory.ID, "nuclei/") || strings.ContainsAny(w.Advisory.ID, " \n") || !slices.Contains(domain.Severities, w.Advisory.Severity)) {
			t.Errorf("%+v", w)
		}
	})
}
