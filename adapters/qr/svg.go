package qr

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/scanledger/scanledger/domain"
)

// writeSVG has no script, no link and no text of anybody's: numbers, two colours
// that were parsed, and a logo that was drawn anew.
func writeSVG(d *drawing) ([]byte, error) {
	var b bytes.Buffer
	margin, full := d.frame()
	at := func(n float64) string { return short(n + margin) }
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%[1]d" viewBox="0 0 %s %[2]s" role="img" aria-label="QR code">`, d.style.Size, short(full))
	if d.style.Background != domain.Transparent {
		fmt.Fprintf(&b, `<path fill="%s" d="M0 0H%s V%[2]sH0z"/>`, d.style.Background, short(full))
	}
	fmt.Fprintf(&b, `<path fill="%s" d="`, d.style.Color)
	for _, s := range d.ink {
		switch s.kind {
		case move:
			fmt.Fprintf(&b, "M%s %s", at(s.to.x), at(s.to.y))
		case line:
			fmt.Fprintf(&b, "L%s %s", at(s.to.x), at(s.to.y))
		case curve:
			fmt.Fprintf(&b, "C%s %s %s %s %s %s", at(s.by[0].x), at(s.by[0].y), at(s.by[1].x), at(s.by[1].y), at(s.to.x), at(s.to.y))
		case closed:
			b.WriteByte('z')
		}
	}
	b.WriteString(`"/>`)
	if d.logo != nil {
		fmt.Fprintf(&b, `<image x="%s" y="%s" width="%s" height="%s" href="data:image/png;base64,%s"/>`,
			at(d.box.x), at(d.box.y), short(d.box.width), short(d.box.height), base64.StdEncoding.EncodeToString(d.logo.PNG))
	}
	b.WriteString("</svg>\n")
	return b.Bytes(), nil
}

// short writes a number with three decimals at most.
func short(n float64) string {
	return strconv.FormatFloat(float64(int(n*1000+0.5))/1000, 'f', -1, 64)
}
