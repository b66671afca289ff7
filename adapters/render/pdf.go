package render

import (
	"bytes"
	"fmt"
	"time"

	"github.com/boombuler/barcode/qr"

	"github.com/scanledger/scanledger/projections"
)

// PDF is the report as a document of A4 pages. The same row and options give
// the same bytes: its dates are those of the row. Characters that its fonts
// lack are shown as code points.
func PDF(r projections.ReportRow, o Options) ([]byte, error) {
	v := newReport(r, o)
	s, err := newSheet("Security report: "+v.Target, asOf(r))
	if err != nil {
		return nil, fmt.Errorf("report as PDF: %w", err)
	}
	s.cover(v)
	if s.f.PageNo() == 1 {
		s.page()
	}
	s.fixes(v.First)
	s.untested(v)
	s.findings(v)
	for _, c := range v.Sections {
		s.section(c)
	}
	if err := s.proof(v.Proof); err != nil {
		return nil, fmt.Errorf("report as PDF: %w", err)
	}
	s.contents()
	s.margins(v)
	var b bytes.Buffer
	if err := s.f.Output(&b); err != nil {
		return nil, fmt.Errorf("report as PDF: %w", err)
	}
	return b.Bytes(), nil
}

func (s *sheet) fixes(all []fix) {
	if len(all) == 0 {
		return
	}
	s.heading("What to fix first", s.needs(all[0].Title))
	for i, x := range all {
		s.ensure(s.needs(x.Title))
		s.chip(x.Severity)
		s.titled(fmt.Sprintf("%d. %s", i+1, x.Title))
		s.text(small, x.Where)
		s.text(body, x.Remedy)
		s.text(small, x.Gain)
		s.gap(3)
	}
	s.gap(4)
}

func (s *sheet) untested(v report) {
	u := v.Untested
	t := table{Columns: []string{"Test", "What was not tested", "How it ended", "Why"}, Widths: []float64{2.6, 4, 2, 4}, More: u.More}
	for _, g := range u.Gaps {
		t.Rows = append(t.Rows, []cell{plain(g.Name), plain(g.About()), {Text: g.How, Tone: toneUntested}, plain(g.Why)})
	}
	s.heading("What was not tested, and why", body.leading()+2+s.keep(t))
	if u.All {
		s.text(body, "Everything that this profile covers was tested.")
	} else {
		s.text(body, "Nothing on this list is known to be safe.")
		s.gap(2)
		s.table(t)
	}
	if u.Outside != "" {
		s.text(body, "No part of this scan: "+u.Outside+".")
	}
	s.gap(1)
	s.text(small, limits)
	s.gap(6)
}

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

func (s *sheet) section(c section) {
	follow := 2 * body.leading()
	if len(c.Tables) > 0 {
		follow += s.keep(c.Tables[0])
	}
	s.heading(c.Title, follow)
	if c.Note != "" {
		s.text(strong, c.Note)
		s.gap(2)
	}
	if len(c.Tables) == 0 && c.Empty != "" {
		s.text(body, c.Empty)
	}
	for _, t := range c.Tables {
		s.table(t)
		s.gap(3)
	}
	if c.More > 0 {
		s.text(small, unfit(c.More, "list"))
	}
	s.gap(4)
}

func (s *sheet) proof(p proof) error {
	s.heading("Proof", 60)
	s.text(body, provenance)
	s.gap(2)
	if err := s.check(p); err != nil {
		return err
	}
	s.table(p.Facts)
	for _, t := range p.Hashes {
		s.gap(3)
		s.table(t)
	}
	return nil
}

// check draws the QR code, and beside it how to check the report.
func (s *sheet) check(p proof) error {
	const side = 34.0
	s.ensure(side + 2)
	top := s.y
	if err := s.qr(p.Code, s.left, top, side); err != nil {
		return err
	}
	s.inset(side+4, func() {
		s.gap(4)
		s.text(strong, "Check this report")
		if p.Verify.URL != "" {
			s.link(body, p.Verify.Text, p.Verify.URL)
		} else {
			s.text(body, "The code holds the command below and the hash of the last event.")
		}
		s.gap(2)
		s.text(body, "On the machine that keeps the log:")
		s.text(fixed, p.Command)
	})
	s.y = max(s.y, top+side) + 2
	return nil
}

// qr draws a QR code with the quiet zone of four modules that ISO/IEC 18004
// asks for.
func (s *sheet) qr(text string, x, y, side float64) error {
	symbol, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	n := symbol.Bounds().Dx()
	module := side / float64(n+8)
	s.fill(light.ink)
	for row := range n {
		for col := range n {
			if r, _, _, _ := symbol.At(col, row).RGBA(); r == 0 {
				s.f.Rect(x+float64(col+4)*module, y+float64(row+4)*module, module, module, "F")
			}
		}
	}
	return nil
}

// margins writes what stands at the edge of every page but the first, once
// all pages are known.
func (s *sheet) margins(v report) {
	total := s.f.PageCount()
	for n := 1; n <= total; n++ {
		s.f.SetPage(n)
		s.fill(light.line)
		s.f.Rect(s.left, pageHeight-14, s.width, 0.2, "F")
		s.draw(tiny, s.left, pageHeight-12.5, s.shorten(tiny, v.Target, s.width-40))
		s.placeRight(tiny, pageHeight-12.5, fmt.Sprintf("Page %d of %d", n, total))
		if n > 1 {
			s.place(tiny, s.left, 10, "Scanledger · security report")
			s.placeRight(tiny, 10, moment(s.at))
		}
	}
}

// stamp is a date that a document may carry: never none, because the library
// would take the clock's.
func stamp(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).UTC()
	}
	return t.UTC()
}

func noFindings(v report) string {
	if v.Untested.All {
		return "No finding was raised."
	}
	return "No finding was raised, which says nothing about what was not tested."
}
