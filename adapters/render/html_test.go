package render

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var pageOptions = PageOptions{
	Options: Options{Head: hash, Verify: "https://scan.example/verify/1"},
	Exports: []Export{{"pdf", "/report/1/pdf?key=k"}, {"csv", "/report/1/csv?key=k"}}, Check: "/report/1/verify?key=k", Events: "/events",
}

func page(t *testing.T, r projections.ReportRow) string {
	t.Helper()
	var b bytes.Buffer
	if err := Page(&b, r, pageOptions); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func tree(t *testing.T, source string) *html.Node {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(source), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func parse(t *testing.T, source string) []*html.Node {
	t.Helper()
	var elements []*html.Node
	for n := range tree(t, source).Descendants() {
		if n.Type == html.ElementNode {
			elements = append(elements, n)
		}
	}
	return elements
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func visible(t *testing.T, source string) string {
	t.Helper()
	var b strings.Builder
	for n := range tree(t, source).Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "style" && n.Parent.Data != "script" {
			b.WriteString(n.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestPageStructure(t *testing.T) {
	for name, r := range samples() {
		t.Run(name, func(t *testing.T) { checkStructure(t, parse(t, page(t, r))) })
	}
	for _, ok := range []bool{true, false} {
		t.Run(fmt.Sprint("check that holds: ", ok), func(t *testing.T) { checkStructure(t, parse(t, checkPage(t, ok))) })
	}
	t.Run("error page", func(t *testing.T) {
		var b bytes.Buffer
		if err := ErrorPage(&b, 404, markup, markup); err != nil {
			t.Fatal(err)
		}
		checkStructure(t, parse(t, b.String()))
	})
}

// checkStructure holds for every page: one h1, no level of headings left out,
// unique ids, no handlers, nothing loaded from elsewhere, links that lead
// somewhere.
func checkStructure(t *testing.T, elements []*html.Node) {
	t.Helper()
	ids, headings, tags := map[string]bool{}, "", map[string]int{}
	for _, n := range elements {
		tags[n.Data]++
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] <= '6' {
			headings += n.Data[1:]
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" || a.Key == "src" {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
			if a.Key == "id" && ids[a.Val] {
				t.Errorf("id %q twice", a.Val)
			}
		}
		ids[attribute(n, "id")] = true
	}
	for tag, want := range map[string]int{"h1": 1, "main": 1, "title": 1, "style": 1, "iframe": 0, "img": 0, "form": 0, "object": 0} {
		if tags[tag] != want {
			t.Errorf("%d of <%s>, want %d", tags[tag], tag, want)
		}
	}
	for i := 1; i < len(headings); i++ {
		if headings[i] > headings[i-1]+1 {
			t.Errorf("headings leave a level out: %s", headings)
		}
	}
	checkLinks(t, elements, ids)
}

func checkLinks(t *testing.T, elements []*html.Node, ids map[string]bool) {
	t.Helper()
	exports := map[string]bool{pageOptions.Check: true}
	for _, x := range pageOptions.Exports {
		exports[x.URL] = true
	}
	for _, n := range elements {
		href := attribute(n, "href")
		switch {
		case n.Data == "html" && attribute(n, "lang") != "en":
			t.Error("the page has no language")
		case n.Data == "link" && href != "data:,":
			t.Errorf("loads %q", href)
		case n.Data != "a":
		case strings.HasPrefix(href, "#"):
			if !ids[href[1:]] {
				t.Errorf("link to %q, which is not there", href)
			}
		case exports[href]:
		case !strings.HasPrefix(href, "https://"):
			t.Errorf("link to %q", href)
		case attribute(n, "rel") != "noopener noreferrer nofollow":
			t.Errorf("link to %q tells where it comes from", href)
		}
	}
}

func TestPagePolicyFits(t *testing.T) {
	for name, r := range samples() {
		for _, n := range parse(t, page(t, r)) {
			if n.Data != "style" && n.Data != "script" {
				continue
			}
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			source := n.Data + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
			if !strings.Contains(PageCSP, source) {
				t.Errorf("%s: the policy does not allow its <%s>: %s", name, n.Data, source)
			}
		}
	}
	if !strings.HasPrefix(PageCSP, "default-src 'none'; ") || strings.Contains(PageCSP, "unsafe") {
		t.Errorf("the policy is not strict: %s", PageCSP)
	}
}

func TestPageSaysWhatStateItIsIn(t *testing.T) {
	all := samples()
	gone := sample(domain.Completed)
	for _, c := range []struct {
		name    string
		row     projections.ReportRow
		says    []string
		sayNone []string
	}{
		{"completed", all["completed"], []string{
			"Security grade C+", "60 of 100 points", "2 min 14 s", "Standard, web site",
			"6 findings (1 critical, 1 high, 1 medium, 2 low and 1 informational)", "Redis answers to everybody",
			"Raises the security score from 60 to 80.", "The worst of it can be used by anybody who finds it, today",
			"With the first 4 things fixed the security score is 100, which is A+.", "scanledger verify scan 0199e2c4-7b1a-7c3e-9a54-3f2b8e61d0aa", "4 things were not tested.", "ran out of time", "session and 1 more place",
			"This grade speaks of what was tested only.", "8 days", "x509: certificate signed by unknown authority",
			"TLS_AES_256_GCM_SHA384", "csp-not-implemented", "not signed", "scan-0199e2c4-7b1a-7c3e-9a54-3f2b8e61d0aa", "1 to 87", hash,
		}, []string{"Everything that this profile covers", "This page follows"}},
		{"clean", all["clean"], []string{"A+", "Everything that this profile covers was tested.", "No finding was raised."}, []string{"not tested.", "What to fix first"}},
		{"failed", all["failed"], []string{"No grade", "does not resolve", "9 things were not tested."}, []string{"of 100 points", "Everything that", "No open port was found"}},
		{"cancelled", all["cancelled"], []string{"was cancelled", "No grade", "the scan ended before it"}, []string{"of 100 points", "Everything that"}},
		{"started", all["started"], []string{"running and 41 % done", "Progress: 41 %", "8 things not tested yet", "443/tcp", "This page follows"}, []string{"of 100 points"}},
		{"requested", all["requested"], []string{"waits for its turn", "waiting, 0 %"}, []string{"of 100 points", "Everything that"}},
		{"completed without scores", gone, []string{"No grade", "has no security grade"}, []string{"of 100 points"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := visible(t, page(t, c.row))
			for _, s := range append(c.says, "What was not tested, and why", "It does not see source code") {
				if !strings.Contains(text, s) {
					t.Errorf("does not say %q", s)
				}
			}
			for _, s := range c.sayNone {
				if strings.Contains(text, s) {
					t.Errorf("says %q", s)
				}
			}
		})
	}
}

func TestPageRefreshesOnlyWhileTheScanRuns(t *testing.T) {
	for name, r := range samples() {
		source := page(t, r)
		refreshes := strings.Contains(source, `<noscript><meta http-equiv="refresh" content="5"></noscript>`)
		if live := !r.Document.State.Over(); refreshes != live || strings.Contains(source, "<script>") != live {
			t.Errorf("%s: refreshes %v, live %v", name, refreshes, live)
		}
	}
}

func TestPageShowsHostileTextHarmlessly(t *testing.T) {
	source := page(t, hostile())
	for _, r := range source {
		if invisible(r) {
			t.Fatalf("%U reached the page", r)
		}
	}
	text := visible(t, source)
	for _, s := range []string{markup, "invoice[U+202E]gpj.exe", "nul[U+0000]here", "漢字", "bad [0xFF][0xFE] utf-8", "[U+001B][31mred", "9,800 more characters", "of no known severity", "javascript:alert(1)"} {
		if !strings.Contains(text, s) {
			t.Errorf("does not show %q", s)
		}
	}
}

func TestNothingUntestedLooksGood(t *testing.T) {
	for _, outcome := range []domain.Outcome{domain.Failed, domain.TimedOut, domain.Refused, ""} {
		r := spotless()
		r.Document.Probes[0].Outcome = outcome
		v := newReport(r, Options{})
		if v.Grade.Letter != "A+" || v.Grade.Tone != toneUntested || v.Grade.Note == "" || v.Scores[0].Tone != toneUntested || v.Untested.All {
			t.Errorf("ports %q: %+v", outcome, v.Grade)
		}
	}
	silent := spotless()
	silent.Document.Coverage = silent.Document.Coverage[1:]
	if v := newReport(silent, Options{}); v.Untested.All || v.Grade.Tone == toneGood {
		t.Error("a probe that does not say what it looked at counts as tested")
	}
	if v := newReport(spotless(), Options{}); !v.Untested.All || v.Grade.Tone != toneGood {
		t.Errorf("a full scan without findings: %+v", v.Grade)
	}
}

func TestListsAreBounded(t *testing.T) {
	r := sample(domain.Started)
	for i := range 65_536 {
		r.Document.Ports = append(r.Document.Ports, projections.ReportedPort{Port: i, Protocol: "tcp", State: "open"})
		r.Document.Findings = append(r.Document.Findings, projections.ReportedFinding{ID: "same", Severity: domain.High, Title: "Open"})
	}
	source := page(t, finish(r))
	if len(source) > 2<<20 {
		t.Errorf("%d bytes", len(source))
	}
	for _, s := range []string{"65,036 more rows", "65,036 more findings"} {
		if !strings.Contains(source, s) {
			t.Errorf("does not say %q", s)
		}
	}
}

// checkPage is the check of a report that holds, or of one that does not.
func checkPage(t *testing.T, ok bool) string {
	t.Helper()
	v := domain.Verdict{Checked: domain.Checked{Events: 87, Evidence: 3}}
	if !ok {
		v.Fault(domain.Fault{Version: 3, What: "actor " + markup, Expected: "key:secret", Found: "key:other"})
		v.Fault(domain.Fault{What: "chain"})
	}
	v.Close()
	var b strings.Builder
	if err := VerifyPage(&b, hostile(), v, Options{Head: hash}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCheckPageTellsWhatDoesNotHold(t *testing.T) {
	text := visible(t, checkPage(t, true))
	for _, s := range []string{"The report holds", "Events checked87", hash, "1 to 87"} {
		if !strings.Contains(text, s) {
			t.Errorf("does not say %q: %s", s, text)
		}
	}
	text = visible(t, checkPage(t, false))
	for _, s := range []string{"The report does not hold", "2 faults", "actor " + markup, "as a whole"} {
		if !strings.Contains(text, s) {
			t.Errorf("does not say %q: %s", s, text)
		}
	}
	if strings.Contains(text, "key:secret") || strings.Contains(text, "key:other") || strings.Contains(text, "The report holds") {
		t.Errorf("says too much: %s", text)
	}
}

func TestPageTellsThatWritingFailed(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	if Page(w, completed(), PageOptions{}) == nil || ErrorPage(w, 404, "No such report", "") == nil || VerifyPage(w, completed(), domain.Verdict{}, Options{}) == nil {
		t.Error("writing to a closed pipe succeeded")
	}
}

// TestChipsKeepTheirWordsWhole: the page lets any text break anywhere, which
// would make a column of chips a few letters wide.
func TestChipsKeepTheirWordsWhole(t *testing.T) {
	for rule, has := range map[string]string{"body{": "overflow-wrap:anywhere", "td .chip,th .chip{": "overflow-wrap:normal"} {
		_, after, found := strings.Cut(style, "\n"+rule)
		declarations, _, _ := strings.Cut(after, "}")
		if !found || !strings.Contains(declarations, has) {
			t.Errorf("%s has no %s: %q", rule, has, declarations)
		}
	}
}
