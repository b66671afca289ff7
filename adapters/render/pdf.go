package render

import (
	"bytes"
	"fmt"
	"time"

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
		t.Rows = append(t.Rows, []cell{plain(g.Name), {Text: g.About()}, {Text: g.How, Tone: toneUntested}, plain(g.Why)})
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
