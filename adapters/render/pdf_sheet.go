package render

import (
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// A4, in millimetres, as are all lengths here.
const (
	pageWidth  = 210.0
	pageHeight = 297.0
	margin     = 18.0
	topEdge    = 20.0
	bottomEdge = pageHeight - 20
)

// sheet is a document being written from top to bottom: y is where the next
// thing goes, between left and left+width.
type sheet struct {
	f              *fpdf.Fpdf
	at             time.Time
	left, width, y float64
	typesetter

	chapters []entry
	listed   entry // where the contents go
}

func newSheet(title string, at time.Time) (*sheet, error) {
	all, err := fonts()
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	s := &sheet{f: f, at: at, left: margin, width: pageWidth - 2*margin}
	s.typesetter = typesetter{fonts: all, wide: s.measure, add: func(family string, file []byte) {
		f.AddUTF8FontFromBytes(family, "", file)
	}}
	for i := range all {
		s.glyphs[i], s.widths[i] = map[rune]bool{}, map[rune]float64{}
	}
	for f := range eastern {
		s.load(f)
	}
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	f.SetCreationDate(stamp(at))
	f.SetModificationDate(stamp(at))
	f.SetProducer("Scanledger", true)
	f.SetTitle(outline(title), true)
	f.SetLang("en")
	f.SetDisplayMode("fullwidth", "continuous")
	s.page()
	return s, f.Error()
}

// measure asks the library how wide a text is at a size of one point.
func (s *sheet) measure(family, text string) float64 {
	s.f.SetFont(family, "", 100)
	return s.f.GetStringWidth(text) / 100
}

// page begins a new page.
func (s *sheet) page() {
	s.f.AddPage()
	s.y = topEdge
}

// ensure begins a new page unless h more fits onto this one.
func (s *sheet) ensure(h float64) {
	if s.y+h > bottomEdge {
		s.page()
	}
}

// gap leaves space, but none at the top of a page.
func (s *sheet) gap(h float64) {
	if s.y > topEdge {
		s.y += h
	}
}

// inset narrows the column on its left while draw runs.
func (s *sheet) inset(by float64, draw func()) {
	s.left, s.width = s.left+by, s.width-by
	draw()
	s.left, s.width = s.left-by, s.width+by
}

func (s *sheet) use(t textStyle) {
	s.f.SetFont(t.face.family(), "", t.size)
	r, g, b := rgb(t.ink)
	s.f.SetTextColor(r, g, b)
}

func (s *sheet) fill(hex string) { s.f.SetFillColor(rgb(hex)) }

func rgb(hex string) (r, g, b int) {
	v, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return 0, 0, 0
	}
	return int(v >> 16 & 0xFF), int(v >> 8 & 0xFF), int(v & 0xFF)
}

// place draws one line whose top is at y.
func (s *sheet) place(t textStyle, x, y float64, line string) {
	s.draw(t, x, y, s.line(t.face, line))
}

func (s *sheet) placeRight(t textStyle, y float64, line string) {
	l := s.line(t.face, line)
	s.draw(t, s.left+s.width-l.width(t.size), y, l)
}

func (s *sheet) placeCentred(t textStyle, x, width, y float64, line string) {
	l := s.line(t.face, line)
	s.draw(t, x+(width-l.width(t.size))/2, y, l)
}

// text writes a paragraph, over as many pages as it takes.
func (s *sheet) text(t textStyle, text string) { s.link(t, text, "") }

// link writes a paragraph that leads to an address, unless that is "".
func (s *sheet) link(t textStyle, text, address string) {
	if address != "" {
		t.ink = light.link
	}
	for _, line := range s.wrap(t, text, s.width) {
		s.ensure(t.leading())
		s.draw(t, s.left, s.y, line)
		if address != "" {
			s.f.LinkString(s.left, s.y, line.width(t.size), t.leading(), address)
		}
		s.y += t.leading()
	}
}

// heading begins a chapter, with a bookmark, on a page where at least follow
// more fits below it.
func (s *sheet) heading(text string, follow float64) {
	s.ensure(chapter.leading() + 2 + follow)
	s.enter(text)
	s.text(chapter, text)
	s.y++
	s.rule(light.ink)
}

func (s *sheet) subheading(text string, follow float64) {
	s.ensure(head.leading() + 1 + follow)
	s.use(head)
	s.f.Bookmark(outline(text), 1, s.y)
	s.text(head, text)
	s.y++
}

// rule draws a line across the column.
func (s *sheet) rule(hex string) {
	s.fill(hex)
	s.f.Rect(s.left, s.y, s.width, 0.4, "F")
	s.y += 2
}

const chipWidth = 26.0

// chip draws a word on its colour at the right edge, beside what comes next.
func (s *sheet) chip(c chip) {
	s.fill(tones[c.Tone])
	x := s.left + s.width - chipWidth
	s.f.RoundedRect(x, s.y, chipWidth, 5, 1, "1234", "F")
	s.placeCentred(textStyle{bold, 8, "#ffffff"}, x, chipWidth, s.y+0.4, c.Word)
}

// titled writes a title that leaves room for a chip at its right.
func (s *sheet) titled(text string) {
	s.width -= chipWidth + 4
	s.text(head, text)
	s.width += chipWidth + 4
	s.y++
}

const labelWidth = 34.0

// labelled is a label and beside it a text, which may be a link.
type labelled struct {
	label string
	style textStyle
	link  link
}

// field writes a label and beside it a text; without a text, nothing.
func (s *sheet) field(label, text string) { s.labelled(labelled{label, body, link{Text: text}}) }

func (s *sheet) labelled(x labelled) {
	if x.link.Text == "" {
		return
	}
	s.ensure(2 * body.leading())
	s.place(small, s.left, s.y+0.2, x.label)
	s.inset(labelWidth, func() { s.link(x.style, x.link.Text, x.link.URL) })
	s.y += 0.8
}

// height is how high labelled draws x.
func (s *sheet) height(x labelled) float64 {
	if x.link.Text == "" {
		return 0
	}
	return float64(len(s.wrap(x.style, x.link.Text, s.width-labelWidth)))*x.style.leading() + 0.8
}
