package projections

import "time"

// Feeds know what others publish of vulnerabilities, by their CVEs.
type Feeds interface {
	// EPSS is the likeliest of them; nil where nothing is known.
	EPSS(cves []string) *Chance
	// KEV is the one that has been exploited for longest; nil where none is known to be.
	KEV(cves []string) *Exploited
}

// Chance is how likely a vulnerability is to be exploited within 30 days, by
// FIRST's EPSS of a date.
type Chance struct {
	Score      float64   `json:"score"`
	Percentile float64   `json:"percentile"`
	Date       time.Time `json:"date"`
}

// Exploited is what CISA's catalog says of a vulnerability that is exploited.
type Exploited struct {
	CVE        string `json:"cve"`
	Added      string `json:"date_added"`
	Due        string `json:"due_date"` // "" for none
	Action     string `json:"required_action"`
	Ransomware bool   `json:"ransomware"`
}
