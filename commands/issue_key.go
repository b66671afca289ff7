package commands

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/big"
	"net/netip"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// IssueKey makes an API key for an account.
type IssueKey struct {
	By      Caller
	Account uuid.UUID
	Name    string
	AllowIP []string      // addresses or CIDRs; none means any
	Expires time.Duration // from now; 0 means never
	Until   time.Time     // the same as a moment; zero means never
}

// maxAllowed is how many addresses a key may be bound to.
const maxAllowed = 100

// KeyGrant is what an API key opens.
type KeyGrant struct {
	Account uuid.UUID      `json:"account"`
	Key     uuid.UUID      `json:"key"`
	AllowIP []netip.Prefix `json:"allow_ip,omitempty"`
	Expires *time.Time     `json:"expires,omitempty"`
}

// KeyPrefix begins every API key.
const KeyPrefix = "7AZ_"

// IssueKey returns the key's id and the key itself, which is stored nowhere:
// only its hash is. Its name and addresses are sealed in the event. It answers
// NotFound for an unknown account, Invalid for a name, an address or an end
// that cannot be used, Denied for a caller with a key that is bound itself: no
// key makes a freer one.
func (d Desk) IssueKey(ctx context.Context, c IssueKey) (id uuid.UUID, key string, err error) {
	by := c.By.act("issue_key")
	if len(by.done) > 0 {
		return by.done[0].Event.(domain.KeyIssued).Key, newKey(by.secret(d)), nil
	}
	name := strings.TrimSpace(c.Name)
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, unseen) {
		return uuid.Nil, "", domain.Errorf(domain.Invalid, "name must have 1 to 100 characters, and none of them a control character")
	}
	prefixes, words, err := parsePrefixes(c.AllowIP)
	if err != nil {
		return uuid.Nil, "", err
	}
	expires, err := c.ends(d.Now())
	if err != nil {
		return uuid.Nil, "", err
	}
	id, key = d.NewID(), newKey(by.secret(d))
	grant := KeyGrant{Account: c.Account, Key: id, AllowIP: prefixes, Expires: expires}
	value, err := json.Marshal(grant)
	if err != nil {
		return uuid.Nil, "", fmt.Errorf("key grant: %w", err)
	}
	vault, err := d.vaultOf(ctx, c.Account)
	if err != nil {
		return uuid.Nil, "", err
	}
	issued := domain.KeyIssued{
		Key: id, Name: vault.seal(name), Prefix: key[:len(KeyPrefix)+4], AllowIP: vault.sealAll(words), Expires: grant.Expires,
	}
	appended, err := decide(ctx, d, by, accountStream(c.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.Account)
		}
		if err := a.Free(c.By.Key); err != nil {
			return Write{}, nil, err
		}
		return Write{
			Owner:   c.Account,
			Claims:  []Claim{{Name: keyClaim(id)}},
			Secrets: []Secret{{Name: keySecret(key), Owner: c.Account, Value: value}, {Name: keyNameSecret(id), Owner: c.Account, Value: []byte(keySecret(key))}},
		}, []domain.Event{issued}, nil
	})
	if err != nil {
		return uuid.Nil, "", err
	}
	return appended[0].Event.(domain.KeyIssued).Key, key, nil
}

// ends is when the key ends; nil for never.
func (c IssueKey) ends(now time.Time) (*time.Time, error) {
	at := c.Until
	switch {
	case c.Expires != 0 && !at.IsZero():
		return nil, domain.Errorf(domain.Invalid, "a key expires at a moment or after a time, not both")
	case c.Expires != 0:
		at = now.Add(c.Expires)
	case at.IsZero():
		return nil, nil
	}
	if !at.After(now) {
		return nil, domain.Errorf(domain.Invalid, "the time at which the key expires must be one to come")
	}
	at = at.UTC().Truncate(time.Microsecond)
	return &at, nil
}

// newKey writes 256 random bits in base 62, with a check sum at the end.
func newKey(raw []byte) string {
	body := fmt.Sprintf("%043s", new(big.Int).SetBytes(raw).Text(62))
	return KeyPrefix + body + checksum(body)
}

func wellFormed(key string) bool {
	body, ok := strings.CutPrefix(key, KeyPrefix)
	return ok && len(body) == 49 && checksum(body[:43]) == body[43:]
}

// checksum is CRC-32 (IEEE) in base 62, six characters.
func checksum(body string) string {
	return fmt.Sprintf("%06s", big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))).Text(62))
}

func parsePrefixes(words []string) ([]netip.Prefix, []string, error) {
	prefixes, normal := []netip.Prefix{}, []string{}
	if len(words) > maxAllowed {
		return nil, nil, domain.Errorf(domain.Invalid, "a key is bound to at most %d addresses", maxAllowed)
	}
	for _, w := range words {
		p := parsePrefix(w)
		if !p.IsValid() {
			return nil, nil, domain.Errorf(domain.Invalid, "%q is no address or CIDR such as 203.0.113.0/24", w)
		}
		prefixes, normal = append(prefixes, p), append(normal, p.String())
	}
	return prefixes, normal, nil
}

// parsePrefix reads an address or a CIDR. IPv4 in IPv6 is IPv4, as callers'
// addresses are. What cannot be read is the zero prefix.
func parsePrefix(w string) netip.Prefix {
	if a, err := netip.ParseAddr(w); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen())
	}
	p, err := netip.ParsePrefix(w)
	if err == nil && p.Addr().Is4In6() {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

func keySecret(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "key:" + hex.EncodeToString(sum[:])
}

func keyNameSecret(id uuid.UUID) string { return "key-of:" + id.String() }
func keyClaim(id uuid.UUID) string      { return "key:" + id.String() }
