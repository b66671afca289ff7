package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/vector"

	"github.com/scanledger/scanledger/domain"
)

// raster draws a drawing with a number of pixels on each side: modules have whole
// pixels, and what is over is quiet zone.
func (d *drawing) raster(size int) image.Image {
	scale, steps := size/int(d.side), shades
	if d.style.Shape == domain.Squares {
		steps = 1 // no pixel is inked in part
	}
	return d.scaled(size, float64(scale), float64((size-scale*int(d.side))/2), steps)
}

// frame is how drawings are put into their size, in modules: as pictures are, so that
// modules have whole pixels where an inch has 96 of them.
func (d *drawing) frame() (margin, full float64) {
	scale := d.style.Size / int(d.side)
	return float64((d.style.Size-scale*int(d.side))/2) / float64(scale), float64(d.style.Size) / float64(scale)
}

func (d *drawing) scaled(size int, scale, shift float64, steps int) image.Image {
	plain := inked(d.cover(size, float32(scale), float32(shift)), d.style, steps)
	if d.logo == nil {
		return plain
	}
	picture := coloured(plain)
	at := func(n float64) int { return int(n*scale + shift) }
	place := image.Rect(at(d.box.x), at(d.box.y), at(d.box.x+d.box.width), at(d.box.y+d.box.height))
	xdraw.CatmullRom.Scale(picture, place, d.logo.Picture, d.logo.Picture.Bounds(), draw.Over, nil)
	return picture
}

// coloured is a picture without its palette, so that it can have other colours too.
func coloured(plain *image.Paletted) *image.RGBA {
	of := make([]color.RGBA, len(plain.Palette))
	for i, c := range plain.Palette {
		of[i] = color.RGBAModel.Convert(c).(color.RGBA)
	}
	picture := image.NewRGBA(plain.Bounds())
	for i, at := range plain.Pix {
		c, pixel := of[at], picture.Pix[4*i:4*i+4]
		pixel[0], pixel[1], pixel[2], pixel[3] = c.R, c.G, c.B, c.A
	}
	return picture
}

// cover is how much of each pixel is inked.
func (d *drawing) cover(size int, scale, shift float32) *image.Alpha {
	r := vector.NewRasterizer(size, size)
	r.DrawOp = draw.Src
	at := func(p point) (x, y float32) { return float32(p.x)*scale + shift, float32(p.y)*scale + shift }
	for _, s := range d.ink {
		x, y := at(s.to)
		switch s.kind {
		case move:
			r.MoveTo(x, y)
		case line:
			r.LineTo(x, y)
		case curve:
			ax, ay := at(s.by[0])
			bx, by := at(s.by[1])
			r.CubeTo(ax, ay, bx, by, x, y)
		case closed:
			r.ClosePath()
		}
	}
	ink := image.NewAlpha(image.Rect(0, 0, size, size))
	r.Draw(ink, ink.Bounds(), image.Opaque, image.Point{})
	return ink
}

// shades are how many steps there are between the two colours at an edge.
const shades = 16

// inked is a picture of two colours and of the steps that lie between them: few
// make a file small.
func inked(ink *image.Alpha, style domain.CodeStyle, steps int) *image.Paletted {
	palette := make(color.Palette, steps+1)
	for i := range palette {
		palette[i] = between(colourOf(style.Background), colourOf(style.Color), i, steps)
	}
	picture := image.NewPaletted(ink.Bounds(), palette)
	for i, alpha := range ink.Pix {
		picture.Pix[i] = uint8((int(alpha)*steps + 127) / 255)
	}
	return picture
}

func between(from, to color.NRGBA, step, steps int) color.NRGBA {
	if from.A == 0 {
		to.A = uint8(255 * step / steps)
		return to
	}
	mix := func(a, b uint8) uint8 { return uint8((int(a)*(steps-step) + int(b)*step) / steps) }
	return color.NRGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 255}
}

func colourOf(c domain.Colour) color.NRGBA {
	r, g, b := c.RGB()
	if c == domain.Transparent {
		return color.NRGBA{r, g, b, 0}
	}
	return color.NRGBA{r, g, b, 255}
}

func writePNG(d *drawing) ([]byte, error) {
	var file bytes.Buffer
	err := png.Encode(&file, d.raster(d.style.Size))
	return file.Bytes(), err
}
