package render

import (
	"fmt"
)

func (s *sheet) findings(v report) {
	if len(v.Findings) == 0 {
		s.heading("Findings", body.leading())
		s.text(body, noFindings(v))
		s.gap(6)
		return
	}
	s.heading("Findings", head.leading()+1+s.room(v.Findings[0].Findings[0]))
	for _, g := range v.Findings {
		s.subheading(fmt.Sprintf("%s (%s)", g.Word, thousands(g.Count)), s.room(g.Findings[0]))
		for _, f := range g.Findings {
			s.finding(f)
		}
		if g.More > 0 {
			s.text(small, unfit(g.More, "finding"))
		}
		s.gap(2)
	}
}

// needs is the height of a title with a chip, and of enough of what follows
// it that the title is not left alone.
func (s *sheet) needs(title string) float64 {
	return float64(len(s.wrap(head, title, s.width-chipWidth-4)))*head.leading() + 24
}

// wholeFinding is the height up to which a finding is never split.
const wholeFinding = 120.0

func (s *sheet) finding(f finding) {
	s.ensure(s.room(f))
	s.rule(tones[f.Severity.Tone])
	s.chip(f.Severity)
	s.titled(f.Title)
	for _, x := range fieldsOf(f) {
		s.labelled(x)
	}
	s.gap(4)
}

// room is how much of a finding must stand on one page: all of it, unless it
// is long.
func (s *sheet) room(f finding) float64 {
	height := s.needs(f.Title) - 20
	for _, x := range fieldsOf(f) {
		height += s.height(x)
	}
	if height > wholeFinding {
		return s.needs(f.Title)
	}
	return height
}

// fieldsOf are a finding's parts in their order; those without a text are
// left out where they are drawn.
func fieldsOf(f finding) []labelled {
	fields := []labelled{
		{"Where", body, link{Text: f.Where}}, {"What was seen", body, link{Text: f.Seen}},
		{"What it can lead to", body, link{Text: f.Meaning}}, {"What to do", body, link{Text: f.Remedy}},
	}
	label := "How bad"
	for _, line := range f.Rated {
		fields = append(fields, labelled{label, body, link{Text: line}})
		label = ""
	}
	fields = append(fields, linked("Weakness", f.Weaknesses)...)
	fields = append(fields, linked("Read more", f.Reference)...)
	return append(fields, labelled{"Rule", body, link{Text: f.Rule + ", by " + f.Tool}}, labelled{"Evidence", fixed, link{Text: f.Evidence}})
}

func linked(label string, links []link) (fields []labelled) {
	for _, l := range links {
		if l.URL != "" && l.URL != l.Text {
			l.Text += ": " + l.URL
		}
		fields = append(fields, labelled{label, body, l})
		label = ""
	}
	return fields
}
