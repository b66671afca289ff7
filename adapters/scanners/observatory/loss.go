package observatory

import (
	"context"
	"errors"
	"net"
	"strings"
	"unicode"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// maxReason bounds the text of a foreign error, in bytes.
const maxReason = 240

// Loss says in one clause what became of a trip that came to no answer.
func (t Trip) Loss() string {
	if t.Err == nil {
		return "nothing was asked for"
	}
	return plain(t.Err.Error())
}

// notTested turns the error that kept a scanner from looking into the one that
// the report shows; ctx's own error goes through.
func notTested(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return &scanners.NotTested{Outcome: outcomeOf(err), Reason: plain(err.Error())}
}

// outcomeOf classes what went wrong with a connection: Refused by the guard,
// TimedOut, or else Skipped, since nothing is there.
func outcomeOf(err error) domain.Outcome {
	var network net.Error
	switch {
	case err == nil:
		return domain.Skipped
	case domain.CodeOf(err) == domain.Forbidden:
		return domain.Refused
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return domain.TimedOut
	}
	return domain.Skipped
}

// plain makes a text that may hold foreign bytes fit to be shown in a line.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.TrimRight(strings.ToValidUTF8(cut(text, maxReason), ""), ". ")
}
