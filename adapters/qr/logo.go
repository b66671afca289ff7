package qr

import (
	"bytes"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

const (
	maxLogoPixels = 4 << 20 // that are unpacked
	logoSide      = 400     // pixels that are kept of it
)

// ReadLogo implements commands.Printer: a PNG, JPEG or GIF is unpacked once its head
// says that it is not too large.
func (Printer) ReadLogo(file []byte) (*commands.Logo, error) {
	if len(file) > commands.MaxLogo {
		return nil, domain.Errorf(domain.Invalid, "style.logo must have at most %d KiB", commands.MaxLogo>>10)
	}
	head, kind, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "style.logo must be a picture in PNG, JPEG or GIF")
	}
	if head.Width < 1 || head.Height < 1 || head.Width > maxLogoPixels/head.Height {
		return nil, domain.Errorf(domain.Invalid, "style.logo must have at most %d pixels: this one has %d × %d", maxLogoPixels, head.Width, head.Height)
	}
	whole, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "style.logo is a damaged picture in %s", kind)
	}
	b := whole.Bounds()
	scale := min(1, float64(logoSide)/float64(max(b.Dx(), b.Dy())))
	small := image.NewNRGBA(image.Rect(0, 0, max(1, int(float64(b.Dx())*scale)), max(1, int(float64(b.Dy())*scale))))
	draw.CatmullRom.Scale(small, small.Bounds(), whole, b, draw.Src, nil)
	var again bytes.Buffer
	if err := png.Encode(&again, small); err != nil {
		return nil, err
	}
	return &commands.Logo{Picture: small, PNG: again.Bytes()}, nil
}
