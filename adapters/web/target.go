package web

import (
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// TargetURL is a target as contracts of sites show it: a URL as its user wrote
// it, without the slash that stands for no path; a host by https.
func TargetURL(t domain.Target) string {
	if t.Kind != domain.URLTarget {
		return "https://" + t.Domain
	}
	if t.Path == "/" {
		return strings.TrimSuffix(t.Value, "/")
	}
	return t.Value
}
