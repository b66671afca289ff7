package domain

import (
	"slices"
	"strings"
)

// governmentLabels stand second to last in the names of governments and
// armed forces under a country's top-level domain.
var governmentLabels = []string{"gov", "mil", "gob", "gouv", "gub", "govt"}

// governmentNames are those that do not follow that form.
var governmentNames = []string{
	"gov", "mil", "fed.us",
	"go.cr", "go.id", "go.jp", "go.ke", "go.kr", "go.th", "go.tz", "go.ug", "lg.jp", "mi.th",
	"admin.ch", "bund.de", "bundeswehr.org", "gc.ca", "canada.ca", "governo.it", "gv.at",
	"mod.uk", "police.uk", "parliament.uk", "nato.int", "europa.eu", "overheid.nl", "rijksoverheid.nl",
}

// Restricted says whether the target belongs, by its name, to a government or
// to armed forces, and so needs proof that the owner agrees.
func (t Target) Restricted() bool { return len(t.RestrictedNames()) > 0 }

// RestrictedNames are those of the target's names that need such a proof.
func (t Target) RestrictedNames() []string {
	return slices.DeleteFunc(t.Names(), func(name string) bool { return !governmentName(name) })
}

// Names are the target's host, and its domain where that is another.
func (t Target) Names() []string {
	if t.Domain == "" || t.Domain == t.Host {
		return []string{t.Host}
	}
	return []string{t.Host, t.Domain}
}

func governmentName(host string) bool {
	labels := strings.Split(host, ".")
	for i := range labels {
		if slices.Contains(governmentNames, strings.Join(labels[i:], ".")) {
			return true
		}
	}
	n := len(labels)
	return n >= 2 && len(labels[n-1]) == 2 && slices.Contains(governmentLabels, labels[n-2])
}
