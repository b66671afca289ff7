package lookup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/publicsuffix"

	"github.com/scanledger/scanledger/domain"
)

// registrable is what registries know of a subject: of a name the domain that it
// is in, below a suffix that is a registry's and no company's.
func registrable(s domain.LookupSubject) domain.LookupSubject {
	if s.Kind != domain.DomainSubject {
		return s
	}
	suffix, public := publicsuffix.PublicSuffix(s.Name)
	for !public && strings.Contains(suffix, ".") {
		_, above, _ := strings.Cut(suffix, ".")
		suffix, public = publicsuffix.PublicSuffix(above)
	}
	before, below := strings.CutSuffix(s.Name, "."+suffix)
	if !below {
		return s
	}
	s.Name = before[strings.LastIndex(before, ".")+1:] + "." + suffix
	return s
}

// asking is one look-up of a registration under way.
type asking struct {
	*Client
	subject domain.LookupSubject
	dial    Dial // through the guard
	parts   []domain.LookupPart
}

// register asks registries for a subject: by RDAP, and by WHOIS where that did not
// say.
func (c *Client) register(ctx context.Context, s domain.LookupSubject) registered {
	a := &asking{Client: c, subject: s, dial: c.Dial()}
	if s.Kind == domain.DomainSubject && !c.public(s) {
		for _, part := range []string{"rdap", "whois"} {
			a.note(domain.LookupPart{Part: part, Outcome: domain.PartSkipped, Reason: "no registry has names of a local network"})
		}
		return registered{nil, a.parts}
	}
	bounded, cancel := context.WithTimeout(ctx, a.share)
	found := a.overRDAP(bounded)
	cancel()
	switch last := a.parts[0].Outcome; {
	case last == domain.PartFound:
		a.note(domain.LookupPart{Part: "whois", Outcome: domain.PartSkipped, Reason: "RDAP has answered"})
	case last == domain.PartNone:
		a.note(domain.LookupPart{Part: "whois", Outcome: domain.PartSkipped, Reason: "RDAP says that there is no such registration"})
	default:
		found = a.overWHOIS(ctx)
	}
	return registered{found, a.parts}
}

// note adds a part.
func (a *asking) note(p domain.LookupPart) {
	p.At = a.Now().UTC().Truncate(time.Microsecond)
	a.parts = append(a.parts, p)
}

// failed is a part that was not answered.
func failed(part, source string, err error) domain.LookupPart {
	p := domain.LookupPart{Part: part, Source: source, Outcome: domain.PartFailed, Reason: plain(err).Error()}
	var limited limitedError
	var late net.Error
	switch {
	case errors.As(err, &limited):
		p.Outcome = domain.PartLimited
	case domain.CodeOf(err) == domain.Forbidden, errors.Is(err, syscall.ECONNREFUSED):
		p.Outcome = domain.PartRefused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		p.Outcome = domain.PartTimedOut
	}
	return p
}

// plain says in a clause what went wrong, without the layers around it.
func plain(err error) error {
	var told *domain.Error
	var late net.Error
	var limited limitedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return told
	case errors.As(err, &limited):
		return limited
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return errors.New("no answer in time")
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("the connection is refused")
	case errors.Is(err, syscall.ECONNRESET):
		return errors.New("the connection breaks off")
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

// hash is what an answer is known again by: it is not kept itself.
func hash(raw []byte) domain.Hash {
	sum := sha256.Sum256(raw)
	return domain.Hash(hex.EncodeToString(sum[:]))
}

// about says that an answer is not about what was asked for.
func about(other string, s domain.LookupSubject) error {
	return fmt.Errorf("the answer is about %q, and not about %s", clip(other), s.Name)
}

// clip shortens what a server says for a sentence.
func clip(s string) string {
	if len(s) > 100 {
		return strings.ToValidUTF8(s[:100], "") + "…"
	}
	return s
}
