package commands

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Destinations says whether links may lead somewhere.
type Destinations interface {
	// Judge looks at a destination in its normal form, at its name, its addresses
	// and what is said of it; here is the host that the request was sent to, "" where
	// there is none. It returns why the destination is to be blocked, "" where it is
	// not, or an error where its addresses cannot be found out now: it is on no list,
	// and nothing of this server's, then.
	Judge(ctx context.Context, destination, here string) (domain.BlockReason, error)
	// Onward asks a destination in its normal form where it sends its readers on to,
	// and judges that: it returns the first place that is to be blocked and why, "" where
	// none is, or an error where the destination does not say now.
	Onward(ctx context.Context, destination, here string) (place string, reason domain.BlockReason, err error)
}

// blockWords are what is told of a destination that a link may not lead to.
var blockWords = map[domain.BlockReason]string{
	domain.BlockedListed:    "it is on a list of harmful sites",
	domain.BlockedForbidden: "only public addresses and those that the operator allows may be linked to",
	domain.BlockedLoop:      "it leads back to this server",
}

// wanted are a link's details as its owner sends them, read and judged. Of
// destinations that were judged before, only the form is looked at.
func (d Desk) wanted(ctx context.Context, details domain.LinkDetails, here string, judged []string) (domain.LinkDetails, error) {
	details = details.Tidied()
	fields := map[string]*string{"url": &details.Destination}
	order := []string{"url"}
	if details.Fallback != "" {
		fields["fallback_url"], order = &details.Fallback, append(order, "fallback_url")
	}
	for i := range details.Rules {
		name := fmt.Sprintf("rules[%d].url", i)
		fields[name], order = &details.Rules[i].Destination, append(order, name)
	}
	var asked []string
	for _, name := range order {
		read, err := domain.ParseDestination(*fields[name])
		if err != nil {
			return details, domain.Errorf(domain.Invalid, "%s: %v", name, err)
		}
		if *fields[name] = read; !slices.Contains(judged, read) && !slices.Contains(asked, read) {
			asked = append(asked, read)
		}
	}
	found := d.judgeAll(ctx, asked, here)
	if ctx.Err() != nil {
		return details, ctx.Err()
	}
	for _, name := range order {
		if reason := found[*fields[name]]; reason != "" {
			return details, domain.Errorf(domain.Forbidden, "%s cannot be %s: %s", name, *fields[name], blockWords[reason])
		}
	}
	return details, nil
}

// judgeAll says of each destination why it is to be blocked, for itself or for where it
// sends its readers. They are judged side by side, as each may take its time; one about
// which that cannot be found out now is not blocked, and looked at again later.
func (d Desk) judgeAll(ctx context.Context, destinations []string, here string) map[string]domain.BlockReason {
	reasons := make([]domain.BlockReason, len(destinations))
	var all sync.WaitGroup
	for i, one := range destinations {
		all.Go(func() {
			var err error
			if reasons[i], err = d.Destinations.Judge(ctx, one, here); reasons[i] == "" && err == nil {
				_, reasons[i], _ = d.Destinations.Onward(ctx, one, here)
			}
		})
	}
	all.Wait()
	found := map[string]domain.BlockReason{}
	for i, one := range destinations {
		found[one] = reasons[i]
	}
	return found
}

// How long a link's password is, in bytes.
const minLock, maxLock = 4, 128

// lock makes a password's secret, and the name by which details have it.
func (d Desk) lock(ctx context.Context, owner uuid.UUID, password string) (uuid.UUID, []Secret, error) {
	if len(password) < minLock || len(password) > maxLock || strings.ContainsFunc(password, unseen) {
		return uuid.Nil, nil, domain.Errorf(domain.Invalid, "password must have %d to %d bytes, and no control characters", minLock, maxLock)
	}
	hash, err := d.Passwords.Hash(ctx, password)
	if err != nil {
		return uuid.Nil, nil, err
	}
	id := d.NewID()
	return id, []Secret{{Name: LockSecret(id), Owner: owner, Value: []byte(hash)}}, nil
}

// LockSecret names the secret with the hash of a link's password.
func LockSecret(lock uuid.UUID) string { return "link-password:" + lock.String() }

// unlocked are the secrets that go with a lock.
func unlocked(lock uuid.UUID) []string {
	if lock == uuid.Nil {
		return nil
	}
	return []string{LockSecret(lock)}
}

// linkNamed is the stream of the link that an id or a code names. It answers
// NotFound where no link has the code; whose a link is nobody has looked.
func (d Desk) linkNamed(ctx context.Context, name string) (domain.Stream, error) {
	if id, err := uuid.Parse(name); err == nil && len(name) == 36 {
		return linkStream(id), nil
	}
	s, err := d.Secrets.Claimed(ctx, domain.LinkClaim(name))
	if domain.CodeOf(err) == domain.NotFound {
		return "", noLink()
	}
	return s, err
}

// myLink refuses a link that is unknown, deleted, erased or another's, without
// telling which.
func myLink(l *domain.Link, by Caller) error {
	if l.Account != by.Account || l.State != domain.LinkOn && l.State != domain.LinkOff {
		return noLink()
	}
	return nil
}

func noLink() error { return domain.Errorf(domain.NotFound, "Link not found") }

func newLink() *domain.Link                 { return new(domain.Link) }
func linkStream(id uuid.UUID) domain.Stream { return domain.NewStream(domain.LinkFamily, id) }
