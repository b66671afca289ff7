package speedtest

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"

	"github.com/gofiber/fiber/v2"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Picture answers GET /librespeed/results?id=: a result that a client of
// LibreSpeed's has left, as a picture to share. Other tests are their accounts'.
func (s *Site) Picture(c *fiber.Ctx) error {
	if refused, err := s.counted(c); refused {
		return err
	}
	id, ok := parseULID(c.Query("id"))
	if !ok {
		return refuse(c, http.StatusNotFound, unknownResult)
	}
	row, err := s.Tests.SpeedTest(c.UserContext(), id)
	switch domain.CodeOf(err) {
	case "":
	case domain.NotFound:
		return refuse(c, http.StatusNotFound, unknownResult)
	case domain.Unavailable:
		s.Log.Warn("a result cannot be shown", "error", err)
		c.Set(fiber.HeaderRetryAfter, "60")
		return refuse(c, http.StatusServiceUnavailable, "Results cannot be read now. Try again later")
	default:
		return err
	}
	if row.Origin != domain.FromLibreSpeed {
		return refuse(c, http.StatusNotFound, unknownResult)
	}
	picture, err := draws(row)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "image/png")
	return c.Send(picture)
}

const unknownResult = "There is no such result, or none yet: it can be read some seconds after it was sent"

const (
	width, height = 500, 286
	zoom          = 2
)

// draws is a result as a PNG.
func draws(r projections.SpeedTestRow) ([]byte, error) {
	small := image.NewRGBA(image.Rect(0, 0, width/zoom, height/zoom))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src)
	write := func(x, y int, text string, ink color.Color) {
		d := font.Drawer{Dst: small, Src: image.NewUniform(ink), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}
		d.DrawString(text)
	}
	ink, muted := color.RGBA{27, 31, 36, 255}, color.RGBA{87, 96, 106, 255}
	for i, cell := range []struct {
		name, unit string
		v          *float64
	}{
		{"Ping", "ms", r.Figures.Latency}, {"Jitter", "ms", r.Figures.Jitter},
		{"Download", "Mbit/s", projections.Megabits(r.Figures.Download)}, {"Upload", "Mbit/s", projections.Megabits(r.Figures.Upload)},
	} {
		x, y := 12+i%2*120, 26+i/2*48
		write(x, y, cell.name, muted)
		write(x, y+16, shown(cell.v)+" "+cell.unit, ink)
	}
	write(12, 126, r.At.UTC().Format("2006-01-02 15:04 UTC"), muted)
	large := image.NewRGBA(image.Rect(0, 0, width, height))
	xdraw.NearestNeighbor.Scale(large, large.Bounds(), small, small.Bounds(), xdraw.Src, nil)
	var out bytes.Buffer
	err := png.Encode(&out, large)
	return out.Bytes(), err
}

func shown(v *float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", *v)
}
