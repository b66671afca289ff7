package render

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// textStyle is how a text is set. Size is in points.
type textStyle struct {
	face face
	size float64
	ink  string
}

var (
	display = textStyle{bold, 21, light.ink}
	chapter = textStyle{bold, 14, light.ink}
	head    = textStyle{bold, 11, light.ink}
	strong  = textStyle{bold, 9, light.ink}
	body    = textStyle{regular, 9, light.ink}
	lead    = textStyle{regular, 11.5, light.ink}
	small   = textStyle{regular, 8, light.muted}
	tiny    = textStyle{regular, 7, light.muted}
	fixed   = textStyle{mono, 7.2, light.ink}
)

// leading is the height of a line in millimetres.
func (t textStyle) leading() float64 { return t.size * 1.42 * 25.4 / 72 }

// typeset is a line of glyphs from left to right.
type typeset []glyph

// width is in millimetres, for a size in points.
func (l typeset) width(size float64) float64 {
	sum := 0.0
	for _, g := range l {
		sum += g.width
	}
	return sum * size
}

// said is the line's text, in the order in which it is drawn.
func (l typeset) said() string {
	var b strings.Builder
	for _, g := range l {
		b.WriteRune(g.said)
	}
	return b.String()
}

// runs parts a line where the face changes, or where code points stand for
// characters.
func (l typeset) runs() (all []typeset) {
	for i, g := range l {
		if i == 0 || g.face != l[i-1].face || g.lacking() != l[i-1].lacking() {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], g)
	}
	return all
}

// line sets a text as one line.
func (s *sheet) line(f face, text string) typeset { return visual(s.set(f, text)) }

// draw draws a line whose top is at y. Where code points stand for characters
// that no face has, the document holds those too: who copies or searches its
// text finds the characters.
func (s *sheet) draw(t textStyle, x, y float64, l typeset) {
	for _, run := range l.runs() {
		s.use(textStyle{run[0].face, t.size, t.ink})
		var shown strings.Builder
		for _, g := range run {
			shown.WriteString(g.shown)
		}
		if run[0].lacking() {
			s.f.RawWriteStr("/Span <</ActualText <FEFF" + utf16Hex(run.said()) + ">>> BDC")
		}
		s.f.Text(x, y+t.leading()*0.76, shown.String())
		if run[0].lacking() {
			s.f.RawWriteStr("EMC")
		}
		x += run.width(t.size)
	}
}

func utf16Hex(text string) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&b, "%04X", unit)
	}
	return b.String()
}

// wrap breaks text into lines of at most width, at spaces, between Chinese,
// Japanese and Korean characters and, in long words such as addresses, after
// the signs that part them.
func (s *sheet) wrap(t textStyle, text string, width float64) []typeset {
	var lines []typeset
	for _, paragraph := range strings.Split(text, "\n") {
		lines = append(lines, wrapParagraph(s.set(t.face, paragraph), width/t.size)...)
	}
	return lines
}

// wrapParagraph takes a width for a size of one point.
func wrapParagraph(glyphs []glyph, width float64) []typeset {
	var lines []typeset
	start, fallback, wide := 0, -1, 0.0
	for i := 0; i < len(glyphs); i++ {
		wide += glyphs[i].width
		if wide > width && i > start {
			end := i
			if fallback > start {
				end = fallback
			}
			lines = append(lines, visual(glyphs[start:end]))
			start, fallback, wide = end, -1, 0
			i = end - 1
			continue
		}
		if r := glyphs[i].said; strings.ContainsRune(" /-,;&?=", r) || breaksAnywhere(r) {
			fallback = i + 1
		}
	}
	return append(lines, visual(glyphs[start:]))
}

// breaksAnywhere says that a line may end after r as after any of its kind.
func breaksAnywhere(r rune) bool {
	return r > 0x2E7F && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
}

// visual turns a line into the order in which it is drawn, from left to
// right: runs of right-to-left letters are reversed, each with the marks on it.
func visual(glyphs []glyph) typeset {
	out := slices.Clone(glyphs)
	for i := 0; i < len(out); i++ {
		if !rightToLeft(out[i].said) {
			continue
		}
		end := i
		for j := i; j < len(out) && (rightToLeft(out[j].said) || out[j].said == ' ' || mark(out[j].said)); j++ {
			if out[j].said != ' ' {
				end = j + 1
			}
		}
		reverse(out[i:end])
		i = end
	}
	for len(out) > 0 && out[0].said == ' ' {
		out = out[1:]
	}
	for len(out) > 0 && out[len(out)-1].said == ' ' {
		out = out[:len(out)-1]
	}
	return out
}

// reverse leaves marks behind the letters on which they sit.
func reverse(glyphs []glyph) {
	slices.Reverse(glyphs)
	for i := 0; i < len(glyphs); i++ {
		end := i
		for end < len(glyphs)-1 && mark(glyphs[end].said) {
			end++
		}
		slices.Reverse(glyphs[i : end+1])
		i = end
	}
}

func mark(r rune) bool { return unicode.Is(unicode.M, r) }

func rightToLeft(r rune) bool { return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Nko) }

// shorten cuts text to one line of at most width.
func (s *sheet) shorten(t textStyle, text string, width float64) typeset {
	lines := s.wrap(t, text, width)
	if len(lines) == 1 {
		return lines[0]
	}
	return append(slices.Clone(lines[0]), s.set(t.face, " …")...)
}
