package domain

import (
	"cmp"
	"slices"
)

// Rating is how bad a weakness is by one version of CVSS.
type Rating struct {
	Version string  `json:"version"` // of CVSS: "4.0", "3.1", "3.0", "2.0"; "" where a scanner does not say
	Vector  string  `json:"vector"`  // "CVSS:3.1/AV:N/…", of version 2.0 without the word before it; "" where a scanner tells the score alone
	Score   float64 `json:"score"`   // 0.0 to 10.0
}

// Newest orders ratings by the version, the newest first; those of one version
// by the score, the worst first.
func Newest(a, b Rating) int {
	return cmp.Or(cmp.Compare(b.Version, a.Version), cmp.Compare(b.Score, a.Score))
}

// ScoreOf is the score that counts among ratings: that of the newest version;
// nil where there are none.
func ScoreOf(ratings []Rating) *float64 {
	if len(ratings) == 0 {
		return nil
	}
	newest := slices.MinFunc(ratings, Newest)
	return &newest.Score
}

// SeverityOf is CVSS' word for a score, by the scale of its versions 3 and 4;
// what they call none is informational.
func SeverityOf(score float64) Severity {
	switch {
	case score >= 9:
		return Critical
	case score >= 7:
		return High
	case score >= 4:
		return Medium
	case score > 0:
		return Low
	default:
		return Informational
	}
}
