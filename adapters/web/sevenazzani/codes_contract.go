package sevenazzani

import (
	"encoding/json"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// codeWanted is the body of POST /qr/api/preview/.
type codeWanted struct {
	Type    string          `json:"qr_type"` // url (default), text, email, …
	Content json.RawMessage `json:"content"` // a text, or an object with the fields of the type's form
	Style   codeStyle       `json:"style"`
}

// fileWanted is the body of POST /qr/api/generate/.
type fileWanted struct {
	codeWanted
	Format  string `json:"format"`  // png (default), svg, pdf
	Dynamic bool   `json:"dynamic"` // through a short link
	Name    string `json:"name"`    // of the file, without its ending
}

// codeStyle is how a code is to look. What is left out is black on white, and as
// domain.PlainStyle has it.
type codeStyle struct {
	Color      *string    `json:"color"`
	Background *string    `json:"background"`
	QuietZone  *web.Whole `json:"quiet_zone"`
	Correction *string    `json:"error_correction"`
	Shape      *string    `json:"shape"`
	Size       *web.Whole `json:"size"`
	Logo       *string    `json:"logo"` // a data URI, or a URL
	LogoSize   *float64   `json:"logo_size"`
}

// preview answers POST /qr/api/preview/.
type preview struct {
	URL       string           `json:"preview_url"`
	Base64    string           `json:"qr_code_base64"` // a data URI
	ExpiresIn int              `json:"expires_in"`     // seconds that the picture can be had at its URL
	Type      domain.CodeType  `json:"qr_type"`
	Payload   string           `json:"payload"` // what the code says
	Style     domain.CodeStyle `json:"style"`   // as it is drawn
	Modules   int              `json:"modules"` // on each side, without the quiet zone
}

// contentForm answers GET /qr/api/content-form/{qr_type}/.
type contentForm struct {
	Type   domain.CodeType `json:"qr_type"`
	Title  string          `json:"title"`
	Main   *string         `json:"main"` // the field that stands for all where content is a text; null for none
	Fields []formField     `json:"fields"`
}

type formField struct {
	Name     string           `json:"name"`
	Label    string           `json:"label"`
	Type     domain.FieldKind `json:"type"`
	Required bool             `json:"required"`
	Help     string           `json:"help"`
	Example  string           `json:"example"`
	Options  []string         `json:"options"`    // of a select, else empty
	Most     int              `json:"max_length"` // characters
}

// codesWanted is the body of POST /qr/api/batch/.
type codesWanted struct {
	CSV     string    `json:"csv"`
	Type    string    `json:"qr_type"` // of rows that do not say
	Style   codeStyle `json:"style"`
	Format  string    `json:"format"`
	Dynamic bool      `json:"dynamic"` // refused: codes that cannot change must not pass for some that can
}

// rowFault is what is wrong with a row of a batch.
type rowFault struct {
	Line    int    `json:"line"` // of the CSV, whose first names the columns
	Name    string `json:"name"`
	Message string `json:"message"`
}

// manifest is manifest.json of a batch.
type manifest struct {
	Codes []manifestCode `json:"codes"`
}

type manifestCode struct {
	Line    int             `json:"line"`
	Name    string          `json:"name"`
	File    string          `json:"file"`
	Type    domain.CodeType `json:"qr_type"`
	Payload string          `json:"payload"` // what the code says
	SHA256  string          `json:"sha256"`  // of the file
}
