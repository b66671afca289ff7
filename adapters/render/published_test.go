package render

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// feeds know one vulnerability.
type feeds struct{}

const exploitedCVE = "CVE-2014-0160"

func (feeds) EPSS(cves []string) *projections.Chance {
	if !slices.Contains(cves, exploitedCVE) {
		return nil
	}
	return &projections.Chance{Score: 0.5, Percentile: 0.975, Date: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}
}

func (feeds) KEV(cves []string) *projections.Exploited {
	if !slices.Contains(cves, exploitedCVE) {
		return nil
	}
	return &projections.Exploited{CVE: exploitedCVE, Added: "2022-05-04", Action: "Update <b>."}
}

// TestHowBad has CVSS, EPSS and KEV in every format, and without feeds CVSS alone.
func TestHowBad(t *testing.T) {
	r := completed()
	f := &r.Document.Findings[0]
	f.CVE = []string{exploitedCVE}
	f.CVSS = []domain.Rating{{Version: "4.0", Vector: "CVSS:4.0/AV:N/AC:L", Score: 8.7}, {Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L", Score: 10}}
	const likely, listed = "EPSS of 2026-04-02: exploited within 30 days with a likelihood of 50.0 %, which is more than of 97.5 % of all CVEs", "Known to be exploited since 2022-05-04 (CVE-2014-0160, CISA KEV): Update"
	for name, want := range map[string][]string{
		"json":  {`"vector": "CVSS:4.0/AV:N/AC:L"`, `"score": 8.7`, `"percentile": 0.975`, `"date_added": "2022-05-04"`},
		"csv":   {`"8.7","CVSS:4.0/AV:N/AC:L` + "\n" + `CVSS:3.1/AV:N/AC:L","0.5","2022-05-04"`},
		"sarif": {`"security-severity": "8.7"`, `"vector": "CVSS:3.1/AV:N/AC:L"`, `"percentile": 0.975`, `"date_added": "2022-05-04"`},
		"junit": {"CVSS 8.7 (version 4.0) CVSS:4.0/AV:N/AC:L", "CVSS 10.0 (version 3.1) CVSS:3.1/AV:N/AC:L", likely, listed},
		"html":  {"CVSS 8.7 (version 4.0) CVSS:4.0/AV:N/AC:L", "CVSS 10.0 (version 3.1) CVSS:3.1/AV:N/AC:L", likely, listed + " &lt;b&gt;."},
	} {
		format, _ := formatNamed(name)
		told, err := format.Export(r, Options{Feeds: feeds{}})
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !bytes.Contains(told, []byte(text)) {
				t.Errorf("%s does not say %s", name, text)
			}
		}
		silent, err := format.Export(r, Options{})
		if err != nil || bytes.Contains(silent, []byte("2022-05-04")) || !bytes.Contains(silent, []byte("CVSS:4.0/AV:N/AC:L")) {
			t.Errorf("%s without feeds: %v, %.500s", name, err, silent)
		}
	}
	lines := strings.Join(ratedAs(*f, Options{Feeds: feeds{}}), "\n")
	if !strings.Contains(lines, likely) || !strings.Contains(ratedAs(projections.ReportedFinding{CVSS: []domain.Rating{{Score: 6.25}}}, Options{})[0], "CVSS 6.2 (no version told)") {
		t.Errorf("for people: %s", lines)
	}
}
