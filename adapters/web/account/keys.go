package account

import (
	"context"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Keys are the commands about API keys, which hold for every contract.
type Keys interface {
	IssueKey(ctx context.Context, c commands.IssueKey) (id uuid.UUID, key string, err error)
	RevokeKey(ctx context.Context, c commands.RevokeKey) error
	KeyStory(ctx context.Context, account uuid.UUID) (commands.KeyStory, error)
}

// newKey is the body of POST /api/v1/keys/. Without an end the key holds until
// it is revoked.
type newKey struct {
	Name      string     `json:"name"`
	AllowIP   []string   `json:"allow_ip"`   // addresses or CIDRs; none for any
	ExpiresAt *string    `json:"expires_at"` // RFC 3339
	ExpiresIn *web.Whole `json:"expires_in"` // seconds; instead of expires_at
}

// maxExpiresIn is ten years, in seconds.
const maxExpiresIn = 10 * 366 * 24 * 60 * 60

// apiKey is an API key as its owner sees it.
type apiKey struct {
	ID        uuid.UUID  `json:"id"`
	Name      string     `json:"name"`
	Prefix    string     `json:"prefix"` // its first characters
	AllowIP   []string   `json:"allow_ip"`
	Status    string     `json:"status"` // active, expired, revoked
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"`   // null for never
	RevokedAt *time.Time `json:"revoked_at"`   // null while it stands
	LastUsed  *time.Time `json:"last_used_at"` // to the minute; null for never
}

// issuedKey answers POST /api/v1/keys/, with the key itself.
type issuedKey struct {
	apiKey
	Key     string `json:"key"`
	Message string `json:"message"`
}

// ListKeys answers GET /api/v1/keys/: the newest first, also those that are
// expired or revoked.
func (a *API) ListKeys(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	keys, err := a.keysOf(c, by.Account)
	if err != nil {
		return err
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, len(keys), web.Of(p, keys)))
}

func (a *API) keysOf(c *fiber.Ctx, account uuid.UUID) ([]apiKey, error) {
	story, err := a.Keys.KeyStory(c.UserContext(), account)
	if err != nil {
		return nil, err
	}
	rows, err := projections.OpenKeys(story.History, story.Used, story.Open)
	keys := make([]apiKey, len(rows))
	for i, k := range rows {
		keys[i] = apiKey{
			ID: k.Key, Name: k.Name, Prefix: k.Prefix, AllowIP: k.AllowIP, Status: k.State(a.Now()),
			CreatedAt: web.Stamp(k.IssuedAt), ExpiresAt: k.Expires, RevokedAt: k.RevokedAt, LastUsed: k.LastUsed,
		}
	}
	return keys, err
}

// IssueKey answers POST /api/v1/keys/. A key that is bound may make none: it
// could make one that is not.
func (a *API) IssueKey(c *fiber.Ctx, by commands.Caller) error {
	var k newKey
	if err := web.ReadJSON(c, &k); err != nil {
		return err
	}
	if err := web.Required("name", k.Name); err != nil {
		return err
	}
	issue := commands.IssueKey{By: by, Account: by.Account, Name: k.Name, AllowIP: k.AllowIP}
	if err := k.ends(&issue); err != nil {
		return err
	}
	id, key, err := a.Keys.IssueKey(c.UserContext(), issue)
	if err != nil {
		return err
	}
	keys, err := a.keysOf(c, by.Account)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k apiKey) bool { return k.ID == id })
	if i < 0 {
		return domain.Errorf(domain.NotFound, "there is no key %s", id)
	}
	return c.Status(fiber.StatusCreated).JSON(issuedKey{keys[i], key, "Keep the key: it is not shown again."})
}

// ends reads when the key ends.
func (k newKey) ends(c *commands.IssueKey) error {
	if k.ExpiresIn != nil && k.ExpiresAt != nil {
		return domain.Errorf(domain.Invalid, "expires_at and expires_in say the same: send one of them")
	}
	if in := k.ExpiresIn; in != nil {
		if *in < 1 || *in > maxExpiresIn {
			return domain.Errorf(domain.Invalid, "expires_in must be a number of seconds from 1 to %d", maxExpiresIn)
		}
		c.Expires = time.Duration(*in) * time.Second
	}
	if k.ExpiresAt != nil {
		at, err := time.Parse(time.RFC3339, *k.ExpiresAt)
		if err != nil || at.IsZero() {
			return domain.Errorf(domain.Invalid, "expires_at must be a time such as 2027-01-31T12:00:00Z")
		}
		c.Until = at
	}
	return nil
}

// RevokeKey answers DELETE /api/v1/keys/{id}/. A key that is revoked already
// stays so. The key that asks may be the one that is to end.
func (a *API) RevokeKey(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, "Key not found")
	if err != nil {
		return err
	}
	err = a.Keys.RevokeKey(c.UserContext(), commands.RevokeKey{By: by, Key: id})
	if domain.CodeOf(err) == domain.NotFound {
		return domain.Errorf(domain.NotFound, "Key not found")
	}
	if err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
