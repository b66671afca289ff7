package lookup

import (
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/domain"
)

const (
	referralAge  = 24 * time.Hour // that the server of a top-level domain is remembered
	referralRoom = 2048
)

// referrals are which server has the names below a top-level domain: so the first
// server is not asked each time. Ranges of addresses have many, and are asked for.
type referrals struct {
	now func() time.Time

	mu    sync.Mutex
	known map[string]remembered[string]
}

func newReferrals(now func() time.Time) *referrals {
	return &referrals{now: now, known: map[string]remembered[string]{}}
}

func (r *referrals) get(s domain.LookupSubject) (server string, met bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one, met := r.known[topOf(s)]
	return one.value, met && r.now().Before(one.until)
}

func (r *referrals) keep(s domain.LookupSubject, server string) {
	if s.Kind != domain.DomainSubject {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.known) >= referralRoom {
		clear(r.known)
	}
	r.known[topOf(s)] = remembered[string]{server, r.now().Add(referralAge)}
}

func (r *referrals) drop(s domain.LookupSubject) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, topOf(s))
}

func topOf(s domain.LookupSubject) string { return s.Name[strings.LastIndex(s.Name, ".")+1:] }
