package render

import (
	"math"
	"strconv"
	"testing"
)

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift uint) float64 {
		c := float64(v>>shift&0xFF) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	const aa = 4.5 // WCAG 2.2, success criterion 1.4.3
	for name, hex := range tones {
		if c := contrast(t, hex, "#ffffff"); c < aa {
			t.Errorf("white on %s: %.2f", name, c)
		}
	}
	for theme, s := range map[string]surface{"light": light, "dark": dark} {
		for _, paper := range []string{s.page, s.card, s.warn} {
			for _, ink := range []string{s.ink, s.muted, s.link} {
				if c := contrast(t, ink, paper); c < aa {
					t.Errorf("%s: %s on %s: %.2f", theme, ink, paper, c)
				}
			}
		}
	}
}
