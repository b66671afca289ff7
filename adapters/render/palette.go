package render

import (
	"fmt"
	"strings"
)

// tone names a colour by what it says.
type tone string

// The tones of chips and bars. None of them is the only sign of anything.
const (
	toneCritical tone = "critical"
	toneHigh     tone = "high"
	toneMedium   tone = "medium"
	toneLow      tone = "low"
	toneInfo     tone = "info"
	toneGood     tone = "good"
	toneFair     tone = "fair"
	toneUntested tone = "untested" // also what is neither good nor bad
)

// tones are the fills of chips and bars, which carry white text, the same in
// light, dark and print.
var tones = map[tone]string{
	toneCritical: "#8f1231",
	toneHigh:     "#b23c0e",
	toneMedium:   "#8a5b00",
	toneLow:      "#2b6094",
	toneInfo:     "#536174",
	toneGood:     "#1b6b40",
	toneFair:     "#44690f",
	toneUntested: "#5d6470",
}

// surface is a set of colours for paper and what is written on it.
type surface struct {
	page, card, ink, muted, line, link, warn, bar string
}

var (
	light = surface{
		page: "#f3f5f8", card: "#ffffff", ink: "#18212f", muted: "#4d5a6c", line: "#d3d9e2",
		link: "#0a52a8", warn: "#fff6df", bar: "#dde3eb",
	}
	dark = surface{
		page: "#0f141b", card: "#181f29", ink: "#e7ecf3", muted: "#a9b5c6", line: "#364254",
		link: "#8fbcff", warn: "#332a12", bar: "#323d4e",
	}
)

func (s surface) css() string {
	return fmt.Sprintf("--page:%s;--card:%s;--ink:%s;--muted:%s;--line:%s;--link:%s;--warn:%s;--bar:%s",
		s.page, s.card, s.ink, s.muted, s.line, s.link, s.warn, s.bar)
}

// paletteCSS is the palette as custom properties and a class for each tone.
func paletteCSS() string {
	var b strings.Builder
	fmt.Fprintf(&b, ":root{color-scheme:light dark;%s}\n", light.css())
	fmt.Fprintf(&b, "@media screen and (prefers-color-scheme:dark){:root{%s}}\n", dark.css())
	for _, t := range []tone{toneCritical, toneHigh, toneMedium, toneLow, toneInfo, toneGood, toneFair, toneUntested} {
		fmt.Fprintf(&b, ".%s{--tone:%s}\n", t, tones[t])
	}
	return b.String()
}
