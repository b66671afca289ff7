package domain

import (
	"strings"
	"time"
)

// Proof is that a domain belongs to an account.
type Proof struct {
	Domain string    `json:"domain"` // it holds for the names below it too; with a port for that alone
	Method Method    `json:"method"`
	Where  string    `json:"where"` // where it was found
	At     time.Time `json:"at"`    // when it was found the last time
}

// ProofTime is how long a proof holds, from when it was found the last time:
// domains change hands.
const ProofTime = 365 * 24 * time.Hour

// ProofOf is the proof that an event notes.
func ProofOf(e Envelope, v TargetVerified) *Proof {
	return &Proof{Domain: v.Domain, Method: v.Method, Where: v.Where, At: e.At}
}

// after is what is left of a proof when its target has other details: nothing,
// where that has another domain.
func (p *Proof) after(d Details) *Proof {
	if p == nil || !d.Target.has(p.Domain) {
		return nil
	}
	return p
}

// Holds says whether the proof holds at a time.
func (p *Proof) Holds(now time.Time) bool { return p != nil && now.Before(p.Ends()) }

// Ends is when the proof no longer holds.
func (p *Proof) Ends() time.Time { return p.At.Add(ProofTime) }

// proofPath is where the file lies that proves ownership (RFC 8615).
const proofPath = "/.well-known/scanledger-verification.txt"

// Place is where a proof is looked for.
type Place struct {
	Method Method
	Where  string // name of the TXT record, or URL of the file
}

// ProofPlaces are where the proof for a target is looked for, in this order: a
// TXT record, where the target has a name; a file on the usual ports; and one on
// the port of a URL that has another. A range has none.
func ProofPlaces(t Target) (places []Place) {
	if t.Kind == RangeTarget {
		return nil
	}
	if name := "_scanledger." + t.Host; !t.isAddress() && len(name) <= maxName {
		places = append(places, Place{ByDNS, name})
	}
	for _, scheme := range []string{"https", "http"} {
		places = append(places, Place{ByFile, scheme + "://" + authority(t.Host, defaultPorts[scheme], scheme) + proofPath})
	}
	if own := t.OwnPort(); own != "" {
		places = append(places, Place{ByFile, t.Scheme + "://" + own + proofPath})
	}
	return places
}

// OwnPort is host and port of a URL that has neither of the usual ports; "" for
// all other targets.
func (t Target) OwnPort() string {
	if t.Kind != URLTarget || t.Port == defaultPorts["http"] || t.Port == defaultPorts["https"] {
		return ""
	}
	return authority(t.Host, t.Port, "")
}

// firstOfAll is the first port that any user of a machine may open.
const firstOfAll = 1024

// ProvenAt is what a proof that is found in a place is of: the target's domain. On
// a port that any user of the machine may open it is of this host and port, and
// of no other: who has it need not have the machine.
func (t Target) ProvenAt(p Place) string {
	if own := t.OwnPort(); own != "" && t.Port >= firstOfAll && p.Where == t.Scheme+"://"+own+proofPath {
		return own
	}
	return t.Host
}

// has says whether a proof of a domain, or of a host and port, is one of the target.
func (t Target) has(proven string) bool {
	return proven == t.Host || proven != "" && proven == t.OwnPort()
}

// ProvenHost is the host of what is proven.
func ProvenHost(proven string) string {
	if before, _, bracket := strings.Cut(strings.TrimPrefix(proven, "["), "]:"); bracket {
		return before
	}
	if strings.Count(proven, ":") == 1 {
		before, _, _ := strings.Cut(proven, ":")
		return before
	}
	return proven
}

// ProofText is what has to stand there, with the account's token of the domain.
func ProofText(token string) string { return "scanledger-verification=" + token }

// isAddress says whether the target's host is an IP address.
func (t Target) isAddress() bool {
	_, kind, err := parseHost(t.Host)
	return err != nil || kind == IPTarget
}

// Upwards are a name and those that it is below, the nearest first: of which a
// proof would hold for it.
func Upwards(name string) []string {
	all := []string{name}
	if (Target{Host: name}).isAddress() {
		return all
	}
	for {
		_, above, found := strings.Cut(name, ".")
		if !found {
			return all
		}
		all, name = append(all, above), above
	}
}
