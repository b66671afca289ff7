package render

import (
	"fmt"
	"strconv"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// score is one number of 0 to 100 and its bar.
type score struct {
	Name, Value string // Value is "not measured" where there is none
	Letter      string
	Bar         int // 0 to 100
	Tone        tone
	Note        string // what the number does not speak for
}

const (
	partial  = "of what was tested only"
	unscored = "not measured"
)

func isSEO(t domain.Tool) bool      { return t == domain.SEO }
func isTraffic(t domain.Tool) bool  { return t == domain.Traffic }
func isSecurity(t domain.Tool) bool { return !isSEO(t) && !isTraffic(t) }
func isHeaders(t domain.Tool) bool  { return t == domain.Headers || t == domain.Cookies }
func isAny(domain.Tool) bool        { return true }

// newGrade is nil where too little was seen for a grade.
func newGrade(s domain.Scores, u untested) *grade {
	if s.Security == nil {
		return nil
	}
	word := gradeWord(s.Grade)
	g := &grade{Letter: line(s.Grade, 4), Word: word.Word, Score: *s.Security, Tone: word.Tone}
	switch {
	case u.open(isSecurity):
		g.Tone, g.Note = doubted(g.Tone), "This grade speaks "+partial+"."
	case u.Only != "":
		g.Tone, g.Note = doubted(g.Tone), fmt.Sprintf("This grade speaks of this alone: %s.", u.Only)
	}
	return g
}

func newScores(s domain.Scores, u untested) []score {
	letter := func(v *int) string {
		if v == nil {
			return ""
		}
		return domain.Letter(*v)
	}
	return []score{
		newScore("Security", s.Security, s.Grade, u.open(isSecurity) || u.Only != ""),
		newScore("Search engines (SEO)", s.SEO, letter(s.SEO), u.open(isSEO)),
		newScore("Fitness for traffic", s.Traffic, letter(s.Traffic), u.open(isTraffic)),
		newScore("Overall", s.Overall, s.OverallGrade, u.open(isAny)),
		newScore("HTTP Observatory", s.ObservatoryScore, s.ObservatoryGrade, u.open(isHeaders)),
	}
}

func newScore(name string, value *int, letter string, open bool) score {
	if value == nil {
		return score{Name: name, Value: unscored, Tone: toneUntested}
	}
	s := score{
		Name: name, Value: strconv.Itoa(*value), Letter: line(letter, 4), Bar: min(max(*value, 0), 100),
		Tone: gradeWord(letter).Tone,
	}
	if open {
		s.Tone, s.Note = doubted(s.Tone), partial
	}
	return s
}

// doubted is the tone of a number that leaves something untested out: never
// one that says that all is well.
func doubted(t tone) tone {
	if t == toneGood || t == toneFair {
		return toneUntested
	}
	return t
}

func gradeWord(letter string) chip {
	if letter != "" {
		if w, ok := gradeWords[letter[0]]; ok {
			return w
		}
	}
	return chip{"ungraded", toneUntested}
}

// summary is the report in a few sentences, for those who read no further.
func summary(d *projections.Document, r report) []string {
	switch {
	case r.Grade != nil:
		return []string{verdict(d, r), urgency(r) + beside(d.Scores), nextStep(r) + together(d, r) + lifts(projections.GradingOf(*d))}
	case d.State == domain.Completed:
		return []string{
			fmt.Sprintf("The scan of %s is complete and has no security grade: too little of what one is about could be tested.", r.Target), nextStep(r) + lifts(projections.GradingOf(*d)),
		}
	case d.State == domain.ScanFail:
		return []string{
			fmt.Sprintf("The scan of %s failed, so it has no grade and says nothing about how safe the target is.", r.Target),
			"The reason: " + stop(line(d.Reason, maxCell), "none was given"),
		}
	case d.State == domain.Cancelled:
		return []string{
			fmt.Sprintf("The scan of %s was cancelled before its end, so it has no grade.", r.Target),
			"What it had seen by then is below, and so is what it had not yet looked at.",
		}
	case d.State == domain.Started:
		return []string{fmt.Sprintf("The scan of %s is running and %d %% done.", r.Target, r.Progress), "There is no grade before its end."}
	default:
		return []string{fmt.Sprintf("The scan of %s waits for its turn.", r.Target), "There is no grade before its end."}
	}
}

func verdict(d *projections.Document, r report) string {
	found := "nothing that breaks a rule was found in what was tested"
	if n := len(d.Findings); n > 0 {
		found = fmt.Sprintf("%s (%s), and the risk is %s", count(n, "finding"), severityListing(r.Severities), line(d.Scores.Risk, 20))
	}
	of := r.Target
	if r.Untested.Only != "" {
		of = fmt.Sprintf("By this alone, %s, %s", r.Untested.Only, r.Target)
	}
	return fmt.Sprintf("%s has the security grade %s, %d of 100 points: %s.", of, r.Grade.Letter, r.Grade.Score, found)
}

// urgencies say what the worst finding means to somebody who has to decide.
var urgencies = map[domain.Severity]string{
	domain.Critical:      "The worst of it can be used by anybody who finds it, today: it should not wait until tomorrow.",
	domain.High:          "The worst of it gives an attacker a real hold: it should be mended within days.",
	domain.Medium:        "Nothing of it lets an attacker in by itself, but it makes other attacks easier: it belongs into the next weeks' work.",
	domain.Low:           "Nothing of it is urgent: it can be mended along with other work.",
	domain.Informational: "Nothing of it is a weakness by itself.",
}

// urgency is about the worst finding; "" where there is none.
func urgency(r report) string {
	if len(r.Findings) == 0 {
		return "There is nothing to mend that this scan could see."
	}
	return urgencies[r.Findings[0].severity]
}

// beside is a sentence on the scores other than security's that were measured.
func beside(s *domain.Scores) string {
	var said []string
	if s.SEO != nil {
		said = append(said, fmt.Sprintf("for search engines the site has %d of 100 points", *s.SEO))
	}
	if s.Traffic != nil {
		said = append(said, fmt.Sprintf("for its fitness to take traffic %d", *s.Traffic))
	}
	if len(said) == 0 {
		return ""
	}
	return " " + capital(listing(said)) + "."
}

// together says what the security score would be with all that is to be fixed
// first; "" where one fix is all, for that says so itself.
func together(d *projections.Document, r report) string {
	if len(r.First) < 2 {
		return ""
	}
	n := tally(d.Findings)
	for _, f := range r.First {
		n[f.severity] -= f.count
	}
	then := domain.SecurityScore(n)
	if then <= r.Grade.Score {
		return ""
	}
	return fmt.Sprintf(" With the first %d things fixed the security score is %d, which is %s.", len(r.First), then, domain.GradeOf(then))
}

func nextStep(r report) string {
	rest := "everything that this profile covers was tested"
	if n := r.Untested.Count(); n > 0 {
		rest = count(n, "thing") + " not tested may hide more"
	}
	if len(r.First) == 0 {
		return capital(rest) + "."
	}
	return fmt.Sprintf("Begin with “%s” (%s); %s.", r.First[0].Title, r.First[0].Where, rest)
}

// stop ends a sentence, or says instead that there is none.
func stop(s, none string) string {
	if s == "" {
		s = none
	}
	if last := s[len(s)-1]; last == '.' || last == '!' || last == '?' {
		return s
	}
	return s + "."
}
