package commands_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// destinations are what is found of where links lead: nothing, where there is no entry.
type destinations struct {
	blocked map[string]domain.BlockReason
	unknown map[string]bool
	onward  map[string]string // where a destination sends its readers, "?" where it does not say
}

func (d *destinations) Judge(_ context.Context, destination, here string) (domain.BlockReason, error) {
	if here != "" && strings.Contains(destination, here) {
		return domain.BlockedLoop, nil
	}
	if d.unknown[destination] {
		return "", domain.Errorf(domain.Unresolvable, "it has no address now")
	}
	return d.blocked[destination], nil
}

func (d *destinations) Onward(ctx context.Context, destination, here string) (string, domain.BlockReason, error) {
	place := d.onward[destination]
	switch place {
	case "":
		return "", "", nil
	case "?":
		return "", "", errors.New("it does not answer")
	}
	reason, err := d.Judge(ctx, place, here)
	return place, reason, err
}

// link1 is the stream of the first link, where nothing else draws ids before.
var link1 = domain.NewStream(domain.LinkFamily, id(1))

func leading(to string) domain.LinkDetails { return domain.LinkDetails{Destination: to}.Tidied() }

func shorten(by commands.Caller, to, code string) func(*scenario) error {
	return shortenWith(commands.ShortenLink{By: by, Code: code, Details: domain.LinkDetails{Destination: to}})
}

func shortenWith(c commands.ShortenLink) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.ShortenLink(s.t.Context(), c)
		return err
	}
}

func changeLink(c commands.ChangeLink) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.ChangeLink(s.t.Context(), c)
		return err
	}
}

func toggle(by commands.Caller, link string) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.ToggleLink(s.t.Context(), commands.ToggleLink{By: by, Link: link})
		return err
	}
}

func deleteLink(by commands.Caller, link string) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.DeleteLink(s.t.Context(), commands.DeleteLink{By: by, Link: link})
	}
}

func judgeLink(s *scenario) error {
	return s.desk.JudgeLink(s.t.Context(), commands.JudgeLink{By: commands.Caller{Worker: "w"}, Link: id(1)})
}

func blocking(to string, reason domain.BlockReason) step {
	return func(s *scenario) { s.leads.blocked = map[string]domain.BlockReason{to: reason} }
}

// made is ann's link to a.example, as it was made before.
var made = domain.LinkShortened{Account: ann, Code: "mylink", LinkDetails: leading("https://a.example")}

func TestShortenLink(t *testing.T) {
	given(t).when(shorten(byAnn, "a.example", "mylink")).then(made)
	s := given(t)
	var first domain.Envelope
	s.when(func(s *scenario) (err error) {
		first, err = s.desk.ShortenLink(t.Context(), commands.ShortenLink{By: byAnn, Details: domain.LinkDetails{Destination: "https://a.example"}})
		return err
	})
	drawn, _ := first.Event.(domain.LinkShortened)
	if s.err != nil || domain.CheckCode(drawn.Code) != nil || len(drawn.Code) < 8 || first.Owner != ann {
		t.Errorf("%+v, %v", first, s.err)
	}
}

// sideBySide answers none who judges before all are there.
type sideBySide struct {
	missing sync.WaitGroup
	mu      sync.Mutex
	asked   []string
}

func (s *sideBySide) Judge(ctx context.Context, destination, _ string) (domain.BlockReason, error) {
	s.mu.Lock()
	s.asked = append(s.asked, destination)
	s.mu.Unlock()
	s.missing.Done()
	all := make(chan struct{})
	go func() { s.missing.Wait(); close(all) }()
	select {
	case <-all:
		return map[string]domain.BlockReason{"https://c.example": domain.BlockedListed}[destination], nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Onward implements commands.Destinations.
func (s *sideBySide) Onward(context.Context, string, string) (string, domain.BlockReason, error) {
	return "", "", nil
}

// TestDestinationsSideBySide has nobody wait for one destination after the other.
func TestDestinationsSideBySide(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, leads := given(t), &sideBySide{}
	s.desk.Destinations = leads
	leads.missing.Add(3)
	details := domain.LinkDetails{Destination: "a.example", MaxClicks: 1, Fallback: "b.example", Rules: []domain.RedirectRule{
		{Name: "one", Destination: "a.example", Devices: []string{"ios"}}, {Name: "two", Destination: "c.example", Devices: []string{"android"}},
	}}
	_, err := s.desk.ShortenLink(ctx, commands.ShortenLink{By: byAnn, Details: details})
	if domain.CodeOf(err) != domain.Forbidden || !strings.Contains(err.Error(), "rules[1].url cannot be https://c.example") || len(leads.asked) != 3 {
		t.Errorf("%v, after %q", err, leads.asked)
	}
}

func TestShortenLinkRefuses(t *testing.T) {
	past := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	details := func(change func(*domain.LinkDetails)) func(*scenario) error {
		d := domain.LinkDetails{Destination: "https://a.example"}
		change(&d)
		return shortenWith(commands.ShortenLink{By: byAnn, Details: d, Here: "here.example"})
	}
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		code  domain.Code
		says  string
	}{
		"a code that is taken":      {[]step{did(shorten(byBob, "b.example", "MyLink"))}, shorten(byAnn, "a.example", "mylink"), domain.Conflict, "The code mylink is taken"},
		"a code that was another's": {[]step{did(shorten(byBob, "b.example", "mylink")), did(deleteLink(byBob, "mylink"))}, shorten(byAnn, "a.example", "mylink"), domain.Conflict, "is taken"},
		"a code that was one's own": {[]step{did(shorten(byAnn, "b.example", "mylink")), did(deleteLink(byAnn, "mylink"))}, shorten(byAnn, "a.example", "mylink"), "", ""},
		"that, twice":               {[]step{did(shorten(byAnn, "b.example", "mylink")), did(deleteLink(byAnn, "mylink")), did(shorten(byAnn, "c.example", "mylink"))}, shorten(byAnn, "a.example", "mylink"), domain.Conflict, "is taken"},
		"a code that is none":       {nil, shorten(byAnn, "a.example", "my link"), domain.Invalid, "custom_code must have"},
		"no URL":                    {nil, shorten(byAnn, "", "mylink"), domain.Invalid, "url: the target must not be empty"},
		"a script":                  {nil, shorten(byAnn, "javascript:alert(1)", "mylink"), domain.Invalid, "must begin with http"},
		"what is listed":            {[]step{blocking("https://a.example", domain.BlockedListed)}, shorten(byAnn, "a.example", ""), domain.Forbidden, "url cannot be https://a.example: it is on a list of harmful sites"},
		"what is inside":            {[]step{blocking("https://a.example", domain.BlockedForbidden)}, shorten(byAnn, "a.example", ""), domain.Forbidden, "only public addresses"},
		"back here":                 {nil, details(func(d *domain.LinkDetails) { d.Destination = "https://here.example/s/x" }), domain.Forbidden, "leads back to this server"},
		"a rule that leads back": {nil, details(func(d *domain.LinkDetails) {
			d.Rules = []domain.RedirectRule{{Name: "r", Destination: "https://here.example/", Devices: []string{"mobile"}}}
		}), domain.Forbidden, "rules[0].url"},
		"a fallback that leads back": {nil, details(func(d *domain.LinkDetails) { d.MaxClicks, d.Fallback = 1, "https://here.example/" }), domain.Forbidden, "fallback_url"},
		"an end that has been":       {nil, details(func(d *domain.LinkDetails) { d.ExpiresAt = &past }), domain.Invalid, "expires_at"},
		"a short password":           {nil, shortenWith(commands.ShortenLink{By: byAnn, Details: leading("https://a.example"), Password: "abc"}), domain.Invalid, "password must have"},
		"no account":                 {nil, shorten(commands.Caller{Account: id(9)}, "a.example", ""), domain.NotFound, ""},
		"no address now":             {[]step{func(s *scenario) { s.leads.unknown = map[string]bool{"https://a.example": true} }}, shorten(byAnn, "a.example", ""), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...).when(c.when)
			if c.code == "" {
				if s.err != nil {
					t.Error(s.err)
				}
				return
			}
			if s.refused(c.code); !strings.Contains(s.err.Error(), c.says) {
				t.Errorf("it says %v", s.err)
			}
		})
	}
}

// TestShortenAtOnce has forty want one code at the same moment.
func TestShortenAtOnce(t *testing.T) {
	s := given(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[domain.Code]int{}
	for n := range 40 {
		wg.Go(func() {
			err := shorten(byAnn, fmt.Sprintf("%d.example", n), "mylink")(s)
			mu.Lock()
			defer mu.Unlock()
			codes[domain.CodeOf(err)]++
		})
	}
	wg.Wait()
	if codes[""] != 1 || codes[domain.Conflict] != 39 {
		t.Errorf("%v", codes)
	}
}

func TestChangeLink(t *testing.T) {
	to := func(change func(*domain.LinkDetails)) func(domain.LinkDetails) domain.LinkDetails {
		return func(d domain.LinkDetails) domain.LinkDetails { change(&d); return d }
	}
	off, on := false, true
	b := domain.LinkChanged{LinkDetails: leading("https://b.example")}
	harm := domain.LinkBlocked{Destination: "https://a.example", Reason: domain.BlockedListed}
	known := happened(link1, made)
	for name, c := range map[string]struct {
		given  []step
		change commands.ChangeLink
		want   []domain.Event
		code   domain.Code
	}{
		"nothing":            {nil, commands.ChangeLink{}, nil, ""},
		"what it is":         {nil, commands.ChangeLink{Enabled: &on, To: to(func(d *domain.LinkDetails) { d.Destination = "a.example" })}, nil, ""},
		"elsewhere":          {nil, commands.ChangeLink{To: to(func(d *domain.LinkDetails) { d.Destination = "b.example" })}, []domain.Event{b}, ""},
		"elsewhere and off":  {nil, commands.ChangeLink{Enabled: &off, To: to(func(d *domain.LinkDetails) { d.Destination = "b.example" })}, []domain.Event{b, domain.LinkDisabled{}}, ""},
		"to what is listed":  {[]step{blocking("https://b.example", domain.BlockedListed)}, commands.ChangeLink{To: to(func(d *domain.LinkDetails) { d.Destination = "b.example" })}, nil, domain.Forbidden},
		"beside what is":     {[]step{blocking("https://a.example", domain.BlockedListed)}, commands.ChangeLink{Enabled: &off}, []domain.Event{domain.LinkDisabled{}}, ""},
		"blocked, still":     {[]step{happened(link1, harm), blocking("https://a.example", domain.BlockedListed)}, commands.ChangeLink{Enabled: &off}, nil, domain.Forbidden},
		"blocked, elsewhere": {[]step{happened(link1, harm)}, commands.ChangeLink{To: to(func(d *domain.LinkDetails) { d.Destination = "b.example" })}, []domain.Event{b}, ""},
		"a bad tag":          {nil, commands.ChangeLink{To: to(func(d *domain.LinkDetails) { d.Tags = []string{"\a"} })}, nil, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			c.change.By, c.change.Link = byAnn, id(1).String()
			s := given(t, append([]step{known}, c.given...)...).when(changeLink(c.change))
			if c.code != "" {
				s.refused(c.code)
			} else {
				s.then(c.want...)
			}
		})
	}
	gone := []domain.Event{domain.LinkDeleted{}, domain.LinkErased{}}
	unknown(t, link1, known, gone, "Link not found", func(by commands.Caller) map[string]func(*scenario) error {
		return map[string]func(*scenario) error{
			"change": changeLink(commands.ChangeLink{By: by, Link: id(1).String(), Enabled: &off}), "toggle": toggle(by, id(1).String()), "delete": deleteLink(by, id(1).String()),
			"by code": toggle(by, "nocode"),
		}
	})
}

func TestToggleLink(t *testing.T) {
	known := happened(link1, made)
	given(t, known).when(toggle(byAnn, id(1).String())).then(domain.LinkDisabled{})
	given(t, known, happened(link1, domain.LinkDisabled{})).when(toggle(byAnn, id(1).String())).then(domain.LinkEnabled{})
	given(t, did(shorten(byAnn, "a.example", "MyLink"))).when(toggle(byAnn, "mylink")).then(domain.LinkDisabled{})
}

// TestLinkPassword keeps a hash beside the log, and lets it go with the password.
func TestLinkPassword(t *testing.T) {
	s := given(t, did(shortenWith(commands.ShortenLink{By: byAnn, Code: "mylink", Details: leading("https://a.example"), Password: "geheim"})))
	var locks []uuid.UUID
	lock := func() uuid.UUID {
		history, err := s.log.Read(t.Context(), s.linkOf("mylink"), 0)
		if err != nil {
			t.Fatal(err)
		}
		return domain.Fold(new(domain.Link), history).Lock
	}
	change := func(password string) {
		did(changeLink(commands.ChangeLink{By: byAnn, Link: "mylink", Password: &password}))(s)
	}
	locks = append(locks, lock())
	change("another")
	locks = append(locks, lock())
	change("another")
	locks = append(locks, lock())
	for _, stored := range s.log.Stored(0) {
		if bytes.Contains(stored.Payload, []byte("geheim")) || bytes.Contains(stored.Payload, []byte("hash of")) {
			t.Errorf("an event has it: %s", stored.Payload)
		}
	}
	secret, err := s.log.Secret(t.Context(), commands.LockSecret(locks[2]))
	if err != nil || !strings.HasPrefix(string(secret.Value), "hash of 7") || locks[0] == locks[1] || locks[1] == locks[2] {
		t.Errorf("%v of %v, %v", secret, locks, err)
	}
	change("")
	if lock() != uuid.Nil {
		t.Error("it has a password still")
	}
	for _, gone := range locks {
		if _, err := s.log.Secret(t.Context(), commands.LockSecret(gone)); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("the secret of %s: %v", gone, err)
		}
	}
}

// linkOf is the stream of the link that has a code.
func (s *scenario) linkOf(code string) domain.Stream {
	s.t.Helper()
	stream, err := s.log.Claimed(s.t.Context(), domain.LinkClaim(code))
	if err != nil {
		s.t.Fatal(err)
	}
	return stream
}

func TestJudgeLink(t *testing.T) {
	harm := domain.LinkBlocked{Destination: "https://a.example", Reason: domain.BlockedListed}
	inside := domain.LinkBlocked{Destination: "https://a.example", Reason: domain.BlockedForbidden}
	known := happened(link1, made)
	unsure := func(s *scenario) { s.leads.unknown = map[string]bool{"https://a.example": true} }
	given(t, known).when(judgeLink).then()
	given(t, known, blocking("https://a.example", domain.BlockedListed)).when(judgeLink).then(harm)
	given(t, known, happened(link1, harm), blocking("https://a.example", domain.BlockedListed)).when(judgeLink).then()
	given(t, known, happened(link1, harm), blocking("https://a.example", domain.BlockedForbidden)).when(judgeLink).then(inside)
	given(t, known, happened(link1, harm)).when(judgeLink).then(domain.LinkCleared{})
	given(t, known, happened(link1, harm), unsure).when(judgeLink).then(domain.LinkCleared{}) // it is on no list any more, whatever its addresses are
	given(t, known, happened(link1, inside), unsure).when(judgeLink).then()
	elsewhere := happened(link1, domain.LinkBlocked{Destination: "https://b.example", Reason: domain.BlockedForbidden})
	given(t, known, elsewhere, unsure).when(judgeLink).then(domain.LinkCleared{}) // what was blocked is in order again
	given(t, known, unsure).when(judgeLink).then()
	given(t, known, happened(link1, domain.LinkDeleted{})).when(judgeLink).refused(domain.NotFound)
}

// TestJudgeLinkOnward blocks a link for where its destination sends readers on to, as long
// as it is not known to be otherwise.
func TestJudgeLinkOnward(t *testing.T) {
	const to, place = "https://a.example", "https://harm.example/x"
	harm, known := domain.LinkBlocked{Destination: place, Reason: domain.BlockedListed}, happened(link1, made)
	was, listed := happened(link1, harm), blocking(place, domain.BlockedListed)
	sends := func(place string) step { return func(s *scenario) { s.leads.onward = map[string]string{to: place} } }
	unsure := func(s *scenario) { s.leads.unknown = map[string]bool{place: true} }
	ask := func(s *scenario) error {
		return s.desk.JudgeLink(t.Context(), commands.JudgeLink{By: commands.Caller{Worker: "w"}, Link: id(1), Ask: true})
	}
	given(t, known, listed, sends(place)).when(ask).then(harm)
	given(t, known, listed, sends(place)).when(judgeLink).then() // nobody was asked
	given(t, known, listed, sends("https://b.example")).when(ask).then()
	given(t, known, listed, sends("?")).when(ask).then()
	given(t, known, was, listed, sends(place)).when(ask).then()
	given(t, known, was, listed, sends(place)).when(judgeLink).then()
	given(t, known, was, listed, sends("?")).when(ask).then()
	given(t, known, was, unsure, sends(place)).when(ask).then()
	given(t, known, was, unsure, sends(place)).when(judgeLink).then()
	given(t, known, was, listed, sends("")).when(ask).then(domain.LinkCleared{})
	given(t, known, was, sends("?")).when(judgeLink).then(domain.LinkCleared{}) // the place is in order again
	itself := domain.LinkBlocked{Destination: to, Reason: domain.BlockedListed}
	given(t, known, was, blocking(to, domain.BlockedListed), sends(place)).when(ask).then(itself)
	given(t, known, happened(link1, itself), sends("?")).when(ask).then(domain.LinkCleared{})
	given(t, listed, sends(place)).when(shorten(byAnn, "a.example", "mylink")).refused(domain.Forbidden)
	given(t, listed, sends("?")).when(shorten(byAnn, "a.example", "mylink")).then(made)
}

// TestLinkStands holds what is said of a link as it was read to what JudgeLink does.
func TestLinkStands(t *testing.T) {
	const to = "https://a.example"
	for _, was := range []domain.BlockReason{"", domain.BlockedListed, domain.BlockedForbidden} {
		for _, is := range []domain.BlockReason{"", domain.BlockedListed, domain.BlockedForbidden} {
			for _, unsure := range []bool{false, true} {
				before, link := []domain.Event{made}, domain.Link{LinkDetails: made.LinkDetails}
				if was != "" {
					before, link.Blocked = append(before, domain.LinkBlocked{Destination: to, Reason: was}), &domain.Blocking{Destination: to, Reason: was}
				}
				s := given(t, happened(link1, before...), blocking(to, is), func(s *scenario) { s.leads.unknown = map[string]bool{to: unsure} })
				stands := s.desk.LinkStands(t.Context(), link.LinkDetails, link.Blocked, false)
				s.when(judgeLink)
				history, err := s.log.Read(t.Context(), link1, 0)
				if changed := len(history) > len(before); err != nil || changed == stands {
					t.Errorf("was %q, is %q, unsure %v: it stands: %v, and JudgeLink changes it: %v, %v", was, is, unsure, stands, changed, err)
				}
			}
		}
	}
}

func TestEraseLink(t *testing.T) {
	erase := func(s *scenario) error {
		return s.desk.EraseLink(t.Context(), commands.EraseLink{By: commands.Caller{Operator: true}, ID: id(1), Reason: domain.ForAccount})
	}
	s := given(t, did(shorten(byAnn, "a.example", "mylink")))
	stream := s.linkOf("mylink")
	s.when(func(s *scenario) error {
		return s.desk.EraseLink(t.Context(), commands.EraseLink{By: commands.Caller{Operator: true}, ID: stream.ID(), Reason: domain.ForAccount})
	}).then(domain.LinkErased{Reason: domain.ForAccount})
	history, err := s.log.Read(t.Context(), stream, 0)
	if _, gone := history[0].Event.(domain.Erased); err != nil || !gone {
		t.Errorf("it says %+v, %v", history[0].Event, err)
	}
	for _, claim := range []string{domain.LinkClaim("mylink"), domain.FirstLinkClaim("mylink")} {
		if holder, err := s.log.Claimed(t.Context(), claim); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("%s is held by %q, %v", claim, holder, err)
		}
	}
	given(t).when(erase).refused(domain.NotFound)
	given(t, happened(link1, made, domain.LinkErased{})).when(erase).then()
	var taken *domain.Error
	if errors.As(given(t, did(shorten(byBob, "b.example", "mylink"))).when(shorten(byAnn, "a.example", "mylink")).err, &taken); taken == nil || taken.Existing == "" {
		t.Errorf("%+v", taken)
	}
}
