package sevenazzani

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// on is what the fields make of details.
func (f linkFields) on(d domain.LinkDetails) (domain.LinkDetails, error) {
	clicks := web.Whole(d.MaxClicks)
	err := errors.Join(
		replace(f.ExpiresAt, "expires_at", "a time such as 2027-01-31T23:00:00Z", &d.ExpiresAt),
		replace(f.MaxClicks, "max_clicks", "a whole number", &clicks),
		replace(f.FallbackURL, "fallback_url", "a string", &d.Fallback),
	)
	d.MaxClicks = int(clicks)
	if f.Rules != nil {
		d.Rules = make([]domain.RedirectRule, len(*f.Rules))
		for i, r := range *f.Rules {
			d.Rules[i] = r.rule(i)
		}
	}
	if f.Tags != nil {
		d.Tags = slices.Clone(*f.Tags)
	}
	if f.UTM != nil {
		d.UTM = domain.UTM(*f.UTM)
	}
	if f.Forward != nil {
		d.Forward = *f.Forward
	}
	return d, err
}

// on is what the fields make of details.
func (s changeLink) on(d domain.LinkDetails) (domain.LinkDetails, error) {
	if s.URL != nil {
		d.Destination = *s.URL
	}
	return s.linkFields.on(d)
}

// replace reads a field: one that is absent leaves the value, null clears it.
func replace[T any](raw json.RawMessage, field, wanted string, value *T) error {
	if raw == nil {
		return nil
	}
	var read T
	if err := json.Unmarshal(raw, &read); err != nil {
		return domain.Errorf(domain.Invalid, "%s must be %s, or null", field, wanted)
	}
	*value = read
	return nil
}

// rule reads a rule; one without a name is called by its place.
func (r linkRule) rule(i int) domain.RedirectRule {
	return domain.RedirectRule{
		Name: cmp.Or(strings.TrimSpace(r.Name), fmt.Sprintf("rule %d", i+1)), Destination: r.URL,
		Devices: r.Devices, Languages: r.Languages, Countries: r.Countries, From: r.From, Until: r.Until,
	}
}

// linkOf is a link in the contract's shape.
func (a *API) linkOf(c *fiber.Ctx, r projections.LinkRow) link {
	d, short := r.Details, a.base(c)+"/s/"+r.Code
	l := link{
		ID: r.ID.String(), ShortURL: short, ShortCode: r.Code, OriginalURL: d.Destination, CreatedAt: stamp(r.ShortenedAt), ChangedAt: stamp(r.ChangedAt),
		IsActive: r.Enabled, ExpiresAt: stampOf(d.ExpiresAt), PasswordProtected: d.Lock != uuid.Nil, Rules: make([]linkRule, len(d.Rules)),
		Tags: append([]string{}, d.Tags...), UTM: linkUTM(d.UTM), ForwardQuery: d.Forward, PreviewURL: short + "+", StatsURL: "/shrinkit/" + r.Code + "/stats/", Version: r.Version,
	}
	if r.Blocked != nil {
		l.Blocked = &linkBlocking{URL: r.Blocked.Destination, Reason: r.Blocked.Reason, At: stamp(r.Blocked.At)}
	}
	if d.MaxClicks > 0 {
		l.MaxClicks = &d.MaxClicks
	}
	if d.Fallback != "" {
		l.FallbackURL = &d.Fallback
	}
	for i, rule := range d.Rules {
		l.Rules[i] = linkRule{
			Name: rule.Name, URL: rule.Destination, Devices: rule.Devices, Languages: rule.Languages, Countries: rule.Countries,
			From: utc(rule.From), Until: utc(rule.Until),
		}
	}
	return l
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	at := t.UTC()
	return &at
}

// base is what the contract's links begin with.
func (a *API) base(c *fiber.Ctx) string {
	return strings.TrimSuffix(cmp.Or(a.PublicURL, c.BaseURL()), "/")
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
