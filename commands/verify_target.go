package commands

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Published is what somebody has put where all can see it.
type Published interface {
	// TXT returns a name's TXT records, none where there are none.
	TXT(ctx context.Context, name string) ([]string, error)
	// File returns the beginning of a file on a web server, trimmed. Its error
	// says what was there instead, in words for the client: *domain.Error.
	File(ctx context.Context, url string) (string, error)
}

// VerifyTarget looks whether the caller owns a target on its list.
type VerifyTarget struct {
	By Caller
	ID uuid.UUID
}

// Verification is what VerifyTarget has come to.
type Verification struct {
	Proof  *domain.Proof // that was found; nil when none was
	Looked []Searched    // where: everywhere, or only where it was found
}

// Searched is one place where a proof was looked for.
type Searched struct {
	domain.Place
	Expected string
	Found    []string // the TXT records, or the file
	Problem  string   // why nothing could be found; "" where something was
}

// VerifyTarget looks for the proof in all places that a target has, at once,
// and notes it where it is found. It answers NotFound for a target that is unknown,
// another's or removed, Invalid for one that cannot be proven.
func (d Desk) VerifyTarget(ctx context.Context, c VerifyTarget) (Verification, error) {
	by := c.By.act("verify_target")
	if len(by.done) > 0 {
		return d.verified(by.done[0]), nil
	}
	history, err := d.Log.Read(ctx, targetStream(c.ID), 0)
	if err != nil {
		return Verification{}, err
	}
	a := domain.Fold(newAsset(), history)
	if err := myAsset(a, c.By); err != nil {
		return Verification{}, err
	}
	places := domain.ProofPlaces(a.Target)
	if len(places) == 0 {
		return Verification{}, domain.Errorf(domain.Invalid, "The ownership of a range of addresses cannot be proven: add its hosts one by one")
	}
	looked, found := make([]Searched, len(places)), make([]bool, len(places))
	var all sync.WaitGroup
	for i, place := range places {
		all.Go(func() { looked[i], found[i] = d.look(ctx, place, d.ProofOf(c.By.Account, a.Target)) })
	}
	all.Wait()
	i := slices.Index(found, true)
	switch {
	case i >= 0:
		return d.noteProof(ctx, by, c.ID, domain.TargetVerified{Domain: a.Target.ProvenAt(places[i]), Method: places[i].Method, Where: places[i].Where})
	case ctx.Err() != nil:
		return Verification{}, domain.Errorf(domain.Unavailable, "What was looked for did not answer in time. Try again.")
	default:
		return Verification{Looked: looked}, nil
	}
}

func (d Desk) noteProof(ctx context.Context, by act, id uuid.UUID, v domain.TargetVerified) (Verification, error) {
	appended, err := decide(ctx, d, by, targetStream(id), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := myAsset(a, by.Caller); err != nil {
			return Write{}, nil, err
		}
		events, err := a.Verify(v)
		return Write{Owner: a.Account}, events, err
	})
	if err != nil {
		return Verification{}, err
	}
	return d.verified(appended[0]), nil
}

// verified is what the event of a proof says.
func (d Desk) verified(e domain.Envelope) Verification {
	v, _ := e.Event.(domain.TargetVerified)
	text := domain.ProofText(d.proofToken(e.Owner, domain.ProvenHost(v.Domain)))
	return Verification{
		Proof:  domain.ProofOf(e, v),
		Looked: []Searched{{Place: domain.Place{Method: v.Method, Where: v.Where}, Expected: text, Found: []string{text}}},
	}
}

// look looks in one place.
func (d Desk) look(ctx context.Context, at domain.Place, text string) (l Searched, found bool) {
	l = Searched{Place: at, Expected: text}
	var err error
	if at.Method == domain.ByDNS {
		l.Found, err = d.Published.TXT(ctx, at.Where)
		if len(l.Found) == 0 {
			l.Problem = "there is no such TXT record"
		}
	} else {
		var file string
		file, err = d.Published.File(ctx, at.Where)
		l.Found = []string{file}
	}
	if err != nil {
		l.Found, l.Problem = nil, problem(err)
	}
	return l, slices.Contains(l.Found, text)
}

// problem is an error in words for the client.
func problem(err error) string {
	if code := domain.CodeOf(err); code != domain.Internal {
		return strings.TrimSpace(err.Error())
	}
	return "it could not be asked for"
}

// ProofOf is the text that proves that a target is an account's. It is no
// secret of theirs: only who may publish it has what it proves.
func (d Desk) ProofOf(account uuid.UUID, t domain.Target) string {
	return domain.ProofText(d.proofToken(account, t.Host))
}

// proofToken is the same whenever it is asked for, and no other account's.
func (d Desk) proofToken(account uuid.UUID, host string) string {
	mac := hmac.New(sha256.New, d.ProofKey)
	fmt.Fprintf(mac, "%s %s", account, host)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
