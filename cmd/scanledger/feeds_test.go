package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFeedsUpdate puts feeds in by the command, and doctor says how old they are.
func TestFeedsUpdate(t *testing.T) {
	dir := t.TempDir()
	epss, broken := filepath.Join(dir, "epss.csv"), filepath.Join(dir, "broken.json")
	write(t, epss, "#model_version:v2025.03.14,score_date:2026-11-27T00:00:00+0000\ncve,epss,percentile\nCVE-2014-0160,0.94,0.999\n")
	write(t, broken, `{"catalogVersion": "1"`)
	data := filepath.Join(dir, "data")
	feeds := (Config{DataDir: data}).feeds()
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	if checks := lookAtFeeds(feeds, at); len(checks) != 1 || checks[0].OK || !checks[0].Optional || !strings.Contains(checks[0].Fix, "feeds update") {
		t.Errorf("without any: %+v", checks)
	}
	out, code := command(t, "feeds", "update", broken, epss, "--data-dir", data, "--json")
	if code != exitUsage || out != `{"feeds":[{"cves":1,"date":"2026-11-27T00:00:00Z","feed":"epss","file":"`+epss+`"}]}`+"\n" {
		t.Errorf("exit code %d: %s", code, out)
	}
	if checks := lookAtFeeds(feeds, at); len(checks) != 1 || !checks[0].OK || checks[0].Detail != "1 CVEs, of 2026-11-27, 3 days old" {
		t.Errorf("when it is new: %+v", checks)
	}
	if checks := lookAtFeeds(feeds, at.AddDate(0, 1, 0)); len(checks) != 1 || checks[0].OK || checks[0].Fix == "" {
		t.Errorf("when it is old: %+v", checks)
	}
	told := toldFeeds{feeds}
	if c := told.EPSS([]string{"CVE-2014-0160"}); c == nil || c.Score != 0.94 || told.EPSS([]string{"CVE-1999-0001"}) != nil || told.KEV([]string{"CVE-2014-0160"}) != nil {
		t.Errorf("it is told as %+v", c)
	}
	if err := os.WriteFile(filepath.Join(data, "feeds", "kev.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if checks := lookAtFeeds(feeds, at); len(checks) != 2 || checks[0].OK || !strings.Contains(checks[0].Detail, "kev.json") {
		t.Errorf("with one that is spoilt: %+v", checks)
	}
	for _, args := range [][]string{{"feeds", "update"}, {"feeds", "update", filepath.Join(dir, "nowhere"), "--data-dir", data}, {"feeds", "download"}} {
		if out, code := command(t, args...); code != exitUsage {
			t.Errorf("%v: exit code %d: %s", args, code, out)
		}
	}
}
