package qr

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// styled is a job of the document's example in another style.
func styled(change func(j *commands.PrintJob)) commands.PrintJob {
	j := commands.PrintJob{Payload: "https://example.com", Style: domain.PlainStyle(), Format: domain.PNGCode}
	change(&j)
	return j
}

// TestPrintRefuses what nobody could read, or what is no picture, with what to
// change.
func TestPrintRefuses(t *testing.T) {
	black := logo(t, 50, 50, color.Black)
	withLogo := func(size float64, level domain.Correction) func(j *commands.PrintJob) {
		return func(j *commands.PrintJob) { j.Logo, j.Style.LogoSize, j.Style.Correction = black, size, level }
	}
	for name, c := range map[string]struct {
		change func(j *commands.PrintJob)
		want   string
	}{
		"contrast":   {func(j *commands.PrintJob) { j.Style.Color = "#BBBBBB" }, "have a contrast of"},
		"small":      {func(j *commands.PrintJob) { j.Style.Size = 98 }, "style.size must be 99 or more: the code has 25 modules"},
		"long":       {func(j *commands.PrintJob) { j.Payload = strings.Repeat("x", 2954) }, "the content comes to 2954 bytes, more than a QR code with error correction M holds"},
		"long for H": {func(j *commands.PrintJob) { j.Payload, j.Style.Correction = strings.Repeat("x", 1300), "H" }, "more than a QR code with error correction H holds"},
		"large logo": {withLogo(0.3, "L"), "raise style.error_correction to H, or make style.logo_size smaller"},
		"wide logo":  {withLogo(0.3, "M"), "of which the error correction M mends 15 %"},
	} {
		_, err := Printer{}.Print(styled(c.change))
		if domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestReadLogoRefuses what is no picture, and what is too large, before it is unpacked.
func TestReadLogoRefuses(t *testing.T) {
	whole := picture(t, 50, 50, color.Black)
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"no picture":  {[]byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "style.logo must be a picture in PNG, JPEG or GIF"},
		"empty":       {nil, "style.logo must be a picture"},
		"cut off":     {whole[:len(whole)-20], "style.logo is a damaged picture in png"},
		"large file":  {append(bytes.Clone(whole), make([]byte, commands.MaxLogo)...), "style.logo must have at most 256 KiB"},
		"many pixels": {bomb(t, 100_000, 100_000), "style.logo must have at most 4194304 pixels: this one has 100000 × 100000"},
		"overflow":    {bomb(t, math.MaxInt32, math.MaxInt32), "style.logo must"},
	} {
		if _, err := (Printer{}).ReadLogo(c.file); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// bomb is a small PNG whose head says that it is large.
func bomb(t *testing.T, width, height uint32) []byte {
	t.Helper()
	file := picture(t, 1, 1, color.Black)
	head := file[12:29] // its type and what it says
	binary.BigEndian.PutUint32(head[4:], width)
	binary.BigEndian.PutUint32(head[8:], height)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(head))
	return file
}

// TestLogoLifts the error correction, and keeps its place free of modules.
func TestLogoLifts(t *testing.T) {
	for _, format := range []domain.CodeFormat{domain.PNGCode, domain.SVGCode, domain.PDFCode} {
		p, err := Printer{}.Print(styled(func(j *commands.PrintJob) {
			j.Logo, j.Style.LogoSize, j.Format, j.Style.Size = logo(t, 90, 30, color.NRGBA{255, 0, 0, 255}), 0.25, format, 600
		}))
		if err != nil || p.Style.Correction != domain.CorrectH {
			t.Fatalf("%s: %+v, %v", format, p.Style, err)
		}
		if format == domain.PNGCode {
			drawn, err := png.Decode(bytes.NewReader(p.File))
			if err != nil {
				t.Fatal(err)
			}
			if r, g, _, _ := drawn.At(300, 300).RGBA(); r != 0xffff || g != 0 {
				t.Errorf("the middle is %v, want red", drawn.At(300, 300))
			}
		}
	}
	long := strings.Repeat("x", 1500) // which H does not hold
	if p, err := (Printer{}).Print(styled(func(j *commands.PrintJob) {
		j.Payload, j.Logo, j.Style.LogoSize, j.Style.Size = long, logo(t, 50, 50, color.Black), 0.1, 2000
	})); err != nil || p.Style.Correction != domain.CorrectQ {
		t.Errorf("a long content with a logo: %+v, %v", p.Style, err)
	}
}

// TestLogoMisleads nobody: of codes that zbar did not read, the logo hides no
// alignment pattern, or what is beside it is not taken for one.
func TestLogoMisleads(t *testing.T) {
	for _, seed := range []uint64{10_908, 10_985} {
		j := throw(seed).job(t)
		d, err := compose(j.Payload, j.Style, j.Logo, anyMask)
		if err != nil || d.symbol.side != 73 || len(d.hidden()) > 0 {
			t.Errorf("seed %d: %d modules, %d patterns are hidden, %v", seed, d.symbol.side, len(d.hidden()), err)
		}
	}
	for _, seed := range []uint64{60_835} { // zbar reads it in no size
		j := throw(seed).job(t)
		s, err := encode(j.Payload, domain.CorrectH, anyMask, smallest)
		if err != nil {
			t.Fatal(err)
		}
		j.Style.Correction = domain.CorrectH
		if d, err := newDrawing(s, j.Style, j.Logo); err != nil || !d.misleads(d.raster(pixelsPerModule*int(d.side))) {
			t.Errorf("seed %d: in version %d, with its pattern hidden, nothing misleads: %v", seed, (s.side-17)/4, err)
		}
	}
}

// TestLogoRead by zbar too, in sizes in which it did not.
func TestLogoRead(t *testing.T) {
	for seed, size := range map[uint64]int{10_908: 857, 10_985: 975, 61_192: 900} {
		j := throw(seed).job(t)
		j.Format, j.Style.Size = domain.PNGCode, size
		p, err := Printer{}.Print(j)
		if err != nil {
			t.Fatal(err)
		}
		reads(t, filepath.Join(t.TempDir(), fmt.Sprint(seed)), p.File, j)
	}
}

// TestPlainChoice is M, and L for what M does not hold.
func TestPlainChoice(t *testing.T) {
	for payload, want := range map[string]domain.Correction{"a": "M", strings.Repeat("x", 2900): "L"} {
		p, err := Printer{}.Print(styled(func(j *commands.PrintJob) { j.Payload, j.Style.Size = payload, 1000 }))
		if err != nil || p.Style.Correction != want {
			t.Errorf("%d bytes: %+v, %v, want %s", len(payload), p.Style, err, want)
		}
	}
}

// TestPartsOfPixels has large drawings of sizes that are no multiple of what modules
// there are: black on white is read.
func TestPartsOfPixels(t *testing.T) {
	for size, length := range map[int]int{516: 550, 570: 500, 541: 530, 603: 545} {
		for _, format := range []domain.CodeFormat{domain.SVGCode, domain.PDFCode} {
			if _, err := (Printer{}).Print(styled(func(j *commands.PrintJob) {
				j.Payload, j.Style.Size, j.Format = throw(3).plain(length), size, format
			})); err != nil {
				t.Errorf("%s of %d bytes, %d pixels: %v", format, length, size, err)
			}
		}
	}
}

// TestSVGIsOurs has nothing in it but elements and values of ours, whatever was
// asked for.
func TestSVGIsOurs(t *testing.T) {
	p, err := Printer{}.Print(styled(func(j *commands.PrintJob) {
		j.Payload, j.Format = `"/><script>alert(1)</script>`, domain.SVGCode
		j.Logo, j.Style.LogoSize = logo(t, 20, 20, color.Black), 0.2
	}))
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"script", "alert", "<text", "<style", "xlink", "<!", " on"} {
		if bytes.Contains(p.File, []byte(never)) {
			t.Errorf("%q is in %s", never, p.File)
		}
	}
	for _, c := range []domain.Colour{`red"/><script>`, "#00000", "url(x)"} {
		for of, change := range map[string]func(j *commands.PrintJob){
			"colour":     func(j *commands.PrintJob) { j.Style.Color = c },
			"background": func(j *commands.PrintJob) { j.Style.Background = c },
		} {
			if _, err := (Printer{}).Print(styled(change)); domain.CodeOf(err) != domain.Invalid {
				t.Errorf("the %s %q is taken: %v", of, c, err)
			}
		}
	}
}

// TestSameBytes for the same job, in every format.
func TestSameBytes(t *testing.T) {
	for format := range files {
		one, err := Printer{}.Print(styled(func(j *commands.PrintJob) { j.Format = format }))
		two, also := Printer{}.Print(styled(func(j *commands.PrintJob) { j.Format = format }))
		if err != nil || also != nil || !bytes.Equal(one.File, two.File) {
			t.Errorf("%s: %d and %d bytes, %v, %v", format, len(one.File), len(two.File), err, also)
		}
	}
}

// TestReadBackSees a drawing that does not say what it has to.
func TestReadBackSees(t *testing.T) {
	d, err := compose("https://example.com", domain.PlainStyle(), nil, anyMask)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := d.readBack("https://example.com", domain.SVGCode, nil); !ok || err != nil || !d.readsFromAfar("https://example.com") {
		t.Errorf("as it is: %v, %v", ok, err)
	}
	if ok, err := d.readBack("https://example.org", domain.SVGCode, nil); ok || err != nil || d.readsFromAfar("https://example.org") {
		t.Errorf("of another content: %v, %v", ok, err)
	}
	d.symbol = d.symbol.without(image.Rect(0, 0, 9, 9)) // a finder pattern
	d.draw()
	if ok, err := d.readBack("https://example.com", domain.SVGCode, nil); ok || err != nil || d.readsFromAfar("https://example.com") {
		t.Errorf("without a finder pattern: %v, %v", ok, err)
	}
}
