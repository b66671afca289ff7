package commands_test

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var keyShape = regexp.MustCompile(`^7AZ_[0-9A-Za-z]{49}$`)

func TestIssueKey(t *testing.T) {
	var key string
	var keyID uuid.UUID
	s := given(t).when(func(s *scenario) (err error) {
		keyID, key, err = s.desk.IssueKey(t.Context(), commands.IssueKey{
			Account: ann, Name: " ci ", AllowIP: []string{"203.0.113.7", "198.51.100.9/24", "2001:db8::1/32", "::ffff:192.0.2.1", "::ffff:192.0.2.0/120"}, Expires: 24 * time.Hour,
		})
		return err
	})
	if !keyShape.MatchString(key) {
		t.Errorf("key %q", key)
	}
	expires := s.now.Add(24 * time.Hour)
	words := []string{"203.0.113.7/32", "198.51.100.0/24", "2001:db8::/32", "192.0.2.1/32", "192.0.2.0/24"}
	if s.err != nil {
		t.Fatal(s.err)
	}
	stored := s.log.Stored(s.mark)
	event, err := stored[0].Read()
	issued, _ := event.(domain.KeyIssued)
	if err != nil || len(stored) != 1 || issued.Key != keyID || issued.Prefix != key[:8] || !reflect.DeepEqual(issued.Expires, &expires) || len(issued.AllowIP) != len(words) {
		t.Errorf("appended %+v, %v", event, err)
	}
	if name := s.open(ann, issued.Name); name != "ci" {
		t.Errorf("sealed is the name %q", name)
	}
	for i, ip := range issued.AllowIP {
		if plain := s.open(ann, ip); plain != words[i] {
			t.Errorf("sealed is the address %q, want %q", plain, words[i])
		}
	}
	grant, err := s.desk.GrantOf(t.Context(), key)
	want := commands.KeyGrant{Account: ann, Key: keyID, Expires: &expires}
	for _, w := range words {
		want.AllowIP = append(want.AllowIP, netip.MustParsePrefix(w))
	}
	if err != nil || !reflect.DeepEqual(grant.KeyGrant, want) {
		t.Errorf("grant\n got %+v, %v\nwant %+v", grant, err, want)
	}
	for _, e := range s.log.Stored(0) {
		if strings.Contains(string(e.Payload), key[8:]) {
			t.Errorf("the key is in an event: %s", e.Payload)
		}
	}
}

// TestKeysOfPoorLuck draws keys of nothing but zeros and of nothing but ones:
// they have the shape of all others.
func TestKeysOfPoorLuck(t *testing.T) {
	for _, drawn := range []byte{0, 1, 0xff} {
		s := given(t, func(s *scenario) {
			s.desk.Random = func(b []byte) {
				for i := range b {
					b[i] = drawn
				}
			}
		})
		key := s.issue(ann, 0)
		if _, err := s.desk.GrantOf(t.Context(), key); err != nil || !keyShape.MatchString(key) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

// issue makes a key that can be made.
func (s *scenario) issue(account uuid.UUID, expires time.Duration) string {
	s.t.Helper()
	_, key, err := s.desk.IssueKey(s.t.Context(), commands.IssueKey{Account: account, Name: "key", Expires: expires})
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

func TestIssueKeyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		issue commands.IssueKey
		code  domain.Code
	}{
		"an unknown account": {commands.IssueKey{Account: id(9), Name: "key"}, domain.NotFound},
		"no name":            {commands.IssueKey{Account: ann, Name: "  "}, domain.Invalid},
		"a long name":        {commands.IssueKey{Account: ann, Name: strings.Repeat("x", 101)}, domain.Invalid},
		"a host name":        {commands.IssueKey{Account: ann, Name: "key", AllowIP: []string{"example.com"}}, domain.Invalid},
		"a zone":             {commands.IssueKey{Account: ann, Name: "key", AllowIP: []string{"fe80::1%eth0"}}, domain.Invalid},
		"too many bits":      {commands.IssueKey{Account: ann, Name: "key", AllowIP: []string{"192.0.2.0/33"}}, domain.Invalid},
		"half of IPv4 in 6":  {commands.IssueKey{Account: ann, Name: "key", AllowIP: []string{"::ffff:0:0/95"}}, domain.Invalid},
		"an end in the past": {commands.IssueKey{Account: ann, Name: "key", Expires: -time.Second}, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			given(t).when(func(s *scenario) error {
				_, key, err := s.desk.IssueKey(t.Context(), c.issue)
				if key != "" {
					t.Errorf("a key was made: %q", key)
				}
				return err
			}).refused(c.code)
		})
	}
}

func TestGrantOf(t *testing.T) {
	s := given(t)
	forEver, short := s.issue(ann, 0), s.issue(ann, time.Minute)
	check := func(key string, want domain.Code) {
		t.Helper()
		if _, err := s.desk.GrantOf(t.Context(), key); domain.CodeOf(err) != want {
			t.Errorf("key %q: %v, want %q", key, err, want)
		}
	}
	later(time.Minute - 1)(s)
	check(short, "")
	later(1)(s)
	check(short, domain.BadKey)
	check(forEver, "")
	check(given(t, later(time.Hour), func(s *scenario) { s.draws.Store(500) }).issue(ann, 0), domain.BadKey) // of another installation
}

// noSecrets is a store that must not be asked.
type noSecrets struct{ commands.Secrets }

func (noSecrets) Look(context.Context, commands.Look) (commands.Seen, error) {
	return commands.Seen{}, errors.New("the store was asked")
}

// TestGrantOfMistyped changes each character of a key: none of the results
// gets as far as the store.
func TestGrantOfMistyped(t *testing.T) {
	s := given(t)
	key := s.issue(ann, 0)
	s.desk.Secrets = noSecrets{}
	mistyped := []string{"", "7AZ_", key + "0", key[:52], "8AZ_" + key[4:], strings.ToLower(key), key[4:], " " + key}
	for i := 4; i < len(key); i++ {
		other := byte('0')
		if key[i] == other {
			other = '1'
		}
		mistyped = append(mistyped, key[:i]+string(other)+key[i+1:])
	}
	for _, k := range mistyped {
		if _, err := s.desk.GrantOf(t.Context(), k); domain.CodeOf(err) != domain.BadKey {
			t.Errorf("key %q: %v", k, err)
		}
	}
	if _, err := s.desk.GrantOf(t.Context(), key); err == nil || domain.CodeOf(err) == domain.BadKey {
		t.Errorf("a store that is away makes a key bad: %v", err)
	}
}

func TestRevokeKey(t *testing.T) {
	revoke := func(key uuid.UUID) func(*scenario) error {
		return func(s *scenario) error { return s.desk.RevokeKey(t.Context(), commands.RevokeKey{Key: key}) }
	}
	s := given(t)
	key, other := s.issue(ann, 0), s.issue(bob, 0)
	grant, err := s.desk.GrantOf(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	s.when(revoke(grant.Key)).then(domain.KeyRevoked{Key: grant.Key})
	if _, err := s.desk.GrantOf(t.Context(), key); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("a revoked key: %v", err)
	}
	if _, err := s.desk.GrantOf(t.Context(), other); err != nil {
		t.Errorf("another's key: %v", err)
	}
	s.when(revoke(grant.Key)).then()
	s.when(revoke(id(99))).refused(domain.NotFound)
}
