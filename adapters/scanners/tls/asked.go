package tls

import (
	"context"
	"slices"

	"github.com/scanledger/scanledger/domain"
)

// whole says whether everything was asked for.
func (l *look) whole() bool { return l.asked.Certificate && l.asked.Versions && l.asked.Suites }

const unasked = "it was not asked for"

// skip notes a part that was not asked for; false for one that was.
func (l *look) skip(asked bool, what string) bool {
	if !asked {
		l.see(domain.Coverage{What: what, Outcome: domain.Skipped, Reason: unasked})
		l.step()
	}
	return !asked
}

// protocols notes what the survey has found out of versions and their suites,
// as far as it was asked for.
func (l *look) protocols() {
	l.blind = l.survey.noSSL2 != nil
	l.end.Protocols, l.end.Ciphers = map[string]bool{}, map[string][]string{}
	for _, v := range versions {
		o := l.survey.found[v.wire]
		l.blind = l.blind || o.fault != nil
		if l.asked.Versions {
			l.cover("protocol "+v.name, o.fault)
		}
		if l.asked.Suites && !l.asked.Versions {
			l.cover("cipher suites of "+v.name, o.fault)
		}
		if o.fault != nil && len(o.suites) == 0 {
			continue
		}
		if l.asked.Versions {
			l.end.Protocols[v.name] = len(o.suites) > 0
		}
		for _, number := range o.suites {
			if l.asked.Suites {
				l.end.Ciphers[v.name] = append(l.end.Ciphers[v.name], string(suiteOf(number)))
			}
		}
	}
	if !l.asked.Versions {
		l.see(domain.Coverage{What: "protocols", Outcome: domain.Skipped, Reason: unasked})
	}
	if !l.asked.Suites {
		l.see(domain.Coverage{What: "cipher suites", Outcome: domain.Skipped, Reason: unasked})
	}
}

// keyExchange looks at what goes with the suites.
func (l *look) keyExchange(ctx context.Context) {
	if !l.skip(l.asked.Suites, groupsLine) {
		err := l.survey.groups(ctx)
		if err == nil { // of some it is not known what the others are
			l.end.Groups = l.survey.group
		}
		l.cover(groupsLine, err)
		l.step()
	}
	const extras = "compression, renegotiation, heartbeat"
	if !l.skip(l.asked.Suites, extras) {
		features, err := l.survey.extras(ctx)
		l.end.Features = features
		if own, known := l.survey.order(); known {
			l.feature("server_cipher_order", own)
		}
		if l.end.Groups != nil {
			l.feature("post_quantum", slices.ContainsFunc(l.end.Groups, postQuantum))
		}
		l.cover(extras, err)
		l.end.DHBits = l.survey.dh
		l.step()
	}
}

// downgrades looks at what goes with the versions.
func (l *look) downgrades(ctx context.Context) {
	if l.skip(l.asked.Versions, downgradeLine) {
		return
	}
	rejects, asked, err := l.survey.fallback(ctx)
	l.cover(downgradeLine, err)
	if asked {
		l.feature("fallback_scsv", rejects)
	}
	l.step()
}
