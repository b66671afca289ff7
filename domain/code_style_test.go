package domain

import (
	"math"
	"strings"
	"testing"
)

func TestParseColour(t *testing.T) {
	for text, want := range map[string]Colour{"#000000": "#000000", "#fff": "#FFFFFF", "#1a2B3c": "#1A2B3C"} {
		if got, err := ParseColour("style.color", text); err != nil || got != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "#", "000000", "#00", "#0000", "#00000g", "#0000000", "red", "transparent", `#000"/><script>`, "#00000\n", "#ＦＦＦ", "rgb(0,0,0)"} {
		if got, err := ParseColour("style.color", text); CodeOf(err) != Invalid || !strings.HasPrefix(err.Error(), "style.color must be") {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

// TestContrast has WCAG's own figures.
func TestContrast(t *testing.T) {
	for _, c := range []struct {
		dark, light Colour
		want        float64
	}{
		{"#000000", "#FFFFFF", 21}, {"#FFFFFF", "#FFFFFF", 1}, {"#767676", "#FFFFFF", 4.54}, {"#FF0000", "#FFFFFF", 4.0}, {"#0000FF", Transparent, 8.59}, {"#FFFFFF", "#000000", 1. / 21},
	} {
		if got := contrast(c.dark, c.light); math.Abs(got-c.want) > 0.01 {
			t.Errorf("%s on %s: %.3f, want %v", c.dark, c.light, got, c.want)
		}
	}
}

// TestCodeStyleCheck refuses what readers do not read, with what to change.
func TestCodeStyleCheck(t *testing.T) {
	for _, c := range []struct {
		change func(s *CodeStyle)
		want   string
	}{
		{func(*CodeStyle) {}, ""},
		{func(s *CodeStyle) { s.Color, s.Background = "#123456", Transparent }, ""},
		{func(s *CodeStyle) {
			s.Correction, s.Shape, s.LogoSize, s.QuietZone, s.Size = CorrectH, Dots, 0.3, 20, 2000
		}, ""},
		{func(s *CodeStyle) { s.Color = Transparent }, "style.color must be a colour"},
		{func(s *CodeStyle) { s.Color, s.Background = "#FFFFFF", "#000000" }, "style.color must be darker than style.background"},
		{func(s *CodeStyle) { s.Color = "#FFFFFF" }, "style.color must be darker than style.background"},
		{func(s *CodeStyle) { s.Color = "#AAAAAA" }, "style.color and style.background have a contrast of 2.3: readers need 3 or more"},
		{func(s *CodeStyle) { s.Background = "#444444" }, "style.color and style.background have a contrast of 2.2"},
		{func(s *CodeStyle) { s.QuietZone = 3 }, "style.quiet_zone must be 4 modules or more"},
		{func(s *CodeStyle) { s.QuietZone = 21 }, "style.quiet_zone must be 20 modules at most"},
		{func(s *CodeStyle) { s.Size = 63 }, "style.size must be from 64 to 2000 pixels"},
		{func(s *CodeStyle) { s.Size = 2001 }, "style.size must be from 64 to 2000 pixels"},
		{func(s *CodeStyle) { s.Shape = "stars" }, "style.shape must be square, dots or rounded"},
		{func(s *CodeStyle) { s.Correction = "X" }, "style.error_correction must be L, M, Q or H"},
		{func(s *CodeStyle) { s.LogoSize = 0.31 }, "style.logo_size must be from 0.1 to 0.3"},
		{func(s *CodeStyle) { s.LogoSize = math.NaN() }, "style.logo_size must be from 0.1 to 0.3"},
	} {
		s := PlainStyle()
		c.change(&s)
		if err := s.Check(); (err == nil) != (c.want == "") || err != nil && (CodeOf(err) != Invalid || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", s, err, c.want)
		}
	}
}

// TestLogoHides no more than half of what the level mends.
func TestLogoHides(t *testing.T) {
	for _, c := range []struct {
		level Correction
		share float64
		want  string
	}{
		{CorrectL, 0.035, ""}, {CorrectH, 0.15, ""}, {CorrectM, 0.075, ""},
		{CorrectL, 0.04, "raise style.error_correction to M"}, {CorrectL, 0.09, "raise style.error_correction to Q"},
		{CorrectM, 0.14, "raise style.error_correction to H"}, {CorrectQ, 0.2, "more than any error correction can mend: make style.logo_size smaller"},
	} {
		if err := c.level.Hides(c.share); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %v: %v, want %q", c.level, c.share, err, c.want)
		}
	}
}
