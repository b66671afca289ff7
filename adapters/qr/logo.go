package qr

import (
	"bytes"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"golang.org/x/image/draw"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

const (
	maxLogoPixels = 4 << 20 // that are unpacked
	logoSide      = 400     // pixels that are kept of it
)

// readLogo unpacks a PNG, JPEG or GIF, once its head says that it is not too
// large, and draws it anew: nothing of the file goes into a code but what is
// seen.
func readLogo(file []byte) (image.Image, error) {
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
	return small, nil
}
