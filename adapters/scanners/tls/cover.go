package tls

import (
	"errors"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Lines of the coverage that no grade rests on.
const (
	groupsLine     = "key exchange groups"
	downgradeLine  = "protection against downgrades (TLS_FALLBACK_SCSV)"
	revocationLine = "revocation"
	alpnLine       = "application protocols (ALPN)"
	hstsLine       = "strict-transport-security"
)

var ungraded = []string{groupsLine, downgradeLine, revocationLine, alpnLine, hstsLine}

// cover tells a part that was looked at, or why it was not.
func (l *look) cover(what string, err error) {
	c := domain.Coverage{What: what, Outcome: domain.Tested}
	var none *scanners.NotTested
	switch {
	case err == nil:
	case errors.As(err, &none):
		c.Outcome, c.Reason = none.Outcome, none.Reason
	case timedOut(err):
		c.Outcome, c.Reason = domain.TimedOut, "the server did not answer in time"
	default:
		c.Outcome, c.Reason = domain.Failed, err.Error()
	}
	if c.Outcome != domain.Tested && c.Outcome != domain.Skipped && !slices.Contains(ungraded, what) {
		l.mu.Lock()
		l.gaps = append(l.gaps, what)
		l.mu.Unlock()
	}
	l.see(c)
}

// grade gives the endpoint its letter where all was asked for. While something that it
// rests on could not be looked at there is none but those that nothing makes better.
func (l *look) grade() {
	if !l.whole() {
		return
	}
	letter, why := Grade(l.end, l.now())
	if len(l.gaps) > 0 && strings.Contains("ABCDE", strings.TrimRight(letter, "+-")) {
		slices.Sort(l.gaps)
		letter, why = "", []string{"there is no grade while these are not tested: " + strings.Join(l.gaps, ", ")}
	}
	l.end.Grade, l.end.GradeWhy = letter, why
}
