package qr

import (
	"bytes"
	"math"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"github.com/scanledger/scanledger/domain"
)

// pointsPerPixel turns CSS pixels, 96 to an inch, into points, 72 to an inch.
const pointsPerPixel = 0.75

// writePDF has one page, which is the code. The same drawing gives the same bytes.
func writePDF(d *drawing) ([]byte, error) {
	side := float64(d.style.Size) * pointsPerPixel
	margin, full := d.frame()
	scale := side / full
	at := func(n float64) float64 { return math.Round((n+margin)*scale*100) / 100 } // which halves the file
	f := fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: fpdf.SizeType{Wd: side, Ht: side}})
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	f.SetCreationDate(time.Unix(0, 0).UTC())
	f.SetModificationDate(time.Unix(0, 0).UTC())
	f.SetProducer("Scanledger", true)
	f.AddPage()
	if d.style.Background != domain.Transparent {
		fill(f, d.style.Background)
		f.Rect(0, 0, side, side, "F")
	}
	fill(f, d.style.Color)
	for _, s := range d.ink {
		switch s.kind {
		case move:
			f.MoveTo(at(s.to.x), at(s.to.y))
		case line:
			f.LineTo(at(s.to.x), at(s.to.y))
		case curve:
			f.CurveBezierCubicTo(at(s.by[0].x), at(s.by[0].y), at(s.by[1].x), at(s.by[1].y), at(s.to.x), at(s.to.y))
		case closed:
			f.ClosePath()
		}
	}
	f.DrawPath("F")
	if d.logo != nil {
		options := fpdf.ImageOptions{ImageType: "PNG"}
		f.RegisterImageOptionsReader("logo", options, bytes.NewReader(d.logo.PNG))
		f.ImageOptions("logo", at(d.box.x), at(d.box.y), d.box.width*scale, d.box.height*scale, false, options, 0, "")
	}
	var file bytes.Buffer
	err := f.Output(&file)
	return file.Bytes(), err
}

func fill(f *fpdf.Fpdf, c domain.Colour) {
	r, g, b := c.RGB()
	f.SetFillColor(int(r), int(g), int(b))
}
