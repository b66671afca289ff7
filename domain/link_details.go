package domain

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// How much a link may have.
const (
	maxTags    = 20
	maxTag     = 50
	maxRules   = 20
	maxRule    = 64
	maxAsked   = 50
	maxUTM     = 200
	maxAllowed = 1_000_000_000 // clicks
)

var (
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$`)
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
)

// Tidied are the details in their normal form: texts trimmed, tags each once, rules
// with a name. Destinations are as ParseDestination leaves them.
func (d LinkDetails) Tidied() LinkDetails {
	tags := []string{}
	for _, tag := range d.Tags {
		if tag = strings.TrimSpace(tag); !slices.Contains(tags, tag) {
			tags = append(tags, tag)
		}
	}
	rules := make([]RedirectRule, len(d.Rules))
	for i, r := range d.Rules {
		r.Name = strings.TrimSpace(r.Name)
		r.Devices, r.Languages, r.Countries = each(r.Devices, strings.ToLower), each(r.Languages, strings.ToLower), each(r.Countries, strings.ToUpper)
		r.From, r.Until = moment(r.From), moment(r.Until)
		rules[i] = r
	}
	for _, text := range []*string{&d.UTM.Source, &d.UTM.Medium, &d.UTM.Campaign, &d.UTM.Term, &d.UTM.Content} {
		*text = strings.TrimSpace(*text)
	}
	d.Tags, d.Rules, d.ExpiresAt = tags, rules, moment(d.ExpiresAt)
	return d
}

func each(list []string, change func(string) string) []string {
	out := []string{}
	for _, one := range list {
		if one = change(strings.TrimSpace(one)); !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// moment is a time as events have it: UTC, whole microseconds.
func moment(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	plain := t.UTC().Truncate(time.Microsecond)
	return &plain
}

// fit refuses details that cannot be those of a link, in the words of its fields.
// An end that has been before the change may be over.
func (d LinkDetails) fit(before LinkDetails, now time.Time) error {
	switch {
	case d.MaxClicks < 0 || d.MaxClicks > maxAllowed:
		return Errorf(Invalid, "max_clicks must be from 1 to %d, or 0 for any number", maxAllowed)
	case d.Expired(now) && (before.ExpiresAt == nil || !before.ExpiresAt.Equal(*d.ExpiresAt)):
		return Errorf(Invalid, "expires_at must be in the future")
	case d.Fallback != "" && d.MaxClicks == 0 && d.ExpiresAt == nil:
		return Errorf(Invalid, "fallback_url is for a link with max_clicks or expires_at")
	case len(d.Tags) > maxTags:
		return Errorf(Invalid, "tags must be at most %d", maxTags)
	case len(d.Rules) > maxRules:
		return Errorf(Invalid, "rules must be at most %d", maxRules)
	}
	for _, tag := range d.Tags {
		if !plainText(tag, 1, maxTag) {
			return Errorf(Invalid, "each of tags must have 1 to %d characters, and no control characters", maxTag)
		}
	}
	for _, f := range d.UTM.fields() {
		if !plainText(f.value, 0, maxUTM) {
			return Errorf(Invalid, "utm.%s must have at most %d characters, and no control characters", strings.TrimPrefix(f.name, "utm_"), maxUTM)
		}
	}
	return fitRules(d.Rules)
}

func fitRules(rules []RedirectRule) error {
	var names []string
	for i, r := range rules {
		if !plainText(r.Name, 1, maxRule) {
			return Errorf(Invalid, "rules[%d].name must have 1 to %d characters, and no control characters", i, maxRule)
		}
		if slices.Contains(names, r.Name) {
			return Errorf(Invalid, "rules[%d].name must be another one: there is a rule %q before it", i, r.Name)
		}
		if names = append(names, r.Name); len(r.Devices)+len(r.Languages)+len(r.Countries) == 0 && r.From == nil && r.Until == nil {
			return Errorf(Invalid, "rules[%d] must ask for something: devices, languages, countries, from or until", i)
		}
		if err := r.fit(i); err != nil {
			return err
		}
	}
	return nil
}

func (r RedirectRule) fit(i int) error {
	switch {
	case max(len(r.Devices), len(r.Languages), len(r.Countries)) > maxAsked:
		return Errorf(Invalid, "rules[%d] must ask for at most %d of each kind", i, maxAsked)
	case slices.ContainsFunc(r.Devices, func(s string) bool { return !slices.Contains(RuleDevices, s) }):
		return Errorf(Invalid, "rules[%d].devices must be of %s", i, strings.Join(RuleDevices, ", "))
	case slices.ContainsFunc(r.Languages, func(s string) bool { return !languageForm.MatchString(s) }):
		return Errorf(Invalid, "rules[%d].languages must be such as en or pt-BR", i)
	case slices.ContainsFunc(r.Countries, func(s string) bool { return !countryForm.MatchString(s) }):
		return Errorf(Invalid, "rules[%d].countries must be two letters each, such as DE", i)
	case r.From != nil && r.Until != nil && !r.From.Before(*r.Until):
		return Errorf(Invalid, "rules[%d].from must be before until", i)
	}
	return nil
}

// plainText says whether a text has so many characters, and none that is no text.
func plainText(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= least && n <= most && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}
