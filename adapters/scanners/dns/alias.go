package dns

import (
	"strings"

	miekg "github.com/miekg/dns"
)

// alias verifies the alias that name is. One that a DNAME record above it makes has
// no signature: that record has (RFC 6672, 5.3.1).
func (v *validator) alias(a *answer, at signed, name string) error {
	for _, rr := range a.msg.Answer {
		if d, is := rr.(*miekg.DNAME); is && makes(d, a.chain[0]) {
			_, err := v.verify(a.msg.Answer, []miekg.RR{d}, at)
			return err
		}
	}
	return v.proved(a.msg, []miekg.RR{a.chain[0]}, at, name)
}

// makes says whether an alias is what a DNAME record makes of a name below it.
func makes(d *miekg.DNAME, alias *miekg.CNAME) bool {
	name, above := strings.ToLower(alias.Hdr.Name), strings.ToLower(d.Hdr.Name)
	if name == above || !miekg.IsSubDomain(above, name) {
		return false
	}
	below := strings.TrimSuffix(name, strings.TrimPrefix(above, "."))
	return strings.EqualFold(alias.Target, below+strings.TrimPrefix(d.Target, "."))
}
