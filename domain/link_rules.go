package domain

import (
	"slices"
	"strings"
	"time"
)

// Visitor is what rules know of whoever follows a link. What is not known is "".
type Visitor struct {
	Device   string // "desktop", "mobile", "tablet"
	System   string // "Android", "iOS", "Windows", …
	Language string // in lower case: "de", "pt-br"
	Country  string // ISO 3166-1 alpha-2
}

// RuleDevices are the devices that rules can ask for: a form of machine, or one of
// the two systems that have a shop of their own.
var RuleDevices = []string{"desktop", "mobile", "tablet", "android", "ios"}

// Leads says where a visitor is led at a time, and by which rule: "" for none. The
// parameters of the link are on it, and those of the visitor's query where the link
// passes them on.
func (d LinkDetails) Leads(v Visitor, query string, at time.Time) (destination, rule string) {
	destination = d.Destination
	for _, r := range d.Rules {
		if r.matches(v, at) {
			destination, rule = r.Destination, r.Name
			break
		}
	}
	if destination = d.UTM.On(destination); d.Forward {
		destination = withQuery(destination, query)
	}
	return destination, rule
}

// Destinations are all that the link may lead to, each once.
func (d LinkDetails) Destinations() []string {
	all := []string{d.Destination}
	for _, r := range d.Rules {
		all = append(all, r.Destination)
	}
	if d.Fallback != "" {
		all = append(all, d.Fallback)
	}
	var once []string
	for _, one := range all {
		if !slices.Contains(once, one) {
			once = append(once, one)
		}
	}
	return once
}

// Expired says whether the link's time is over.
func (d LinkDetails) Expired(at time.Time) bool {
	return d.ExpiresAt != nil && !at.Before(*d.ExpiresAt)
}

func (r RedirectRule) matches(v Visitor, at time.Time) bool {
	return asked(r.Devices, func(want string) bool { return want == v.Device || want == strings.ToLower(v.System) }) &&
		asked(r.Languages, func(want string) bool { return v.Language == want || strings.HasPrefix(v.Language, want+"-") }) &&
		asked(r.Countries, func(want string) bool { return want == v.Country }) &&
		(r.From == nil || !at.Before(*r.From)) && (r.Until == nil || at.Before(*r.Until))
}

// asked says whether what a list asks for is so; an empty one asks for nothing.
func asked(list []string, is func(string) bool) bool {
	return len(list) == 0 || slices.ContainsFunc(list, is)
}
