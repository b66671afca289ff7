package domain

import "slices"

// ObservatoryTests names the tests of the HTTP Observatory, algorithm version 6,
// in its order.
var ObservatoryTests = []string{
	"content-security-policy", "cookies", "cross-origin-resource-sharing", "redirection", "referrer-policy",
	"strict-transport-security", "subresource-integrity", "x-content-type-options", "x-frame-options",
	"cross-origin-resource-policy", "cross-origin-embedder-policy", "cross-origin-opener-policy",
}

// lacksTests says whether a test of the Observatory could not be made.
func (m Measured) lacksTests() bool {
	return slices.ContainsFunc(ObservatoryTests, func(name string) bool {
		return !slices.ContainsFunc(m.Observatory, func(t ObservatoryTest) bool { return t.Name == name })
	})
}

// fullScore is where the HTTP Observatory starts to count.
const fullScore = 100

// extraCredit is the least score without bonuses at which bonuses count.
const extraCredit = 90

// grades are the Observatory's letters, each with the least score that earns
// it, best first.
var grades = []struct {
	from   int
	letter string
}{
	{100, "A+"}, {90, "A"}, {85, "A-"},
	{80, "B+"}, {70, "B"}, {65, "B-"},
	{60, "C+"}, {50, "C"}, {45, "C-"},
	{40, "D+"}, {30, "D"}, {25, "D-"},
}

// Observatory folds test results into the score and the grade of the HTTP
// Observatory, algorithm version 6: 100 and all penalties; the bonuses are
// added only to a score that is 90 or more without them. The score is never
// below 0 and may be above 100. Without any result there is nothing to grade:
// the score is 0 and the grade empty.
func Observatory(tests []ObservatoryTest) (score int, grade string) {
	if len(tests) == 0 {
		return 0, ""
	}
	score, bonus := fullScore, 0
	for _, t := range tests {
		if t.Modifier < 0 {
			score += t.Modifier
		} else {
			bonus += t.Modifier
		}
	}
	if score >= extraCredit {
		score += bonus
	}
	score = max(score, 0)
	return score, GradeOf(score)
}

// GradeOf returns the letter for a score of 0 to 100 and beyond, from "A+"
// down to "F".
func GradeOf(score int) string {
	for _, g := range grades {
		if score >= g.from {
			return g.letter
		}
	}
	return "F"
}
