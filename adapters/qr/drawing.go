package qr

import (
	"image"
	"math"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// drawing is a code before it is a file: what all formats draw, in modules from
// the top left corner of the quiet zone.
type drawing struct {
	style  domain.CodeStyle
	symbol symbol
	side   float64 // with the quiet zone
	ink    path
	logo   *commands.Logo  // nil for none
	box    box             // of the logo
	hole   image.Rectangle // the modules that give way to it
}

// box is a place in a drawing.
type box struct{ x, y, width, height float64 }

// lost is how many modules stay free around a logo.
const lost = 1

func newDrawing(s symbol, style domain.CodeStyle, logo *commands.Logo) (*drawing, error) {
	d := &drawing{style: style, symbol: s, side: float64(s.side + 2*style.QuietZone), logo: logo}
	if least := 3 * int(d.side); style.Size < least {
		return nil, domain.Errorf(domain.Invalid, "style.size must be %d or more: the code has %d modules on each side, and a module needs 3 pixels", least, s.side)
	}
	if logo != nil {
		d.hole = d.place(logo.Picture.Bounds().Size())
		if err := style.Correction.Hides(float64(d.hole.Dx()*d.hole.Dy()) / float64(s.side*s.side)); err != nil {
			return nil, err
		}
		d.symbol = s.without(d.hole)
	}
	d.draw()
	return d, nil
}

// place puts the logo into the middle, and returns the modules that give way.
func (d *drawing) place(logo image.Point) image.Rectangle {
	most := d.style.LogoSize * float64(d.symbol.side)
	w, h := float64(logo.X), float64(logo.Y)
	scale := most / max(w, h)
	w, h = w*scale, h*scale
	d.box = box{(d.side - w) / 2, (d.side - h) / 2, w, h}
	quiet := float64(d.style.QuietZone)
	from := func(at float64) int { return int(math.Floor(at-quiet)) - lost + 1 }
	to := func(at float64) int { return int(math.Ceil(at-quiet)) + lost - 1 }
	return image.Rect(from(d.box.x), from(d.box.y), to(d.box.x+w), to(d.box.y+h))
}

// without is a symbol of which some modules are light.
func (s symbol) without(hole image.Rectangle) symbol {
	dark := make([]bool, len(s.dark))
	for y := range s.side {
		for x := range s.side {
			dark[y*s.side+x] = s.at(x, y) && !image.Pt(x, y).In(hole)
		}
	}
	s.dark = dark
	return s
}

// draw makes the ink. Squares are outlined together, so that no light line is
// between them, however they are scaled.
func (d *drawing) draw() {
	shape := shapes[d.style.Shape]
	quiet := d.style.QuietZone
	whole := func(x, y int) bool { return d.symbol.at(x, y) && (shape == nil || d.symbol.finder(x, y)) }
	d.ink = outline(d.symbol.side, whole).moved(float64(quiet))
	for y := range d.symbol.side {
		for x := range d.symbol.side {
			if d.symbol.at(x, y) && !whole(x, y) {
				d.ink = shape.shifted(d.ink, point{float64(x + quiet), float64(y + quiet)})
			}
		}
	}
}

// shapes are single modules; squares are drawn together.
var shapes = map[domain.CodeShape]path{domain.Dots: rounded(0.5), domain.Rounded: rounded(0.3)}
