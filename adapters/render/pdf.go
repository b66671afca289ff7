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
	s.fixes(v.First)
	s.untested(v)
	s.findings(v)
	for _, c := range v.Sections {
		s.section(c)
	}
	if err := s.proof(v.Proof); err != nil {
		return nil, fmt.Errorf("report as PDF: %w", err)
	}
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
	s.heading("Findings", head.leading()+1+s.needs(v.Findings[0].Findings[0].Title))
	for _, g := range v.Findings {
		s.subheading(fmt.Sprintf("%s (%s)", g.Word, thousands(g.Count)), s.needs(g.Findings[0].Title))
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

func (s *sheet) finding(f finding) {
	s.ensure(s.needs(f.Title))
	s.rule(tones[f.Severity.Tone])
	s.chip(f.Severity)
	s.titled(f.Title)
	s.field("Where", f.Where)
	s.field("What was seen", f.Seen)
	s.field("What it can lead to", f.Meaning)
	s.field("What to do", f.Remedy)
	s.linked("Weakness", f.Weaknesses)
	s.linked("Read more", f.Reference)
	s.field("Rule", f.Rule+", by "+f.Tool)
	s.code("Evidence", f.Evidence)
	s.gap(4)
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
	if p.Verify.URL != "" {
		if err := s.qr(p.Verify.URL); err != nil {
			return err
		}
	}
	s.table(p.Facts)
	for _, t := range p.Hashes {
		s.gap(3)
		s.table(t)
	}
	return nil
}

// qr draws a QR code of an address with the address beside it. It needs the
// quiet zone of four modules that ISO/IEC 18004 asks for.
func (s *sheet) qr(address string) error {
	symbol, err := qr.Encode(address, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	const side = 30.0
	s.ensure(side + 4)
	n := symbol.Bounds().Dx()
	module, x, y := side/float64(n+8), s.left, s.y
	s.fill(light.ink)
	for row := range n {
		for col := range n {
			if r, _, _, _ := symbol.At(col, row).RGBA(); r == 0 {
				s.f.Rect(x+float64(col+4)*module, y+float64(row+4)*module, module, module, "F")
			}
		}
	}
	s.inset(side+4, func() {
		s.gap(4)
		s.text(strong, "Check this report")
		s.link(body, address, address)
	})
	s.y = max(s.y, y+side+4)
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
