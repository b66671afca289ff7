package secably

import (
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// kinds are the contract's words for what a target can be.
var kinds = map[string]domain.TargetKind{
	"ip": domain.IPTarget, "url": domain.URLTarget, "hostname": domain.HostTarget, "range": domain.RangeTarget,
}

// parse reads the target that a body names; nil where it names none. Before is
// the one that is there, nil for none.
func (d details) parse(website bool, before *domain.Target) (*domain.Target, error) {
	if website {
		return d.parseURL(before)
	}
	if d.Value == nil {
		return nil, d.fits(before)
	}
	t, err := domain.ParseTarget(*d.Value)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "target_value: %v", err)
	}
	return &t, d.fits(&t)
}

// parseURL reads a website's url. That which its answer shows is no other one,
// also where the target is no URL.
func (d details) parseURL(before *domain.Target) (*domain.Target, error) {
	if d.URL == nil || before != nil && (*d.URL == shown(*before) || *d.URL == before.Value) {
		return nil, nil
	}
	t, err := domain.ParseURL(*d.URL)
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "url: %v", err)
	}
	return &t, nil
}

// fits refuses a target_type that is not the target's.
func (d details) fits(t *domain.Target) error {
	if d.Type == nil {
		return nil
	}
	kind, known := kinds[*d.Type]
	switch {
	case !known:
		return domain.Errorf(domain.Invalid, "target_type must be one of ip, url, hostname, range")
	case t != nil && kind != t.Kind:
		return domain.Errorf(domain.Invalid, "target_type is %s, but %s is of the type %s", *d.Type, shown(*t), t.Kind)
	default:
		return nil
	}
}

// frequency is the body's; nil where it has none.
func (d details) frequency() *domain.Frequency {
	if d.Frequency == nil {
		return nil
	}
	f := domain.Frequency(*d.Frequency)
	return &f
}

// custom is the word for a schedule that none of the contract's words says. It is
// shown, and set by /api/v1/schedules.
const custom = "custom"

// frequencyOf is how often a target is scanned without being asked for.
func frequencyOf(r projections.TargetRow) string {
	switch {
	case r.Schedule == nil:
		return string(domain.Manual)
	case r.Schedule.ByWord():
		return string(r.Schedule.Frequency)
	default:
		return custom
	}
}

// shown is a target as the contract shows it: a site's root without a slash.
func shown(t domain.Target) string {
	if t.Kind == domain.URLTarget && t.Path == "/" {
		return strings.TrimSuffix(t.Value, "/")
	}
	return t.Value
}

// listedOf is a target in the contract's shape, as far as its row says.
func listedOf(r projections.TargetRow, proof string, now time.Time) listed {
	return listed{
		ID: r.Number, URL: shown(r.Target), Value: shown(r.Target), Type: string(r.Target.Kind), Frequency: frequencyOf(r), NextScan: r.NextRun, Active: r.Active,
		CreatedAt: web.Stamp(r.AddedAt), UpdatedAt: web.Stamp(r.ChangedAt), Verification: verificationOf(r.Target, r.Proof, proof, now),
	}
}

// scanned says what the scans of a target have come to.
func (l *listed) scanned(s projections.TargetScans, ever bool) {
	if !ever {
		return
	}
	newest := recent(s.Newest, l.Name)
	newest.URL, l.LatestScan = l.URL, &newest
	for _, scan := range s.Completed {
		if risk := riskOf(scan); risk != nil && (l.RiskLevel == nil || domain.WorseRisk(*risk, *l.RiskLevel) == *risk) {
			l.RiskLevel = risk
		}
	}
}

// hows are what to publish, in words.
var hows = map[domain.Method]string{
	domain.ByDNS:  "a TXT record of this name with this value",
	domain.ByFile: "a file at this URL with nothing but this value",
}

func verificationOf(t domain.Target, p *domain.Proof, text string, now time.Time) *verification {
	places := domain.ProofPlaces(t)
	if len(places) == 0 {
		return nil
	}
	v := &verification{Domain: t.Host, Verified: p.Holds(now), Places: make([]place, len(places))}
	for i, at := range places {
		v.Places[i] = place{string(at.Method), at.Where, text, hows[at.Method]}
	}
	if p != nil {
		v.Domain = p.Domain
		method, at, ends := string(p.Method), web.Stamp(p.At), web.Stamp(p.Ends())
		v.Method, v.VerifiedAt, v.ExpiresAt = &method, &at, &ends
	}
	return v
}

// verifiedOf tells what was looked for and what was found. A proof of before
// holds whatever is found now.
func verifiedOf(r projections.TargetRow, found commands.Verification, text string, now time.Time) verified {
	proof := found.Proof
	if proof == nil {
		proof = r.Proof
	}
	v := verified{
		ID: r.Number, Verified: proof.Holds(now), Verification: verificationOf(r.Target, proof, text, now), Checked: make([]checked, len(found.Looked)),
	}
	for i, l := range found.Looked {
		v.Checked[i] = checkedOf(l)
	}
	switch {
	case found.Proof != nil:
		v.Message = "Ownership is verified"
	case v.Verified:
		v.Message = "The proof was not found now; the one that was found before holds until it expires"
	default:
		v.Message = "The proof was not found: publish the value in one of the places, and verify again"
	}
	return v
}

// How much is told of what was found elsewhere.
const (
	maxFound = 10
	maxText  = 200 // characters
)

func checkedOf(l commands.Searched) checked {
	c := checked{Method: string(l.Method), Where: l.Where, Expected: l.Expected, Found: []string{}}
	for _, text := range l.Found[:min(len(l.Found), maxFound)] {
		runes := []rune(strings.ToValidUTF8(text, "\uFFFD"))
		c.Found = append(c.Found, string(runes[:min(len(runes), maxText)]))
	}
	if l.Problem != "" {
		c.Problem = &l.Problem
	}
	return c
}
