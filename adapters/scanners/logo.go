package scanners

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Logos = (*Logos)(nil)

// Logos fetches pictures through the guard. It is safe for concurrent use.
type Logos struct{ Guard *Guard }

const (
	logoTime = 5 * time.Second // of all hops
	logoHops = 3               // redirects that are followed
)

// Logo implements commands.Logos, within 5 s. What the server says of itself, but
// for its status, is told to nobody.
func (l *Logos) Logo(ctx context.Context, address string) ([]byte, error) {
	at, err := url.Parse(address)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" {
		return nil, domain.Errorf(domain.Invalid, "style.logo must be a URL by http or https, or a picture as data:image/png;base64,…")
	}
	bounded, cancel := context.WithTimeout(ctx, logoTime)
	defer cancel()
	chain, err := l.Guard.Session().Follow(bounded, Request{
		URL: at, VerifyTLS: true, MaxBody: commands.MaxLogo, Timeout: logoTime,
		Header: http.Header{"Accept": {"image/png,image/jpeg,image/gif"}},
	}, logoHops)
	var told *domain.Error
	switch {
	case errors.As(err, &told):
		return nil, domain.Errorf(told.Code, "style.logo: %s", told.Message)
	case err != nil:
		l.Guard.log.Debug("no logo", "error", err)
		return nil, domain.Errorf(domain.Invalid, "style.logo could not be fetched")
	}
	answer := chain.Last()
	switch {
	case answer.Status != http.StatusOK:
		return nil, domain.Errorf(domain.Invalid, "style.logo could not be fetched: the server answers %d", answer.Status)
	case answer.Truncated && answer.BodyError == nil:
		return nil, domain.Errorf(domain.Invalid, "style.logo must have at most %d KiB", commands.MaxLogo>>10)
	case answer.BodyError != nil:
		return nil, domain.Errorf(domain.Invalid, "style.logo could not be fetched to its end")
	}
	return answer.Body, nil
}
