package qr

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/pagetest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestRandomCodes has others than us draw and read random codes of all contents,
// styles and formats: PDFs are drawn by poppler, SVGs by Chromium, both at 96 dots
// per inch, and each is read by zbar and by gozxing.
func TestRandomCodes(t *testing.T) {
	if refused := codesFrom(t, newPainter(t), 0, 30); refused > 6 {
		t.Errorf("%d of 30 codes were refused", refused)
	}
}

// codesFrom draws and reads the codes of some seeds, and returns how many were
// refused: a style for which a content is too long, or a logo too large.
func codesFrom(t *testing.T, svg painter, seed uint64, count int) (refused int) {
	t.Helper()
	folder := t.TempDir()
	for i := range uint64(count) {
		j := throw(seed + i).job(t)
		p, err := Printer{}.Print(j)
		if err != nil {
			if domain.CodeOf(err) != domain.Invalid || strings.Contains(err.Error(), "could not be read again") && j.Logo == nil {
				t.Errorf("seed %d: %+v: %v", seed+i, j.Style, err)
			}
			refused++
			continue
		}
		name := filepath.Join(folder, fmt.Sprint(seed+i))
		switch j.Format {
		case domain.PNGCode:
			reads(t, name, p.File, j)
		case domain.SVGCode:
			reads(t, name, svg.paint(t, p.File, j.Style.Size), j)
		case domain.PDFCode:
			write(t, name+".pdf", p.File)
			run(t, "pdftoppm", "-r", "96", "-png", "-singlefile", name+".pdf", name)
			file, err := os.ReadFile(name + ".png")
			if err != nil {
				t.Fatal(err)
			}
			reads(t, name, file, j)
		}
	}
	return refused
}

// reads expects a picture to say what it has to, to both readers.
func reads(t *testing.T, name string, file []byte, j commands.PrintJob) {
	t.Helper()
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := Read(picture); err != nil || said != j.Payload {
		t.Errorf("%s: gozxing reads %q, %v in a %s of %+v, want %q", name, said, err, j.Format, j.Style, j.Payload)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, onWhite(picture)); err != nil { // zbar takes what is transparent for black
		t.Fatal(err)
	}
	write(t, name+".read.png", b.Bytes())
	if said := run(t, "zbarimg", "--nodbus", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", name+".read.png"); said != j.Payload+"\n" {
		t.Errorf("%s: zbar reads %q in a %s of %+v, want %q", name, said, j.Format, j.Style, j.Payload)
	}
}

func write(t *testing.T, name string, file []byte) {
	t.Helper()
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run is what a program says; "" where it fails, which is told.
func run(t *testing.T, program string, args ...string) string {
	t.Helper()
	var complaints bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s: %v: %s", program, err, complaints.String())
	}
	return string(out)
}

// painter is a page on which Chromium draws SVGs.
type painter struct{ page *pagetest.Page }

func newPainter(t *testing.T) painter {
	t.Helper()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, `<!DOCTYPE html><link rel="icon" href="data:,">`)
	}))
	t.Cleanup(empty.Close)
	return painter{pagetest.Start(t).Open(t, empty.URL, 1280)}
}

// paint is an SVG as a PNG.
func (p painter) paint(t *testing.T, svg []byte, size int) []byte {
	t.Helper()
	drawn := pagetest.Eval[string](p.page, fmt.Sprintf(`(async () => {
		const picture = new Image();
		picture.src = "data:image/svg+xml;base64,%s";
		await picture.decode();
		const paper = document.createElement("canvas");
		paper.width = paper.height = %d;
		paper.getContext("2d").drawImage(picture, 0, 0, paper.width, paper.height);
		return paper.toDataURL("image/png");
	})()`, base64.StdEncoding.EncodeToString(svg), size))
	file, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(drawn, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	return file
}
