package projections

import (
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// FindingRow is one weakness that one scan saw.
type FindingRow struct {
	Scan        uuid.UUID       `db:"scan"`
	Account     uuid.UUID       `db:"account"`
	Tool        domain.Tool     `db:"tool"`
	Finding     string          `db:"finding"`
	Where       string          `db:"location"`
	Title       string          `db:"title"`
	Severity    domain.Severity `db:"severity"`
	CWE         int             `db:"cwe"`
	CVE         []string        `db:"cve"`
	CVSS        []domain.Rating `db:"cvss"`
	Description string          `db:"description"`
	Detail      string          `db:"detail"`
	Remedy      string          `db:"remedy"`
	References  []string        `db:"refs"`
	Evidence    domain.Hash     `db:"evidence"`
	RaisedAt    time.Time       `db:"raised_at"`
}

// Findings is the read model of findings, one row for each in each scan.
var Findings = Fold[FindingRow]{
	Name: "findings", Family: domain.ScanFamily, Many: true, Key: findingKey, Next: nextFinding, Kinds: kinds(domain.FindingRaised{}),
}

func findingKey(e domain.Envelope) (string, bool) {
	f, ok := e.Event.(domain.FindingRaised)
	return string(e.Stream) + "/" + f.Finding + "@" + f.Where, ok
}

func nextFinding(_ FindingRow, e domain.Envelope) FindingRow {
	f, _ := e.Event.(domain.FindingRaised)
	return FindingRow{
		Scan: e.Stream.ID(), Account: e.Owner, Tool: f.Tool, Finding: f.Finding, Where: f.Where, Title: f.Title,
		Severity: f.Severity, CWE: f.CWE, CVE: f.CVE, CVSS: ratings(f), Description: f.Description, Detail: f.Detail,
		Remedy: f.Remedy, References: f.References, Evidence: f.Evidence, RaisedAt: e.At,
	}
}
