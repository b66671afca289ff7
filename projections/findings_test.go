package projections

import (
	"reflect"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestFindings(t *testing.T) {
	elsewhere := raised
	elsewhere.Where = "8443/tcp"
	rows := Findings.Rows(map[string]FindingRow{}, history(asked, raised, domain.ScanStarted{}, elsewhere, domain.ScanCompleted{}))
	want := FindingRow{
		Scan: scan, Account: account, Tool: domain.Headers, Finding: "f", Where: "443/tcp", Title: "t", Severity: domain.High, CWE: 1,
		CVE: []string{"c"}, CVSS: raised.CVSS, Description: "d", Detail: "e", Remedy: "r", References: []string{"https://example.com/"}, Evidence: "00", RaisedAt: at(2),
	}
	other := want
	other.Where, other.RaisedAt = "8443/tcp", at(4)
	if got := rows[string(stream)+"/f@443/tcp"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := rows[string(stream)+"/f@8443/tcp"]; !reflect.DeepEqual(got, other) || len(rows) != 2 {
		t.Errorf("got %+v\nwant %+v\nof %d rows", got, other, len(rows))
	}
}
