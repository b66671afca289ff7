package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestRandomCodes has others than us draw and read random codes of all contents,
// styles and formats: PDFs are drawn by poppler, SVGs by Chromium, and each is read
// by zbar and by gozxing.
func TestRandomCodes(t *testing.T) {
	for part := range uint64(2) {
		t.Run(fmt.Sprint("part ", part+1), func(t *testing.T) {
			t.Parallel()
			if refused := codesFrom(t, part*1000, 20); refused > 6 {
				t.Errorf("%d of 20 codes were refused", refused)
			}
		})
	}
}

// codesFrom draws and reads the codes of some seeds, and returns how many were
// refused: a style for which a content is too long, or a logo too large.
func codesFrom(t *testing.T, seed uint64, count int) (refused int) {
	t.Helper()
	drawn, folder := &sheet{t: t, folder: t.TempDir()}, t.TempDir()
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
			drawn.add(name, p.File, j)
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
	drawn.read()
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
	on := image.NewRGBA(picture.Bounds()) // zbar takes what is transparent for black
	draw.Draw(on, on.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(on, on.Bounds(), picture, picture.Bounds().Min, draw.Over)
	var b bytes.Buffer
	if err := png.Encode(&b, on); err != nil {
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

// sheet is a page on which Chromium draws SVGs, one below the other.
type sheet struct {
	t      *testing.T
	folder string
	names  []string
	jobs   []commands.PrintJob
}

func (s *sheet) add(name string, file []byte, j commands.PrintJob) {
	s.names, s.jobs = append(s.names, name), append(s.jobs, j)
	write(s.t, filepath.Join(s.folder, fmt.Sprint(len(s.jobs), ".svg")), file)
}

const sheetSide = 1000 // no code is larger

func (s *sheet) read() {
	s.t.Helper()
	page := &strings.Builder{}
	page.WriteString("<!DOCTYPE html><style>body{margin:0}img{position:absolute;left:0}</style>")
	for i := range s.jobs {
		fmt.Fprintf(page, `<img src="%d.svg" style="top:%dpx">`, i+1, i*sheetSide)
	}
	write(s.t, filepath.Join(s.folder, "page.html"), []byte(page.String()))
	shot := filepath.Join(s.folder, "shot.png")
	run(s.t, chromium(s.t), "--headless", "--no-sandbox", "--hide-scrollbars", "--user-data-dir="+filepath.Join(s.folder, "profile"),
		fmt.Sprintf("--window-size=%d,%d", sheetSide, len(s.jobs)*sheetSide), "--screenshot="+shot, "file://"+filepath.Join(s.folder, "page.html"))
	file, err := os.ReadFile(shot)
	if err != nil {
		s.t.Fatal(err)
	}
	whole, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		s.t.Fatal(err)
	}
	for i, j := range s.jobs {
		var b bytes.Buffer
		one := whole.(interface {
			SubImage(image.Rectangle) image.Image
		}).SubImage(image.Rect(0, i*sheetSide, j.Style.Size, i*sheetSide+j.Style.Size))
		if err := png.Encode(&b, one); err != nil {
			s.t.Fatal(err)
		}
		reads(s.t, s.names[i], b.Bytes(), j)
	}
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium: deploy/embedded/install.sh test installs it")
	return ""
}
