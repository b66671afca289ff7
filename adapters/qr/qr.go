// Package qr draws QR codes, as PNG, SVG and PDF, and reads each one back before
// anybody gets it.
package qr

import (
	"cmp"
	"strings"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode/decoder"
	"github.com/makiuchi-d/gozxing/qrcode/encoder"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Printer draws codes. It implements commands.Printer and is safe for concurrent
// use.
type Printer struct{}

var _ commands.Printer = Printer{}

// levels are the library's words for levels.
var levels = map[domain.Correction]decoder.ErrorCorrectionLevel{
	domain.CorrectL: decoder.ErrorCorrectionLevel_L, domain.CorrectM: decoder.ErrorCorrectionLevel_M,
	domain.CorrectQ: decoder.ErrorCorrectionLevel_Q, domain.CorrectH: decoder.ErrorCorrectionLevel_H,
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
	var d *drawing
	for mask := anyMask; mask < masks; mask++ {
		var err error
		if d, err = compose(j.Payload, j.Style, j.Logo, mask); err != nil {
			return commands.Printed{}, err
		}
		if !d.readsFromAfar(j.Payload) {
			continue
		}
		file, err := files[j.Format](d)
		if err != nil {
			return commands.Printed{}, err
		}
		readable, err := d.readBack(j.Payload, j.Format, file)
		if err != nil {
			return commands.Printed{}, err
		}
		if readable {
			return commands.Printed{File: file, Style: d.style, Modules: d.symbol.side}, nil
		}
	}
	return commands.Printed{}, d.unreadable()
}

// A code has one of eight masks, the one that is best by ISO/IEC 18004 unless
// another is asked for. Of one code in a hundred that one looks, to a reader, as if
// it had a finder pattern too many: then the others are tried.
const (
	anyMask = -1
	masks   = 8
)

// smallest stands for no version in particular.
const smallest = 0

// compose finds the first level that the content fits in, and that leaves the
// logo its place, in the smallest version, or in one of which the logo hides no
// alignment pattern. Where there is none the error is that of the level that is liked
// best.
func compose(payload string, style domain.CodeStyle, logo *commands.Logo, mask int) (*drawing, error) {
	var first error
	for _, level := range style.Levels() {
		style.Correction = level
		s, err := encode(payload, level, mask, smallest)
		if err == nil {
			var d *drawing
			if d, err = newDrawing(s, style, logo); err == nil {
				if len(d.hidden()) > 0 {
					return cmp.Or(d.roomier(payload, style, mask), d), nil
				}
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

// encode makes a code of a level, in a version or the smallest that it fits in. Beyond ASCII the code says that it is
// UTF-8 (ECI 26): readers that guess take an "ä" for Big5. The library of the PDF
// report cannot say so.
func encode(payload string, level domain.Correction, mask, version int) (symbol, error) {
	if len(payload) > domain.MaxPayload {
		return symbol{}, tooLong(payload, level)
	}
	hints := map[gozxing.EncodeHintType]any{}
	if mask != anyMask {
		hints[gozxing.EncodeHintType_QR_MASK_PATTERN] = mask
	}
	if version != smallest {
		hints[gozxing.EncodeHintType_QR_VERSION] = version
	}
	if strings.ContainsFunc(payload, func(r rune) bool { return r >= utf8.RuneSelf }) {
		hints[gozxing.EncodeHintType_CHARACTER_SET] = "UTF-8"
	}
	code, err := encoder.Encoder_encode(payload, levels[level], hints)
	if err != nil { // it knows no other
		return symbol{}, tooLong(payload, level)
	}
	modules := code.GetMatrix()
	s := symbol{side: modules.GetWidth()}
	for y := range s.side {
		for x := range s.side {
			s.dark = append(s.dark, modules.Get(x, y) == 1)
		}
	}
	return s, nil
}

func tooLong(payload string, level domain.Correction) error {
	return domain.Errorf(domain.Invalid, "the content comes to %d bytes, more than a QR code with error correction %s holds: shorten it, or take a lower style.error_correction", len(payload), level)
}
