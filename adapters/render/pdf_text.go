package render

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/image/font/sfnt"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// face is one of the embedded fonts.
type face int

const (
	regular face = iota
	bold
	mono
)

var faceFiles = []string{
	regular: "fonts/DejaVuSansCondensed.ttf",
	bold:    "fonts/DejaVuSansCondensed-Bold.ttf",
	mono:    "fonts/DejaVuSansMono.ttf",
}

func (f face) family() string { return fmt.Sprintf("face%d", f) }

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

// fit makes text that a face has glyphs for: runs of other characters become
// their code points in brackets.
func (s *sheet) fit(f face, text string) string {
	var b strings.Builder
	var lacking []string
	flush := func() {
		if len(lacking) > 0 {
			b.WriteString("[" + strings.Join(lacking, " ") + "]")
			lacking = nil
		}
	}
	for _, r := range text {
		if r != '\n' && !s.has(f, r) {
			lacking = append(lacking, fmt.Sprintf("U+%04X", r))
			continue
		}
		flush()
		b.WriteRune(r)
	}
	flush()
	return b.String()
}

// has says whether a face can show r. The PDF library takes no characters
// beyond the basic multilingual plane.
func (s *sheet) has(f face, r rune) bool {
	if r > 0xFFFF {
		return false
	}
	known, asked := s.glyphs[f][r]
	if !asked {
		i, err := s.fonts[f].GlyphIndex(&s.buffer, r)
		known = err == nil && i != 0
		s.glyphs[f][r] = known
	}
	return known
}

func parseFonts() ([]*sfnt.Font, [][]byte, error) {
	var fonts []*sfnt.Font
	var files [][]byte
	for _, name := range faceFiles {
		b, err := fontFiles.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		f, err := sfnt.Parse(b)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		fonts, files = append(fonts, f), append(files, b)
	}
	return fonts, files, nil
}

// wrap breaks text into lines of at most width, at spaces and, in long words
// such as addresses, after the signs that part them.
func (s *sheet) wrap(t textStyle, text string, width float64) []string {
	s.use(t)
	var lines []string
	for _, paragraph := range strings.Split(s.fit(t.face, text), "\n") {
		lines = append(lines, s.wrapParagraph([]rune(paragraph), width)...)
	}
	return lines
}

func (s *sheet) wrapParagraph(runes []rune, width float64) []string {
	var lines []string
	start, fallback, wide := 0, -1, 0.0
	for i := 0; i < len(runes); i++ {
		wide += s.f.GetStringWidth(string(runes[i]))
		if wide > width && i > start {
			end := i
			if fallback > start {
				end = fallback
			}
			lines = append(lines, visual(runes[start:end]))
			start, fallback, wide = end, -1, 0
			i = end - 1
			continue
		}
		if strings.ContainsRune(" /-,;&?=", runes[i]) {
			fallback = i + 1
		}
	}
	return append(lines, visual(runes[start:]))
}

// visual turns a line into the order in which it is drawn, from left to
// right: runs of right-to-left letters are reversed.
func visual(runes []rune) string {
	out := slices.Clone(runes)
	for i := 0; i < len(out); i++ {
		if !rightToLeft(out[i]) {
			continue
		}
		end := i
		for j := i; j < len(out) && (rightToLeft(out[j]) || out[j] == ' '); j++ {
			if rightToLeft(out[j]) {
				end = j + 1
			}
		}
		slices.Reverse(out[i:end])
		i = end
	}
	return strings.TrimSpace(string(out))
}

func rightToLeft(r rune) bool { return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Nko) }

// shorten cuts text to one line of at most width.
func (s *sheet) shorten(t textStyle, text string, width float64) string {
	lines := s.wrap(t, text, width)
	if len(lines) == 1 {
		return lines[0]
	}
	return lines[0] + " …"
}
