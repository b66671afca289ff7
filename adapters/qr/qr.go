// Package qr draws QR codes, as PNG, SVG and PDF, and reads each one back before
// anybody gets it.
package qr

import (
	"image"

	"github.com/boombuler/barcode/qr"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Printer draws codes. It implements commands.Printer and is safe for concurrent
// use.
type Printer struct{}

var _ commands.Printer = Printer{}

// levels are the library's words for levels.
var levels = map[domain.Correction]qr.ErrorCorrectionLevel{
	domain.CorrectL: qr.L, domain.CorrectM: qr.M, domain.CorrectQ: qr.Q, domain.CorrectH: qr.H,
}

// files write a drawing in each format.
var files = map[domain.CodeFormat]func(d *drawing) ([]byte, error){
	domain.PNGCode: writePNG, domain.SVGCode: writeSVG, domain.PDFCode: writePDF,
}

// Print implements commands.Printer.
func (Printer) Print(j commands.PrintJob) (commands.Printed, error) {
	if err := j.Style.Check(); err != nil {
		return commands.Printed{}, err
	}
	var logo image.Image
	if j.Style.LogoSize > 0 {
		var err error
		if logo, err = readLogo(j.Logo); err != nil {
			return commands.Printed{}, err
		}
	}
	d, err := compose(j.Payload, j.Style, logo)
	if err != nil {
		return commands.Printed{}, err
	}
	file, err := files[j.Format](d)
	if err != nil {
		return commands.Printed{}, err
	}
	if err := d.readBack(j.Payload, j.Format, file); err != nil {
		return commands.Printed{}, err
	}
	return commands.Printed{File: file, Style: d.style, Modules: d.symbol.side}, nil
}

// compose finds the first level that the content fits in, and that leaves the
// logo its place. Its error is that of the level that is liked best, unless a
// lower one has more to say.
func compose(payload string, style domain.CodeStyle, logo image.Image) (*drawing, error) {
	var first error
	for _, level := range style.Levels() {
		style.Correction = level
		s, err := encode(payload, level)
		if err == nil {
			var d *drawing
			if d, err = newDrawing(s, style, logo); err == nil {
				return d, nil
			}
		}
		if first == nil {
			first = err
		}
	}
	return nil, first
}

// symbol is a code's modules.
type symbol struct {
	side int
	dark []bool // by rows
}

func (s symbol) at(x, y int) bool {
	return x >= 0 && y >= 0 && x < s.side && y < s.side && s.dark[y*s.side+x]
}

// finder says whether a module is of one of the three patterns by which a
// reader finds the code.
func (s symbol) finder(x, y int) bool {
	left, right := x < 7, x >= s.side-7
	return y < 7 && (left || right) || y >= s.side-7 && left
}

// encode makes the smallest code of a level. Text is in UTF-8 without an ECI, which
// readers find out themselves, and old ones do not know.
func encode(payload string, level domain.Correction) (symbol, error) {
	if len(payload) > domain.MaxPayload {
		return symbol{}, tooLong(payload, level)
	}
	code, err := qr.Encode(payload, levels[level], qr.Auto)
	if err != nil { // it knows no other
		return symbol{}, tooLong(payload, level)
	}
	s := symbol{side: code.Bounds().Dx()}
	for y := range s.side {
		for x := range s.side {
			r, _, _, _ := code.At(x, y).RGBA()
			s.dark = append(s.dark, r == 0)
		}
	}
	return s, nil
}

func tooLong(payload string, level domain.Correction) error {
	return domain.Errorf(domain.Invalid, "the content comes to %d bytes, more than a QR code with error correction %s holds: shorten it, or take a lower style.error_correction", len(payload), level)
}
