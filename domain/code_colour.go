package domain

import (
	"encoding/hex"
	"math"
	"strings"
)

// Colour is a colour of sRGB as "#1A2B3C", or Transparent.
type Colour string

// Transparent lets through what the code is put on.
const Transparent Colour = "transparent"

// ParseColour reads #RGB or #RRGGBB; the error is Invalid and names the field.
func ParseColour(field, s string) (Colour, error) {
	digits, found := strings.CutPrefix(s, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	if b, err := hex.DecodeString(digits); !found || err != nil || len(b) != 3 {
		return "", Errorf(Invalid, "%s must be a colour such as #1A2B3C", field)
	}
	return Colour("#" + strings.ToUpper(digits)), nil
}

// RGB are its parts. Transparent counts as the white that it is to be put on.
func (c Colour) RGB() (r, g, b uint8) {
	parts, err := hex.DecodeString(strings.TrimPrefix(string(c), "#"))
	if err != nil || len(parts) != 3 {
		return 255, 255, 255
	}
	return parts[0], parts[1], parts[2]
}

// luminance is the relative luminance of WCAG 2.2.
func (c Colour) luminance() float64 {
	linear := func(part uint8) float64 {
		s := float64(part) / 255
		if s <= 0.04045 {
			return s / 12.92
		}
		return math.Pow((s+0.055)/1.055, 2.4)
	}
	r, g, b := c.RGB()
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// contrast is the contrast ratio of WCAG 2.2, from 1 to 21.
func contrast(dark, light Colour) float64 {
	return (light.luminance() + 0.05) / (dark.luminance() + 0.05)
}
