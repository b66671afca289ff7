package qr

import (
	"image"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"

	"github.com/scanledger/scanledger/domain"
)

// From version 7 on, alignment patterns stand all over a code, and readers may lay
// their grid by each of them (ISO/IEC 18004, reference decode algorithm). Where a logo
// hides one they take what is most like it nearby, which a logo of a middle tone often
// has, and misread all around: so does zbar (its issues 121 and 167). Hence no logo
// hides one where a larger version can keep it free, and else it must not mislead.
const (
	freeFrom = 14 // of versions 7 to 13 one is in the very middle
	freeTo   = 20 // of versions 21 to 27 too, and then they are too near to each other
	lacking  = 4  // of the 25 modules of a pattern, how many may lack that it is still found
)

// alignments are the middles of a code's alignment patterns.
func (s symbol) alignments() (middles []image.Point) {
	version, err := decoder.Version_GetProvisionalVersionForDimension(s.side)
	if err != nil { // each code has a version
		return nil
	}
	places := version.GetAlignmentPatternCenters()
	for _, y := range places {
		for _, x := range places {
			if !s.finder(x, y) {
				middles = append(middles, image.Pt(x, y))
			}
		}
	}
	return middles
}

// hidden are the middles of the patterns that the logo hides.
func (d *drawing) hidden() (middles []image.Point) {
	for _, m := range d.symbol.alignments() {
		lost := image.Rect(m.X-2, m.Y-2, m.X+3, m.Y+3).Intersect(d.hole)
		if lost.Dx()*lost.Dy() > lacking {
			middles = append(middles, m)
		}
	}
	return middles
}

// roomier is the code in the first larger version of which the logo hides no pattern;
// nil where there is none in its size.
func (d *drawing) roomier(payload string, style domain.CodeStyle, mask int) *drawing {
	for version := freeFrom; version <= freeTo; version++ {
		s, err := encode(payload, style.Correction, mask, version)
		if err != nil || s.side <= d.symbol.side {
			continue
		}
		if larger, err := newDrawing(s, style, d.logo); err == nil && len(larger.hidden()) == 0 {
			return larger
		}
	}
	return nil
}

// How a reader looks for a pattern that is not at its place.
const (
	reach    = 7 // quarters of a module, how far off
	harmless = 1 // quarters of a module: its grid is still within the right modules
	alike    = 6 // of the 25 modules, how many may be wrong
)

// windows are what shares of a picture's side are looked at to part dark from light.
var windows = []int{8, 7, 6, 5, 4}

// misleads says whether something beside a hidden pattern passes for it. The picture
// has pixelsPerModule, which are the quarters.
func (d *drawing) misleads(picture image.Image) bool {
	hidden := d.hidden()
	if len(hidden) == 0 {
		return false
	}
	paper := onWhite(picture)
	for _, weights := range lumas {
		seen := shadesOf(paper, weights)
		for _, share := range windows {
			for _, m := range hidden {
				if seen.misled(m.Add(image.Pt(d.style.QuietZone, d.style.QuietZone)), seen.side/share) {
					return true
				}
			}
		}
	}
	return false
}

// misled says whether a pattern looks more to be beside than where it should be.
func (s shading) misled(middle image.Point, window int) bool {
	at := middle.Mul(pixelsPerModule).Add(image.Pt(pixelsPerModule/2, pixelsPerModule/2))
	near, far := alike+1, alike+1
	for v := -reach; v <= reach; v++ {
		for u := -reach; u <= reach; u++ {
			if n := s.wrong(at.X+u, at.Y+v, window); max(u, -u, v, -v) > harmless {
				far = min(far, n)
			} else {
				near = min(near, n)
			}
		}
	}
	return far <= alike && far <= near
}

// wrong is how many modules around a pixel are not as in an alignment pattern.
func (s shading) wrong(x, y, window int) (n int) {
	for v := -2; v <= 2; v++ {
		for u := -2; u <= 2; u++ {
			ring := max(u, -u, v, -v)
			if s.dark(x+u*pixelsPerModule, y+v*pixelsPerModule, window) != (ring != 1) {
				n++
			}
		}
	}
	return n
}
