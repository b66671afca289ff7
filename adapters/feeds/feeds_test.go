package feeds

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// epssOf is a file as FIRST publishes it.
func epssOf(date string, lines ...string) string {
	return "#model_version:v2025.03.14,score_date:" + date + "T12:55:00+0000\ncve,epss,percentile\n" + strings.Join(lines, "\n") + "\n"
}

// kevOf is a file as CISA publishes it.
func kevOf(date string, count int, entries ...string) string {
	return fmt.Sprintf(`{"title": "CISA Catalog of Known Exploited Vulnerabilities", "catalogVersion": "2026.11.27", "dateReleased": "%sT18:00:00.1234Z", "count": %d, "vulnerabilities": [%s]}`,
		date, count, strings.Join(entries, ", "))
}

const (
	heartbleed = `{"cveID": "CVE-2014-0160", "vendorProject": "OpenSSL", "dateAdded": "2022-05-04", "requiredAction": "Update.", "dueDate": "2022-05-25", "knownRansomwareCampaignUse": "Unknown", "cwes": ["CWE-125"]}`
	log4shell  = `{"cveID": "CVE-2021-44228", "dateAdded": "2021-12-10", "requiredAction": "Patch.", "dueDate": "", "knownRansomwareCampaignUse": "Known"}`
)

func put(t *testing.T, text []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func packed(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFeeds asks before there is anything, puts both in, and then newer ones.
func TestFeeds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "feeds")
	f := Open(dir)
	if all, err := f.Tell(); err != nil || len(all) != 0 {
		t.Errorf("of nothing: %+v, %v", all, err)
	}
	if _, _, known := f.Chance([]string{"CVE-2014-0160"}); known {
		t.Error("a chance is known without a feed")
	}
	first, err := f.Update(put(t, packed(t, epssOf("2026-11-26", "CVE-2014-0160,0.94,0.999", "CVE-2021-44228,0.5,0.9"))))
	if want := (Told{"epss", time.Date(2026, 11, 26, 12, 55, 0, 0, time.UTC), 2}); err != nil || first != want {
		t.Errorf("%+v, %v", first, err)
	}
	if _, err := f.Update(put(t, []byte("\ufeff "+kevOf("2026-11-27", 2, heartbleed, log4shell)))); err != nil {
		t.Error(err)
	}
	for cves, want := range map[string]Chance{"CVE-2021-44228 cve-2014-0160": {0.94, 0.999}, "CVE-1999-0001 CVE-2021-44228": {0.5, 0.9}, "CVE-1999-0001 x": {}, "": {}} {
		if got, _, known := f.Chance(strings.Fields(cves)); got != want || known != (want != Chance{}) {
			t.Errorf("%s: %+v, %v", cves, got, known)
		}
	}
	if e, known := f.Exploited([]string{"CVE-2014-0160", "CVE-2021-44228"}); !known || e != (Exploited{"CVE-2021-44228", "2021-12-10", "", "Patch.", true}) {
		t.Errorf("%+v, %v", e, known)
	}
	other := Open(dir) // of another process
	if _, err := other.Update(put(t, []byte(epssOf("2026-11-28", "CVE-2014-0160,0.1,0.2")))); err != nil {
		t.Error(err)
	}
	if c, of, known := f.Chance([]string{"CVE-2014-0160"}); !known || c.Score != 0.1 || of.Day() != 28 {
		t.Errorf("after an update: %+v of %s, %v", c, of, known)
	}
	all, err := f.Tell()
	if err != nil || len(all) != 2 || all[0].CVEs != 1 || all[1].Feed != "kev" {
		t.Errorf("%+v, %v", all, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
}

// TestUpdateRefused: what is no whole feed changes nothing.
func TestUpdateRefused(t *testing.T) {
	f := Open(t.TempDir())
	if _, err := f.Update(put(t, []byte(epssOf("2026-11-26", "CVE-2014-0160,0.94,0.999")))); err != nil {
		t.Fatal(err)
	}
	before, err := f.Tell()
	if err != nil {
		t.Fatal(err)
	}
	whole := packed(t, epssOf("2026-11-28", "CVE-2014-0160,0.94,0.999"))
	for what, text := range map[string]string{
		"nothing":                "",
		"a page":                 "<html></html>",
		"another JSON":           `{"a": 1}`,
		"broken JSON":            kevOf("2026-11-27", 1, heartbleed)[:200],
		"a catalog cut off":      kevOf("2026-11-27", 2, heartbleed),
		"an empty catalog":       kevOf("2026-11-27", 0),
		"a catalog without CVEs": kevOf("2026-11-27", 1, `{"cveID": "x", "dateAdded": "2022-05-04"}`),
		"a date that is none":    kevOf("2026-11-27", 1, `{"cveID": "CVE-2014-0160", "dateAdded": "May"}`),
		"no date":                "#model_version:v1\ncve,epss,percentile\nCVE-2014-0160,0.9,0.9\n",
		"other columns":          "#score_date:2026-11-27T00:00:00+0000\ncve,percentile,epss\nCVE-2014-0160,0.9,0.9\n",
		"no lines":               epssOf("2026-11-27"),
		"half a line":            epssOf("2026-11-27", "CVE-2014-0160,0.9,0.9", "CVE-2021-44228,0."),
		"a number above 1":       epssOf("2026-11-27", "CVE-2014-0160,1.5,0.9"),
		"no number":              epssOf("2026-11-27", "CVE-2014-0160,NaN,0.9"),
		"no CVE":                 epssOf("2026-11-27", "CVE-14-1,0.9,0.9"),
		"half a packed file":     string(whole[:len(whole)-9]),
		"an older one":           epssOf("2026-11-25", "CVE-2014-0160,0.94,0.999"),
	} {
		if told, err := f.Update(put(t, []byte(text))); err == nil {
			t.Errorf("%s is taken: %+v", what, told)
		}
	}
	if _, err := f.Update(filepath.Join(t.TempDir(), "nowhere")); err == nil {
		t.Error("a file that is not there is taken")
	}
	if after, err := f.Tell(); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("%+v, %v", after, err)
	}
}

// TestFeedsAtOnce asks while files are replaced: the answer is of one or the other.
func TestFeedsAtOnce(t *testing.T) {
	f := Open(t.TempDir())
	files := []string{put(t, []byte(epssOf("2026-11-26", "CVE-2014-0160,0.1,0.1"))), put(t, []byte(epssOf("2026-11-26", "CVE-2014-0160,0.22,0.22")))}
	if _, err := f.Update(files[0]); err != nil {
		t.Fatal(err)
	}
	var works sync.WaitGroup
	for range 4 {
		works.Go(func() {
			for range 200 {
				if c, _, known := f.Chance([]string{"CVE-2014-0160"}); !known || c.Score != c.Percentile {
					t.Errorf("%+v, %v", c, known)
					return
				}
			}
		})
	}
	for i := range 20 {
		if _, err := f.Update(files[i%2]); err != nil {
			t.Error(err)
		}
	}
	works.Wait()
}

// TestTellBroken names a file that somebody has spoilt.
func TestTellBroken(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kev.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if all, err := Open(dir).Tell(); err == nil || !strings.Contains(err.Error(), "kev.json") || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
