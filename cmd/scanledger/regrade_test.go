package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// rudeSite is testSite but for a question that it hangs up on, so that one test of
// the Observatory cannot be made and the newest rules give no score of it.
func rudeSite(t *testing.T) *httptest.Server {
	t.Helper()
	polite := testSite(t).Config.Handler
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			panic(http.ErrAbortHandler)
		}
		polite.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	return site
}

// regrades grades a scan by other rules and back, and finds the change in its
// events, reports and proofs.
func regrades(t *testing.T, server, key, scan string, with func(...string) []string) {
	at := server + "/api/v1/scan/" + scan
	version := call[scanView](t, key, http.MethodGet, at, "", http.StatusOK).Version
	if r := answerOf[regraded](t, with("regrade", scan)...); r.Changed || r.To.Grader != domain.GraderVersion || r.From != r.To && *r.From.Score != *r.To.Score {
		t.Errorf("by the rules by which it is graded: %+v", r)
	}
	dry := answerOf[regraded](t, with("regrade", scan, "--grader", "1", "--dry-run")...)
	if !dry.Changed || !dry.DryRun || dry.To.Grader != 1 || call[scanView](t, key, http.MethodGet, at, "", http.StatusOK).Version != version {
		t.Errorf("a dry run: %+v", dry)
	}
	r := answerOf[regraded](t, with("regrade", scan, "--grader", "1")...)
	if !r.Changed || r.DryRun || r.From.Grader != domain.GraderVersion || r.To.Grader != 1 || *r.Change.Site != 0 || *r.Change.Total != *r.Change.Ruler || r.Since != nil || r.Before.ObservatoryScore != nil || r.After.ObservatoryScore == nil {
		t.Errorf("by the first rules: %+v", r)
	}
	for _, same := range []string{"1", "2"} {
		if r := answerOf[regraded](t, with("regrade", scan, "--grader", same)...); r.Changed || r.To.Grader != 1 {
			t.Errorf("by grader %s, with the same scores: %+v", same, r)
		}
	}
	if sum := answerOf[regradedAll](t, with("regrade", "--all", "--grader", "2")...); sum.Changed != 0 || sum.Unchanged != 1 {
		t.Errorf("all, with the same scores: %+v", sum)
	}
	sum := answerOf[regradedAll](t, with("regrade", "--all")...)
	if sum.Changed != 1 || sum.Scans[0].Scan.String() != scan || sum.Scans[0].From.Grader != 1 || sum.Grader != domain.GraderVersion {
		t.Errorf("all: %+v", sum)
	}
	regradedSeen(t, server, key, scan, version)
	if v := answerOf[verification](t, with("verify", "scan", scan)...); !v.OK || v.Checked.Grades != 3 || v.Checked.OlderGrades != 1 {
		t.Errorf("the scan: %+v", v.Verdict)
	}
	file := filepath.Join(t.TempDir(), "regraded.tar")
	answerOf[map[string]any](t, with("export", scan, "--out", file)...)
	if v := answerOf[verification](t, "verify", file); !v.OK || v.Checked.Grades != 3 {
		t.Errorf("the file: %+v", v.Verdict)
	}
	for _, args := range [][]string{{}, {scan, "--all"}, {"x"}, {scan, "--grader", "99"}, {uuid.NewString()}} {
		if out, code := command(t, with(append([]string{"regrade"}, args...)...)...); code != exitUsage {
			t.Errorf("%q: exit code %d: %.200s", args, code, out)
		}
	}
	if out, code := command(t, with("regrade", scan, "--grader", "1", "--dry-run")...); code != exitOK || !strings.Contains(out, "by grader 1, was") || !strings.Contains(out, "from the rules; Observatory ") || !strings.Contains(out, ", was none") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// regradedSeen looks at what others see of the two new grades.
func regradedSeen(t *testing.T, server, key, scan string, version int) {
	at := server + "/api/v1/scan/" + scan
	shown := call[struct {
		Version int                  `json:"version"`
		Grading *projections.Grading `json:"grading"`
	}](t, key, http.MethodGet, at, "", http.StatusOK)
	if g := shown.Grading; shown.Version != version+2 || g == nil || g.Grader != domain.GraderVersion || len(g.Changes) != 2 || g.Changes[1].From.Grader != 1 {
		t.Errorf("shown as %+v", shown)
	}
	for asOf, grader := range map[int]int{version: domain.GraderVersion, version + 1: 1} {
		then := call[struct {
			Grading *projections.Grading `json:"grading"`
		}](t, key, http.MethodGet, fmt.Sprintf("%s?as_of=%d", at, asOf), "", http.StatusOK)
		if then.Grading.Grader != grader || len(then.Grading.Changes) != asOf-version {
			t.Errorf("as of %d: %+v", asOf, then.Grading)
		}
	}
	reports := call[struct {
		Data []struct{ Version int } `json:"data"`
	}](t, key, http.MethodGet, server+"/api/v1/report?scanId="+scan, "", http.StatusOK)
	if len(reports.Data) != 1 || reports.Data[0].Version != 3 {
		t.Errorf("reports %+v", reports)
	}
	for _, resumed := range []int{0, version} { // a stream that has the end of the scan behind it ends too
		kinds := liveEvents(t, key, fmt.Sprintf("%s/events?after=%d", at, resumed))
		if last := kinds[len(kinds)-1]; last != "scan.regraded" {
			t.Errorf("after %d the last event is %s", resumed, last)
		}
	}
	if page := download(t, "", reportAt(t, server, key, scan, ""), http.StatusOK); !bytes.Contains(page, []byte("Grade and next grade")) || !bytes.Contains(page, []byte("graded anew")) {
		t.Errorf("the page says %.3000s", page)
	}
}
