package render

import (
	"fmt"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
)

func (s *sheet) proof(p proof) error {
	s.heading("Proof", 60+s.keep(p.Facts))
	s.text(body, provenance)
	s.gap(2)
	if err := s.check(p); err != nil {
		return err
	}
	s.table(p.Facts)
	for _, t := range p.Hashes {
		s.gap(3)
		s.table(t)
	}
	return nil
}

// check draws the QR code, and beside it how to check the report.
func (s *sheet) check(p proof) error {
	const side = 34.0
	s.ensure(side + 2)
	top := s.y
	if err := s.qr(p.Code, s.left, top, side); err != nil {
		return err
	}
	s.inset(side+4, func() {
		s.gap(4)
		s.text(strong, "Check this report")
		if p.Verify.URL != "" {
			s.link(body, p.Verify.Text, p.Verify.URL)
		} else {
			s.text(body, "The code holds the command below and the hash of the last event.")
		}
		s.gap(2)
		s.text(body, "On the machine that keeps the log:")
		s.text(fixed, p.Command)
	})
	s.y = max(s.y, top+side) + 2
	return nil
}

// qr draws a QR code with the quiet zone of four modules that ISO/IEC 18004
// asks for.
func (s *sheet) qr(text string, x, y, side float64) error {
	symbol, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return fmt.Errorf("QR code: %w", err)
	}
	n := symbol.Bounds().Dx()
	module := side / float64(n+8)
	s.fill(light.ink)
	for row := range n {
		for from := 0; from < n; from++ {
			to := from
			for to < n && black(symbol, to, row) {
				to++
			}
			if to > from {
				s.f.Rect(x+float64(from+4)*module, y+float64(row+4)*module, float64(to-from)*module, module+seam, "F")
				from = to
			}
		}
	}
	return nil
}

// seam is by how much one row of a QR code is drawn over the next, so that no
// light line stays between them.
const seam = 0.02

func black(symbol barcode.Barcode, x, y int) bool {
	r, _, _, _ := symbol.At(x, y).RGBA()
	return r == 0
}
