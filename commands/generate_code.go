package commands

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// GenerateCode makes a QR code to be handed out.
type GenerateCode struct {
	By      Caller
	Type    domain.CodeType
	Payload string // as the type's form has written it
	Style   domain.CodeStyle
	Logo    string // a data URI, or a URL that is fetched; "" for none
	Format  domain.CodeFormat
	// Dynamic makes the code lead to a short link, whose target may change later
	// and whose scans are counted. It is for URLs alone.
	Dynamic bool
	Here    string // of a dynamic code: the host that the request was sent to, to which no link leads
	Base    string // and what short links begin with, "https://links.example"
}

// Generated is a code that was made.
type Generated struct {
	Printed
	Code uuid.UUID
	Link CodeLink // of a dynamic code
}

// viaQR is what a code's link ends with, so that its visits count as scans.
const viaQR = "?qr=1"

// standIn is a link's code that is drawn before there is a link: a style that cannot
// be read makes none. It is as long as those that links get.
const standIn = "bcdfghjkmn"

// GenerateCode answers a *domain.Error: Invalid with what to change for what
// Printer does not take, and what Logos and ShortenLink answer.
func (c Codes) GenerateCode(ctx context.Context, g GenerateCode) (Generated, error) {
	out := Generated{Code: c.NewID()}
	job, err := c.job(ctx, g)
	if err != nil {
		return out, err
	}
	if g.Dynamic {
		if out.Link, err = c.link(ctx, g, job); err != nil {
			return out, err
		}
		job.Payload = out.Link.Short + viaQR
	}
	if out.Printed, err = c.Printer.Print(job); err != nil {
		return out, err
	}
	return out, c.Emit(c.generated(g.By, out, job.Payload, g.Type, g.Format, uuid.Nil))
}

// job is what is to be drawn, with the logo.
func (c Codes) job(ctx context.Context, g GenerateCode) (PrintJob, error) {
	if err := g.Style.Check(); err != nil {
		return PrintJob{}, err
	}
	logo, err := c.logo(ctx, g.Logo)
	return PrintJob{Payload: g.Payload, Style: g.Style, Logo: logo, Format: g.Format}, err
}

// link makes the link of a dynamic code, once it is known that one in this style
// can be drawn.
func (c Codes) link(ctx context.Context, g GenerateCode, job PrintJob) (CodeLink, error) {
	if g.Type != domain.URLCode {
		return CodeLink{}, domain.Errorf(domain.Invalid, "dynamic is for qr_type url alone: only a web address can lead elsewhere later")
	}
	job.Payload = shortOf(g.Base, standIn) + viaQR
	if _, err := c.Printer.Print(job); err != nil {
		return CodeLink{}, err
	}
	made, err := c.Links.ShortenLink(ctx, ShortenLink{By: g.By, Details: domain.LinkDetails{Destination: g.Payload}, Here: g.Here})
	if err != nil {
		return CodeLink{}, err
	}
	link, ok := made.Event.(domain.LinkShortened)
	if !ok {
		return CodeLink{}, fmt.Errorf("a link begins with %s", made.Event.Kind())
	}
	return CodeLink{Stream: made.Stream, Short: shortOf(g.Base, link.Code)}, nil
}

func shortOf(base, code string) string { return base + "/s/" + code }
