package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// dice throw contents and styles. The same seed throws the same.
type dice struct{ *rand.Rand }

func throw(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 7))} }

// signs are what texts are thrown of: what means something in one of the formats,
// and letters of one to four bytes.
var signs = []rune("abcdefghijklmnopqrstuvwxyzABCDEFXYZ0123456789 -._/\\;,:\"'=&?%#+@<>|{}()äöüßéñçåøÿ€łşĞαβγжщюאבعر日本語漢字カナ한글😀🎉")

func (d dice) text(most int) string {
	n := 1 + d.IntN(most)
	var b strings.Builder
	for range n {
		if most > 100 && d.IntN(30) == 0 {
			b.WriteByte('\n')
			continue
		}
		b.WriteRune(signs[d.IntN(len(signs))])
	}
	return b.String()
}

func (d dice) plain(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[d.IntN(36)]
	}
	return string(b)
}

// value is one that a field takes.
func (d dice) value(f domain.CodeField) string {
	switch f.Kind {
	case domain.URLField:
		return "https://" + d.plain(8) + ".example/" + d.plain(d.IntN(30)) + "?ä=" + d.plain(3) + "#" + d.plain(2)
	case domain.EmailField:
		return d.plain(5) + "+%&'" + d.plain(2) + "@" + d.plain(6) + ".example"
	case domain.PhoneField:
		return "+49 (" + strconv.Itoa(10+d.IntN(90)) + ") " + strconv.Itoa(1000+d.IntN(9_000_000))
	case domain.NumberField:
		return strconv.FormatFloat(d.Float64()*180-90, 'f', d.IntN(7), 64)
	case domain.SelectField:
		return f.Options[d.IntN(len(f.Options))]
	case domain.CheckField:
		return []string{"true", "false"}[d.IntN(2)]
	case domain.PasswordField:
		return d.plain(4) + `\;,:"` + d.plain(4)
	case domain.LongField:
		return d.text(120)
	default:
		return d.text(min(f.Most, 8)) // of which the longest has 32 bytes
	}
}

// content is of any type; fields are what it was made of, empty ones left out.
func (d dice) content(t *testing.T, of domain.CodeType) (fields map[string]string, payload string) {
	t.Helper()
	form, err := domain.CodeFormOf(of)
	if err != nil {
		t.Fatal(err)
	}
	fields = map[string]string{}
	for _, f := range form.Fields {
		if f.Required || d.IntN(2) == 0 {
			fields[f.Name] = d.value(f)
		}
	}
	switch of {
	case domain.WifiCode:
		delete(fields, "encryption")
	case domain.VCardCode:
		fields["last_name"] = "x" + d.text(8)
	case domain.EventCode:
		fields["start"] = fmt.Sprintf("2027-%02d-%02dT%02d:30", 1+d.IntN(12), 1+d.IntN(28), d.IntN(24))
		delete(fields, "end")
	}
	if payload, err = form.Payload(fields); err != nil {
		t.Fatalf("%s of %q: %v", of, fields, err)
	}
	return fields, payload
}

// style is one that is as likely as any to be read.
func (d dice) style() domain.CodeStyle {
	s := domain.PlainStyle()
	s.Shape = domain.CodeShapes[d.IntN(3)]
	s.QuietZone, s.Size = 4+d.IntN(5), 600+d.IntN(400)
	if d.IntN(2) == 0 {
		s.Correction = []domain.Correction{"L", "M", "Q", "H"}[d.IntN(4)]
	}
	dark := func() uint8 { return uint8(d.IntN(110)) }
	light := func() uint8 { return uint8(205 + d.IntN(51)) }
	s.Color = domain.Colour(fmt.Sprintf("#%02X%02X%02X", dark(), dark(), dark()))
	if s.Background = domain.Transparent; d.IntN(4) > 0 {
		s.Background = domain.Colour(fmt.Sprintf("#%02X%02X%02X", light(), light(), light()))
	}
	return s
}

// job is a code of any kind; a third has a logo, which needs its place.
func (d dice) job(t *testing.T) commands.PrintJob {
	t.Helper()
	form := domain.CodeForms[d.IntN(len(domain.CodeForms))]
	j := commands.PrintJob{Style: d.style(), Format: []domain.CodeFormat{domain.PNGCode, domain.SVGCode, domain.PDFCode}[d.IntN(3)]}
	if _, j.Payload = d.content(t, form.Type); d.IntN(3) == 0 {
		j.Style.Correction, j.Style.LogoSize = "", 0.1+d.Float64()*0.15
		j.Logo = logo(t, 40+d.IntN(200), 40+d.IntN(200), color.NRGBA{uint8(d.IntN(256)), uint8(d.IntN(256)), uint8(d.IntN(256)), uint8(128 + d.IntN(128))})
	}
	return j
}

// logo is one of one colour.
func logo(t testing.TB, width, height int, c color.Color) *commands.Logo {
	t.Helper()
	l, err := Printer{}.ReadLogo(picture(t, width, height, c))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// picture is a PNG of one colour.
func picture(t testing.TB, width, height int, c color.Color) []byte {
	t.Helper()
	p := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		p.Set(i%width, i/width, c)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
