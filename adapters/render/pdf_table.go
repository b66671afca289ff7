package render

// tablePad is the space between columns and around rows.
const tablePad = 1.4

// wholeTable is the height up to which a table is never split.
const wholeTable = 100.0

// keep is how much of a table must stand on one page: all of a short one, of
// a longer one the caption, the head and the first row.
func (s *sheet) keep(t table) float64 {
	top := strong.leading() + 8
	all, columns := top, s.columns(t.Widths)
	for i, cells := range t.Rows {
		row := s.layRow(cells, columns, t)
		if all += row.height + 0.2; i == 0 {
			top = all
		}
		if all > wholeTable {
			return top
		}
	}
	return all
}

// table draws a table. A short one stays on one page; of a longer one the
// head comes again on each page and rows stay whole.
func (s *sheet) table(t table) {
	if len(t.Rows) == 0 {
		return
	}
	columns := s.columns(t.Widths)
	s.ensure(s.keep(t))
	if t.Caption != "" {
		s.text(strong, t.Caption)
		s.y++
	}
	s.tableHead(t.Columns, columns)
	for _, cells := range t.Rows {
		row := s.layRow(cells, columns, t)
		if s.y+row.height > bottomEdge {
			s.page()
			s.tableHead(t.Columns, columns)
		}
		s.drawRow(row, columns)
	}
	if t.More > 0 {
		s.gap(1)
		s.text(small, unfit(t.More, "row"))
	}
}

// columns turns shares into widths.
func (s *sheet) columns(shares []float64) []float64 {
	sum := 0.0
	for _, w := range shares {
		sum += w
	}
	var widths []float64
	for _, w := range shares {
		widths = append(widths, s.width*w/sum)
	}
	return widths
}

func (s *sheet) tableHead(names []string, columns []float64) {
	if len(names) == 0 {
		return
	}
	style := textStyle{bold, 7.5, light.muted}
	x := s.left
	for i, name := range names {
		s.place(style, x, s.y, name)
		x += columns[i]
	}
	s.y += style.leading() + 0.5
	s.hairline()
}

func (s *sheet) hairline() {
	s.fill(light.line)
	s.f.Rect(s.left, s.y, s.width, 0.2, "F")
	s.y += 0.2
}

// maxLines is how many lines a cell may have, so that a row fits onto a page.
const maxLines = 45

// row is a table row broken into lines.
type row struct {
	styles []textStyle
	lines  [][]typeset
	height float64
}

func (s *sheet) layRow(cells []cell, columns []float64, t table) row {
	var r row
	for i, c := range cells {
		style := textStyle{regular, 8, light.ink}
		switch {
		case c.Tone != "":
			style = textStyle{bold, 8, tones[c.Tone]}
		case c.Code:
			style = fixed
		case i == 0 && len(t.Columns) == 0:
			style.ink = light.muted
		}
		lines := s.wrap(style, c.Text, columns[i]-2*tablePad)
		if len(lines) > maxLines {
			lines = append(lines[:maxLines-1], s.line(style.face, "[cut]"))
		}
		r.styles, r.lines = append(r.styles, style), append(r.lines, lines)
		r.height = max(r.height, float64(len(lines))*style.leading()+2*tablePad)
	}
	return r
}

func (s *sheet) drawRow(r row, columns []float64) {
	x := s.left
	for i, lines := range r.lines {
		y := s.y + tablePad
		for _, line := range lines {
			s.draw(r.styles[i], x, y, line)
			y += r.styles[i].leading()
		}
		x += columns[i]
	}
	s.y += r.height
	s.hairline()
}
