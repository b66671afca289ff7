package content

import (
	"net/url"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// place is a URL as a place of a finding.
func (l *look) place(u *url.URL) string { return scanners.Place(l.site, u) }
