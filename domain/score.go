package domain

import "slices"

// penalties is what one finding of each severity takes from the security score.
var penalties = map[Severity]int{Critical: 20, High: 9, Medium: 5, Low: 3, Informational: 0}

// SecurityScore is 100 less 20 for each critical finding, 9 high, 5 medium,
// 3 low and 0 informational, and never below 0.
func SecurityScore(findings map[Severity]int) int {
	score := 100
	for severity, n := range findings {
		score -= penalties[severity] * n
	}
	return max(score, 0)
}

// OverallScore is 0.45 security + 0.30 SEO + 0.25 traffic, rounded half up.
// All are 0 to 100.
func OverallScore(security, seo, traffic int) int {
	return (45*security + 30*seo + 25*traffic + 50) / 100
}

// step is one line of a scale: the word holds from this score upwards.
type step struct {
	from int
	word string
}

var (
	letters    = []step{{90, "A"}, {80, "B"}, {70, "C"}, {60, "D"}, {0, "F"}}
	riskLevels = []step{{90, "low"}, {70, "medium"}, {40, "high"}, {0, "critical"}}
)

// noRisk is the risk level of a target on which nothing was found.
const noRisk = "none"

// risks are all risk levels, the worst last.
var risks = []string{noRisk, "low", "medium", "high", "critical"}

func wordOf(scale []step, score int) string {
	for _, s := range scale {
		if score >= s.from {
			return s.word
		}
	}
	return scale[len(scale)-1].word
}

// Letter is the grade of an overall score: A from 90, B from 80, C from 70,
// D from 60, else F.
func Letter(score int) string { return wordOf(letters, score) }

// RiskLevel is the word for a security score: "none" without any finding,
// "low" from 90, "medium" from 70, "high" from 40, else "critical"; and at
// least "high" where there is a critical finding.
func RiskLevel(score int, findings map[Severity]int) string {
	total := 0
	for _, n := range findings {
		total += n
	}
	level := wordOf(riskLevels, score)
	switch {
	case total == 0:
		return noRisk
	case findings[Critical] > 0 && level != "critical":
		return "high"
	default:
		return level
	}
}

// WorseRisk is the worse of two risk levels; "" is none that is known.
func WorseRisk(a, b string) string {
	if slices.Index(risks, a) > slices.Index(risks, b) {
		return a
	}
	return b
}
