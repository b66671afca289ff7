package render

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/text/unicode/norm"

	"github.com/scanledger/scanledger/projections"
)

// TestPDFReadsBack opens documents of random scans and finds in them every word
// that they have to say, in any script. Each has what several scans saw: three
// quarters of a document's time go into its fonts, which are read and cut to what it
// uses whatever it says, by us and once more by poppler.
func TestPDFReadsBack(t *testing.T) {
	const parts, together = 4, 5
	for part := range uint64(parts) {
		t.Run(fmt.Sprint("part ", part+1), func(t *testing.T) {
			t.Parallel()
			for seed := part * together; seed < scans; seed += parts * together {
				readsBack(t, seed, together)
			}
		})
	}
}

// joined is a scan that saw all that some scans saw.
func joined(seed, count uint64) projections.ReportRow {
	r := throw(seed).scan()
	all := &r.Document
	for next := seed + 1; next < seed+count; next++ {
		saw := throw(next).scan().Document
		all.Probes, all.Coverage, all.Findings = append(all.Probes, saw.Probes...), append(all.Coverage, saw.Coverage...), append(all.Findings, saw.Findings...)
		all.Ports, all.TLS, all.DNS, all.Visits = append(all.Ports, saw.Ports...), append(all.TLS, saw.TLS...), append(all.DNS, saw.DNS...), append(all.Visits, saw.Visits...)
		all.Observatory, all.SEO, all.Traffic = append(all.Observatory, saw.Observatory...), append(all.SEO, saw.SEO...), append(all.Traffic, saw.Traffic...)
	}
	return r
}

func readsBack(t *testing.T, seed, together uint64) {
	t.Helper()
	r := joined(seed, together)
	file := saved(t, r)
	if seed%(10*together) == 0 {
		file = written(t, r)
	}
	if info := poppler(t, "pdfinfo", file); !strings.Contains(info, "Producer:        Scanledger") {
		t.Errorf("scan %d: pdfinfo: %s", seed, info)
	}
	text := spoken(poppler(t, "pdftotext", "-raw", file, "-"))
	for _, f := range r.Document.Findings {
		for _, said := range []string{titled(f.Title), located(f.Where), clean(f.Detail, maxText), clean(f.Description, maxText), clean(f.Remedy, maxText), string(f.Evidence)} {
			for _, word := range words(said) {
				if !strings.Contains(text, spoken(word)) {
					t.Errorf("scan %d: %q of %q is not in the document", seed, word, said)
				}
			}
		}
	}
}

// words parts a text at its blanks. One with right-to-left letters is parted
// further, into its runs of letters: where directions meet, a reader of PDF puts
// the runs, and the numbers and signs between them, into an order of its own. A
// character for which a code point is drawn is a run of its own there.
func words(s string) (all []string) {
	sign := func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M) }
	for _, field := range strings.Fields(s) {
		if !strings.ContainsFunc(field, rightToLeft) {
			all = append(all, field)
			continue
		}
		for _, run := range strings.FieldsFunc(field, sign) {
			other := func(r rune) bool { return kindOf(r) != kindOf(firstRune(run)) }
			for turn := strings.IndexFunc(run, other); turn > 0; turn = strings.IndexFunc(run, other) {
				all, run = append(all, run[:turn]), run[turn:]
			}
			all = append(all, run)
		}
	}
	return all
}

// kindOf tells the letters apart that do not stand in one run.
func kindOf(r rune) int {
	switch {
	case rightToLeft(r):
		return 1
	case r > 0xFFFF:
		return 2
	default:
		return 3
	}
}

// spoken is text without what a reader of PDF adds or decides for itself:
// blanks, and marks of direction.
func spoken(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

// TestPDFCodeIsReadable decodes the QR code as it is printed: where the report
// can be checked, or else how and against which hash.
func TestPDFCodeIsReadable(t *testing.T) {
	const scan = "0199e2c4-7b1a-7c3e-9a54-3f2b8e61d0aa"
	for _, c := range []struct {
		options Options
		want    string
	}{
		{options, options.Verify},
		{Options{Head: hash}, "scanledger verify scan " + scan + "\n" + hash},
		{Options{}, "scanledger verify scan " + scan},
		{Options{Verify: "javascript:alert(1)"}, "scanledger verify scan " + scan},
		{Options{Head: hash, Verify: "https://a-long-name.scans.example/report/" + scan + "/verify?key=" + strings.Repeat("k", 200)}, "https://a-long-name.scans.example/report/" + scan + "/verify?key=" + strings.Repeat("k", 200)},
	} {
		pdf, err := PDF(spotless(), c.options)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "report")
		if err := os.WriteFile(file+".pdf", pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		pages := strings.Split(poppler(t, "pdftotext", file+".pdf", "-"), "\f")
		number := fmt.Sprint(1 + slices.IndexFunc(pages, func(p string) bool { return strings.Contains(p, "Check this report") }))
		poppler(t, "pdftoppm", "-r", "200", "-png", "-singlefile", "-f", number, "-l", number, file+".pdf", file)
		if got := decoded(t, file+".png"); got != c.want {
			t.Errorf("the code says %q, want %q", got, c.want)
		}
	}
}

// decoded is what the QR code in a picture says.
func decoded(t *testing.T, name string) string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	picture, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatal(err)
	}
	return result.GetText()
}
