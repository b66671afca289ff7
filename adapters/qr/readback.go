package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/scanledger/scanledger/domain"
)

// pixelsPerModule is how small every code is made once more to be read: a phone at
// arm's length sees no more.
const pixelsPerModule = 4

// readsFromAfar says whether a code says what it has to as it is seen from further
// away, and nothing in it leads other readers astray. It is asked before there is a
// file, for it takes less.
func (d *drawing) readsFromAfar(payload string) bool {
	small := d.raster(pixelsPerModule * int(d.side))
	return says(small, payload) && !d.misleads(small)
}

// readBack says whether a code says what it has to: the file itself where it is a
// picture, else what it draws in its size.
func (d *drawing) readBack(payload string, format domain.CodeFormat, file []byte) (bool, error) {
	if format != domain.PNGCode {
		return says(d.raster(d.style.Size), payload), nil
	}
	picture, err := png.Decode(bytes.NewReader(file))
	return err == nil && says(picture, payload), err
}

func says(picture image.Image, payload string) bool {
	said, err := Read(picture)
	return err == nil && said == payload
}

// unreadable says what may be changed, the most likely first.
func (d *drawing) unreadable() error {
	const told = "the code was drawn and could not be read again: "
	switch {
	case d.logo != nil:
		return domain.Errorf(domain.Invalid, told+"make style.logo_size smaller than %v, or take style.error_correction H", d.style.LogoSize)
	case d.style.Shape != domain.Squares:
		return domain.Errorf(domain.Invalid, told+"take style.shape square, or a larger style.size")
	default:
		return domain.Errorf(domain.Invalid, told+"take a larger style.size, a darker style.color, or a lighter style.background")
	}
}

// binarizers part dark from light, each by a rule of its own: of its neighbourhood,
// and of the whole picture. Readers have either, and some try both.
var binarizers = []func(gozxing.LuminanceSource) gozxing.Binarizer{gozxing.NewHybridBinarizer, gozxing.NewGlobalHistgramBinarizer}

// Read is what the QR code in a picture says, on white where it is transparent.
func Read(picture image.Image) (said string, err error) {
	source, err := lightOf(picture)
	if err != nil {
		return "", err
	}
	for _, binarizer := range binarizers {
		if said, err = read(binarizer(source)); err == nil {
			return said, nil
		}
	}
	return "", err
}

// lightOf is how light each pixel is, as the library has it: of a picture with a
// palette it is worked out for each colour alone, which takes half of the time.
func lightOf(picture image.Image) (gozxing.LuminanceSource, error) {
	b := picture.Bounds()
	light := make([]byte, 0, b.Dx()*b.Dy())
	if p, ok := picture.(*image.Paletted); ok {
		var of [256]byte
		for i, c := range p.Palette {
			of[i] = lightness(color.NRGBAModel.Convert(c).(color.NRGBA))
		}
		for y := b.Min.Y; y < b.Max.Y; y++ {
			at := p.PixOffset(b.Min.X, y)
			for _, i := range p.Pix[at : at+b.Dx()] {
				light = append(light, of[i])
			}
		}
	} else {
		on := onWhite(picture)
		for i := 0; i < len(on.Pix); i += 4 {
			light = append(light, lightness(color.NRGBA{on.Pix[i], on.Pix[i+1], on.Pix[i+2], 255}))
		}
	}
	return gozxing.NewPlanarYUVLuminanceSource(light, b.Dx(), b.Dy(), 0, 0, b.Dx(), b.Dy(), false)
}

// lightness is that of a colour on white.
func lightness(c color.NRGBA) byte {
	grey := (int(c.R) + 2*int(c.G) + int(c.B)) / 4
	return byte((grey*int(c.A) + 255*(255-int(c.A))) / 255)
}

// onWhite is a picture on paper: itself where nothing shows through.
func onWhite(picture image.Image) *image.RGBA {
	if whole, ok := picture.(*image.RGBA); ok && whole.Opaque() && whole.Bounds().Min == (image.Point{}) && whole.Stride == 4*whole.Bounds().Dx() {
		return whole
	}
	on := image.NewRGBA(picture.Bounds())
	draw.Draw(on, on.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(on, on.Bounds(), picture, picture.Bounds().Min, draw.Over)
	return on
}

func read(b gozxing.Binarizer) (string, error) {
	bitmap, err := gozxing.NewBinaryBitmap(b)
	if err != nil {
		return "", err
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	})
	if err != nil {
		return "", err
	}
	return result.GetText(), nil
}
