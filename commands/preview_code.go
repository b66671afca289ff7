package commands

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// PreviewTime is how long a preview's picture can be had.
const PreviewTime = 15 * time.Minute

// Pictures keeps pictures for a while. What is kept is sealed with a key that is
// made of the picture's name, and the store knows neither.
type Pictures interface {
	// Keep puts down a picture, in the place of one of the same record.
	Keep(ctx context.Context, record string, sealed []byte, until time.Time) error
	// Picture returns what was put down and is still kept at a time; NotFound else.
	Picture(ctx context.Context, record string, now time.Time) ([]byte, error)
	// Sweep removes pictures whose time was over, most at one time, and returns how
	// many they were.
	Sweep(ctx context.Context, now time.Time, most int) (int, error)
}

// Preview is a draft of a code, as a PNG.
type Preview struct {
	Printed
	Name string // by which its picture can be had: nobody can guess it
}

// PreviewCode draws a draft of a code: no event, no link, and whatever the format,
// a PNG. It answers as GenerateCode does. The preview of a dynamic code leads to
// its target.
func (c Codes) PreviewCode(ctx context.Context, g GenerateCode) (p Preview, err error) {
	g.Format = domain.PNGCode
	job, err := c.job(ctx, g)
	if err != nil {
		return p, err
	}
	if p.Printed, err = c.Printer.Print(job); err != nil {
		return p, err
	}
	drawn := g.By.act("preview_code").secret(Desk{Random: c.Random})
	p.Name = base64.RawURLEncoding.EncodeToString(drawn[:16])
	record, seal, err := pictureLock(p.Name, c.Random)
	if err != nil {
		return p, err
	}
	aead := seal.aead()
	nonce := make([]byte, aead.NonceSize())
	c.Random(nonce)
	return p, c.Pictures.Keep(ctx, record, aead.Seal(nonce, nonce, p.File, nil), c.Now().Add(PreviewTime))
}

// Picture returns a preview's PNG; NotFound when there is none by this name, or
// its time is over.
func (c Codes) Picture(ctx context.Context, name string) ([]byte, error) {
	record, seal, err := pictureLock(name, c.Random)
	if err != nil {
		return nil, err
	}
	sealed, err := c.Pictures.Picture(ctx, record, c.Now())
	if err != nil {
		return nil, err
	}
	aead := seal.aead()
	n := min(aead.NonceSize(), len(sealed))
	return aead.Open(nil, sealed[:n], sealed[n:], nil)
}

// pictureLock is the record of a picture and what opens it.
func pictureLock(name string, random func([]byte)) (record string, seal vault, err error) {
	b, err := hkdf.Key(sha256.New, []byte(name), nil, "picture", 2*sha256.Size)
	if err != nil {
		return "", vault{}, err
	}
	return hex.EncodeToString(b[:sha256.Size]), vault{b[sha256.Size:], random}, nil
}
