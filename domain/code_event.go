package domain

import "github.com/google/uuid"

// CodeGenerated is a QR code that was made and handed out. It guards no rule and
// nothing is folded from it, and so it is not in the log: it goes straight to its
// topic. It holds nothing of what the code says, but for a hash under a key of the
// installation: passwords and numbers could be guessed from any other.
type CodeGenerated struct {
	Account uuid.UUID  `json:"account"` // whose code it is
	Code    uuid.UUID  `json:"code"`
	Type    CodeType   `json:"qr_type"`
	Format  CodeFormat `json:"format"`
	Style   CodeStyle  `json:"style"`
	Modules int        `json:"modules"`        // on each side, without the quiet zone
	Content string     `json:"content"`        // HMAC-SHA-256 of the payload, in hexadecimal: the same for the same payload
	Link    string     `json:"link,omitempty"` // stream of the short link that a dynamic code goes through
	Batch   uuid.UUID  `json:"batch,omitzero"` // of codes that were made together
}

// Kind implements Event.
func (CodeGenerated) Kind() string { return "code.generated" }

// CodeFormat is a form of file.
type CodeFormat string

// The formats.
const (
	PNGCode CodeFormat = "png"
	SVGCode CodeFormat = "svg"
	PDFCode CodeFormat = "pdf"
)

// CodeFormats lists them, each with its media type.
var CodeFormats = map[CodeFormat]string{PNGCode: "image/png", SVGCode: "image/svg+xml", PDFCode: "application/pdf"}

// ParseCodeFormat reads a format; "" is PNG, and the error is Invalid.
func ParseCodeFormat(s string) (CodeFormat, error) {
	if s == "" {
		return PNGCode, nil
	}
	if _, known := CodeFormats[CodeFormat(s)]; !known {
		return "", Errorf(Invalid, "format must be png, svg or pdf")
	}
	return CodeFormat(s), nil
}
