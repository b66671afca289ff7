package domain

import "slices"

// CodeStyle is how a code looks, as an event and an answer tell it.
type CodeStyle struct {
	Color      Colour     `json:"color"`
	Background Colour     `json:"background"`
	QuietZone  int        `json:"quiet_zone"` // modules on each side
	Correction Correction `json:"error_correction"`
	Shape      CodeShape  `json:"shape"`
	Size       int        `json:"size"`                // pixels on each side; of SVG and PDF 1/96 inch
	LogoSize   float64    `json:"logo_size,omitempty"` // of the code's side, without the quiet zone; 0 for no logo
}

// Correction is how much of a code may be unreadable (ISO/IEC 18004): about 7,
// 15, 25 or 30 percent.
type Correction string

// The levels.
const (
	CorrectL Correction = "L"
	CorrectM Correction = "M"
	CorrectQ Correction = "Q"
	CorrectH Correction = "H"
)

// Corrections are the levels, each with the share of a code that it mends.
var Corrections = map[Correction]float64{CorrectL: 0.07, CorrectM: 0.15, CorrectQ: 0.25, CorrectH: 0.30}

// CodeShape is how modules are drawn. The three finder patterns are always whole.
type CodeShape string

// The shapes.
const (
	Squares CodeShape = "square"
	Dots    CodeShape = "dots"
	Rounded CodeShape = "rounded"
)

// CodeShapes lists the shapes.
var CodeShapes = []CodeShape{Squares, Dots, Rounded}

// What a style may be.
const (
	LeastQuietZone = 4 // ISO/IEC 18004, 6.3.8
	MostQuietZone  = 20
	LeastCodeSize  = 64
	MostCodeSize   = 2000
	LeastLogo      = 0.1
	MostLogo       = 0.3
	leastContrast  = 3.0 // WCAG 2.2, 1.4.11, for graphics
)

// PlainStyle is black on white, 300 pixels wide.
func PlainStyle() CodeStyle {
	return CodeStyle{Color: "#000000", Background: "#FFFFFF", QuietZone: LeastQuietZone, Shape: Squares, Size: 300}
}

// Check refuses a style that readers would not read, or that cannot be drawn:
// Invalid, with what to change. A Correction that is "" is chosen when the code
// is drawn.
func (s CodeStyle) Check() error {
	if _, err := ParseColour("style.color", string(s.Color)); err != nil {
		return err
	}
	if _, err := ParseColour("style.background", string(s.Background)); err != nil && s.Background != Transparent {
		return err
	}
	_, known := Corrections[s.Correction]
	switch ratio := contrast(s.Color, s.Background); {
	case ratio <= 1:
		return Errorf(Invalid, "style.color must be darker than style.background: many readers take light on dark for no code")
	case ratio < leastContrast:
		return Errorf(Invalid, "style.color and style.background have a contrast of %.1f: readers need %.0f or more, so take a darker colour or a lighter background", ratio, leastContrast)
	case s.QuietZone < LeastQuietZone:
		return Errorf(Invalid, "style.quiet_zone must be %d modules or more: with less around it readers find no code", LeastQuietZone)
	case s.QuietZone > MostQuietZone:
		return Errorf(Invalid, "style.quiet_zone must be %d modules at most", MostQuietZone)
	case s.Size < LeastCodeSize || s.Size > MostCodeSize:
		return Errorf(Invalid, "style.size must be from %d to %d pixels", LeastCodeSize, MostCodeSize)
	case !slices.Contains(CodeShapes, s.Shape):
		return Errorf(Invalid, "style.shape must be square, dots or rounded")
	case s.Correction != "" && !known:
		return Errorf(Invalid, "style.error_correction must be L, M, Q or H")
	case s.LogoSize != 0 && !(s.LogoSize >= LeastLogo && s.LogoSize <= MostLogo):
		return Errorf(Invalid, "style.logo_size must be from %v to %v of the code's side", LeastLogo, MostLogo)
	}
	return nil
}

// Levels are those that a code in this style may have, the one that is liked best
// first: the one that is asked for, else with a logo the highest, which mends
// what it hides, else M.
func (s CodeStyle) Levels() []Correction {
	switch {
	case s.Correction != "":
		return []Correction{s.Correction}
	case s.LogoSize > 0:
		return []Correction{CorrectH, CorrectQ}
	default:
		return []Correction{CorrectM, CorrectL}
	}
}

// Hides refuses a logo that hides more than half of what a level mends, for
// dirt and bad light want their share too.
func (c Correction) Hides(share float64) error {
	if share*2 <= Corrections[c] {
		return nil
	}
	for _, better := range []Correction{CorrectM, CorrectQ, CorrectH} {
		if share*2 <= Corrections[better] {
			return Errorf(Invalid, "the logo hides %.1f %% of the code, of which the error correction %s mends %.0f %%, and half of that has to be left: raise style.error_correction to %s, or make style.logo_size smaller",
				share*100, c, Corrections[c]*100, better)
		}
	}
	return Errorf(Invalid, "the logo hides %.1f %% of the code, more than any error correction can mend: make style.logo_size smaller", share*100)
}
