package render

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

//go:embed fonts/*.ttf
var fontFiles embed.FS

// face is one of the embedded fonts.
type face int

const (
	regular face = iota
	bold
	mono
	eastern // Chinese, Japanese and Korean, for what the others lack
)

var faceFiles = []string{
	regular: "fonts/DejaVuSansCondensed.ttf",
	bold:    "fonts/DejaVuSansCondensed-Bold.ttf",
	mono:    "fonts/DejaVuSansMono.ttf",
	eastern: "fonts/DroidSansFallback.ttf",
}

// instead are the faces that are asked for a character that a face lacks.
var instead = map[face][]face{
	regular: {regular, eastern},
	bold:    {bold, regular, eastern},
	mono:    {mono, regular, eastern},
}

func (f face) family() string { return fmt.Sprintf("face%d", f) }

// font is a face's file, and what is known of it.
type font struct {
	file   []byte
	tables *sfnt.Font
}

// fonts are the embedded faces, which are read once.
var fonts = sync.OnceValues(func() ([]font, error) {
	var all []font
	for _, name := range faceFiles {
		b, err := fontFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := sfnt.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, font{b, f})
	}
	return all, nil
})

// typesetter knows which characters a document's faces have, and how wide
// they are.
type typesetter struct {
	fonts  []font
	add    func(family string, file []byte) // enters a face into the document
	wide   func(family, text string) float64
	loaded [4]bool
	glyphs [4]map[rune]bool    // what has answered, by face
	widths [4]map[rune]float64 // at a size of one point
	buffer sfnt.Buffer
}

// glyph is one character as it is drawn.
type glyph struct {
	face  face
	shown string
	width float64 // at a size of one point
	said  rune    // the character itself
}

// lacking says that no face has the character, and that its code point is
// drawn in its place.
func (g glyph) lacking() bool { return g.shown != string(g.said) }

// set finds for each character of a text the face that has it. What none of
// them has is shown as its code point in brackets. Letters and the marks on
// them become one character where there is one, for the library draws marks
// wherever a line has come to.
func (t *typesetter) set(f face, text string) []glyph {
	all := make([]glyph, 0, len(text))
	for _, r := range norm.NFC.String(text) {
		g := glyph{face: f, shown: fmt.Sprintf("[U+%04X]", r), said: r}
		for _, other := range instead[f] {
			if r == '\n' || t.has(other, r) {
				g.face, g.shown = other, string(r)
				break
			}
		}
		g.width = t.width(g.face, g.shown)
		all = append(all, g)
	}
	return all
}

// has says whether a face can show r. The PDF library takes no characters
// beyond the basic multilingual plane.
func (t *typesetter) has(f face, r rune) bool {
	if r > 0xFFFF {
		return false
	}
	known, asked := t.glyphs[f][r]
	if !asked {
		i, err := t.fonts[f].tables.GlyphIndex(&t.buffer, r)
		known = err == nil && i != 0
		t.glyphs[f][r] = known
	}
	return known
}

// load enters a face into the document when it is first needed, for reading
// one takes the library a while. The library writes into the bytes that it
// gets, so it gets its own.
func (t *typesetter) load(f face) {
	if !t.loaded[f] {
		t.loaded[f] = true
		t.add(f.family(), bytes.Clone(t.fonts[f].file))
	}
}

func (t *typesetter) width(f face, text string) float64 {
	t.load(f)
	sum := 0.0
	for _, r := range text {
		w, known := t.widths[f][r]
		if !known {
			w = t.wide(f.family(), string(r))
			t.widths[f][r] = w
		}
		sum += w
	}
	return sum
}

// outline is text for bookmarks and the document's title, which are drawn by
// the reader's own fonts but take no more characters than the library does.
func outline(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r > 0xFFFF {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
