package commands

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"image"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Codes takes commands about QR codes. All its fields are needed but Together; it is
// safe for concurrent use.
type Codes struct {
	Printer  Printer
	Logos    Logos
	Links    CodeLinks
	Pictures Pictures
	// Emit takes domain.CodeGenerated, which bypasses the log. It does not wait for a
	// broker.
	Emit func(domain.Envelope) error
	Key  []byte // by which contents are hashed
	// Together is how many codes of a batch are drawn at one time; 1 when 0.
	Together int
	Now      func() time.Time
	NewID    func() uuid.UUID
	Random   func(bytes []byte)
}

// Printer draws codes, and is safe for concurrent use.
type Printer interface {
	// ReadLogo reads a logo's file, once for all codes that it is to be on. It answers a
	// *domain.Error, Invalid, for one that is no picture or too large.
	ReadLogo(file []byte) (*Logo, error)
	// Print draws a code and reads it back. It answers a *domain.Error, Invalid with
	// what to change, for a content that is too long, and a style in which nobody
	// could read it.
	Print(j PrintJob) (Printed, error)
}

// PrintJob is a code to be drawn.
type PrintJob struct {
	Payload string
	Style   domain.CodeStyle
	Logo    *Logo // nil where the style has none
	Format  domain.CodeFormat
}

// Logo is a picture that was read and drawn anew: nothing of its file is in it but
// what is seen.
type Logo struct {
	Picture image.Image
	PNG     []byte // the picture as a file
}

// Printed is a code that was drawn and read back. The same job gives the same bytes.
type Printed struct {
	File    []byte
	Style   domain.CodeStyle // with the error correction that it has
	Modules int              // on each side, without the quiet zone
}

// Logos fetches pictures from elsewhere.
type Logos interface {
	// Logo returns what is at a URL by http or https. It answers a *domain.Error:
	// Invalid, Forbidden or Unresolvable for a URL that is not fetched, and for what
	// answers with an error or with more than MaxLogo bytes.
	Logo(ctx context.Context, address string) ([]byte, error)
}

// CodeLinks makes the short links that dynamic codes go through.
type CodeLinks interface {
	ShortenLink(ctx context.Context, c ShortenLink) (domain.Envelope, error)
}

// CodeLink is a short link of a dynamic code.
type CodeLink struct {
	Stream domain.Stream
	Short  string // its URL
}

// MaxLogo is the most bytes that a logo's file may have.
const MaxLogo = 256 << 10

// logo reads a logo; nil for none.
func (c Codes) logo(ctx context.Context, from string) (*Logo, error) {
	if from == "" {
		return nil, nil
	}
	file, err := c.logoFile(ctx, from)
	if err != nil {
		return nil, err
	}
	return c.Printer.ReadLogo(file)
}

// logoFile is a data URI, or what is fetched from a URL.
func (c Codes) logoFile(ctx context.Context, from string) ([]byte, error) {
	rest, isData := strings.CutPrefix(from, "data:")
	if !isData {
		return c.Logos.Logo(ctx, from)
	}
	kind, text, found := strings.Cut(rest, ";base64,")
	if !found || !strings.HasPrefix(kind, "image/") {
		return nil, domain.Errorf(domain.Invalid, "style.logo must be a URL, or a picture as data:image/png;base64,…")
	}
	if base64.StdEncoding.DecodedLen(len(text)) > MaxLogo+2 {
		return nil, domain.Errorf(domain.Invalid, "style.logo must have at most %d KiB", MaxLogo>>10)
	}
	file, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "style.logo is not valid Base64")
	}
	return file, nil
}

// generated is the event of a code that was made.
func (c Codes) generated(by Caller, g Generated, payload string, t domain.CodeType, f domain.CodeFormat, batch uuid.UUID) domain.Envelope {
	mac := hmac.New(sha256.New, c.Key)
	mac.Write([]byte(payload))
	return domain.Envelope{
		ID: c.NewID(), Owner: by.Account, At: c.Now().UTC().Truncate(time.Microsecond), Actor: by.Actor(), Cause: by.Request, Trace: by.Trace,
		Event: domain.CodeGenerated{
			Account: by.Account, Code: g.Code, Type: t, Format: f, Style: g.Style, Modules: g.Modules,
			Content: hex.EncodeToString(mac.Sum(nil)), Link: string(g.Link.Stream), Batch: batch,
		},
	}
}
