package render

import (
	"fmt"
	"strconv"
)

const tile = 50.0 // side of the grade

// cover is the first page: the grade and what it rests on, at one look.
func (s *sheet) cover(v report) {
	s.enter("Summary")
	s.fill(light.ink)
	s.f.Rect(0, 0, pageWidth, 12, "F")
	s.place(textStyle{bold, 9, "#ffffff"}, s.left, 4, "SCANLEDGER")
	s.placeRight(textStyle{regular, 9, "#ffffff"}, 4, "Security report")
	s.y = 28
	s.grade(v)
	s.width -= tile + 10
	s.text(display, v.Target)
	s.y += 5
	s.about(v)
	s.width += tile + 10
	s.y = max(s.y, 28+tile) + 10
	for _, sentence := range v.Summary {
		s.text(lead, sentence)
		s.y++
	}
	s.y += 3
	s.callout(v)
	s.charts(v)
	s.reserve()
}

func (s *sheet) grade(v report) {
	x, fill, letter, below := s.left+s.width-tile, tones[toneUntested], "–", v.Headline()
	if g := v.Grade; g != nil {
		fill, letter, below = tones[g.Tone], g.Letter, fmt.Sprintf("%d of 100 points", g.Score)
	}
	s.fill(fill)
	s.f.RoundedRect(x, s.y, tile, tile, 2, "1234", "F")
	s.placeCentred(textStyle{bold, 62, "#ffffff"}, x, tile, s.y+2, letter)
	s.placeCentred(textStyle{bold, 10, "#ffffff"}, x, tile, s.y+33, legend(v))
	s.placeCentred(textStyle{regular, 9, "#ffffff"}, x, tile, s.y+39, below)
}

func legend(v report) string {
	if v.Grade == nil {
		return "No grade"
	}
	return "Security: " + v.Grade.Word
}

func (s *sheet) about(v report) {
	profile := v.Profile
	if v.Kind != "" {
		profile += ", " + v.Kind
	}
	s.field("State", v.Headline())
	s.field("Profile", profile)
	s.field("Engine", v.Engine)
	s.field("Requested", v.Requested)
	s.field("Completed", v.Completed)
	s.field("Took", v.Took)
	s.field("Grading rules", v.Rules)
}

// callout says at first sight how much was not tested.
func (s *sheet) callout(v report) {
	text := ""
	if !v.Untested.All {
		text = count(v.Untested.Count(), "thing") + " not tested. "
	}
	if v.Grade != nil && v.Grade.Note != "" {
		text += v.Grade.Note + " "
	}
	if text == "" {
		return
	}
	text += "See “What was not tested, and why”."
	lines := s.wrap(strong, text, s.width-8)
	height := float64(len(lines))*strong.leading() + 5
	s.ensure(height)
	s.fill(light.warn)
	s.f.Rect(s.left, s.y, s.width, height, "F")
	s.fill(tones[toneMedium])
	s.f.Rect(s.left, s.y, 1.2, height, "F")
	end := s.y + height
	s.y += 2.5
	s.inset(5, func() { s.text(strong, text) })
	s.y = end
}

// charts draws the scores and, beside them, the findings by severity. A scan
// without either has no charts: empty bars would look like a clean site.
func (s *sheet) charts(v report) {
	if len(v.Scores) == 0 && len(v.Findings) == 0 {
		return
	}
	s.y += 9
	s.ensure(60)
	half := (s.width - 12) / 2
	top, left := s.y, s.left
	if len(v.Scores) > 0 {
		s.place(head, left, top, "Scores")
		s.y += 8
		for _, c := range v.Scores {
			s.bar(left, half, c.Name, c.Value+" "+c.Letter, c.Note, c.Bar, c.Tone)
		}
		left += half + 12
	}
	bottom := s.y
	s.place(head, left, top, "Findings by severity")
	s.y = top + 8
	for _, c := range v.Severities {
		s.bar(left, half, c.Word, strconv.Itoa(c.Count), "", c.Bar, c.Tone)
	}
	s.y = max(s.y, bottom) + 6
}

func (s *sheet) bar(x, width float64, name, value, note string, share int, t tone) {
	s.place(body, x, s.y, name)
	if note != "" {
		s.place(tiny, x+s.line(regular, name).width(body.size)+2, s.y+0.7, note)
	}
	number := s.line(bold, value)
	s.draw(strong, x+width-number.width(strong.size), s.y, number)
	y := s.y + body.leading() + 0.6
	s.fill(light.bar)
	s.f.Rect(x, y, width, 2.2, "F")
	if share > 0 {
		s.fill(tones[t])
		s.f.Rect(x, y, width*float64(share)/100, 2.2, "F")
	}
	s.y = y + 5.2
}
