package dns

import (
	"bytes"
	"slices"
	"strings"

	miekg "github.com/miekg/dns"
)

// iterationLimit is the number of NSEC3 rounds above which a zone is treated
// as unsigned, RFC 9276, 3.2.
const iterationLimit = 100

// denials are the proved records of one answer that say what does not exist
// in a zone. The zone is signed by NSEC or by NSEC3, never by both.
type denials struct {
	zone  string
	nsec  []*miekg.NSEC
	nsec3 []*miekg.NSEC3
}

// denials leaves of an authority section the NSEC and NSEC3 records that at's
// zone has signed. It is an insecureError where their hashes cost too much.
func (v *validator) denials(section []miekg.RR, at signed) (denials, error) {
	d := denials{zone: at.zone}
	for _, rr := range section {
		n, is := rr.(*miekg.NSEC3)
		if !is && rr.Header().Rrtype != miekg.TypeNSEC {
			continue
		}
		if _, err := v.verify(section, []miekg.RR{rr}, at); err != nil {
			continue
		}
		switch {
		case !is:
			d.nsec = append(d.nsec, rr.(*miekg.NSEC))
		case n.Iterations > iterationLimit:
			return d, insecureError(at.zone + " hashes its names so often that it counts as unsigned")
		case n.Hash == miekg.SHA1:
			d.nsec3 = append(d.nsec3, n)
		}
	}
	return d, nil
}

// undelegated demands proof that child has no DS record. It is nil where child
// is a name like any other, or does not exist, and an insecureError where a
// zone begins there that is not signed.
func (v *validator) undelegated(section []miekg.RR, at signed, child string) error {
	d, err := v.denials(section, at)
	if err != nil {
		return err
	}
	if types, ok := d.typesAt(child); ok {
		return undelegatedBy(types, child)
	}
	if d.coveredByNSEC(child) {
		return nil
	}
	covered, optOut := d.coveredByNSEC3(child)
	switch {
	case optOut:
		return insecureError("no DS record in " + at.zone + " for " + child)
	case covered:
		return nil
	default:
		return bogusError("no proof in " + at.zone + " that " + child + " has no DS record")
	}
}

// absent demands proof that name has no records of a type, whether or not it exists.
func (v *validator) absent(section []miekg.RR, at signed, name string, qtype uint16) error {
	d, err := v.denials(section, at)
	if err != nil {
		return err
	}
	what := name + " has no " + miekg.TypeToString[qtype] + " record"
	if types, ok := d.typesAt(name); ok {
		if slices.Contains(types, qtype) || slices.Contains(types, miekg.TypeCNAME) {
			return bogusError("it is withheld what " + name + " is: " + at.zone + " does not say that " + what)
		}
		return nil
	}
	if covered, _ := d.coveredByNSEC3(name); !covered && !d.coveredByNSEC(name) {
		return bogusError("no proof in " + at.zone + " that " + what)
	}
	return nil
}

func undelegatedBy(types []uint16, child string) error {
	switch {
	case slices.Contains(types, miekg.TypeDS):
		return bogusError("a DS record of " + child + " is withheld")
	case slices.Contains(types, miekg.TypeSOA):
		return bogusError("the child's own word that " + child + " has no DS record proves nothing")
	case slices.Contains(types, miekg.TypeNS):
		return insecureError("no DS record for " + child)
	default:
		return nil
	}
}

// typesAt returns the types that exist at name, if a record of the zone tells.
func (d denials) typesAt(name string) ([]uint16, bool) {
	for _, n := range d.nsec {
		if strings.EqualFold(n.Hdr.Name, name) {
			return n.TypeBitMap, true
		}
	}
	for _, n := range d.nsec3 {
		if n.Match(name) {
			return n.TypeBitMap, true
		}
	}
	return nil, false
}

// covers reports proof that nothing has exactly this name, given that its
// closest ancestor that exists has so many labels.
func (d denials) covers(name string, ancestor int) bool {
	if d.coveredByNSEC(name) {
		return true
	}
	next := lastLabels(name, ancestor+1)
	return slices.ContainsFunc(d.nsec3, func(n *miekg.NSEC3) bool { return n.Cover(next) })
}

func (d denials) coveredByNSEC(name string) bool {
	return slices.ContainsFunc(d.nsec, func(n *miekg.NSEC) bool {
		if delegates(n.TypeBitMap) && miekg.IsSubDomain(n.Hdr.Name, name) {
			return false // it speaks for its own zone only
		}
		if less(n.Hdr.Name, n.NextDomain) {
			return less(n.Hdr.Name, name) && less(name, n.NextDomain)
		}
		return less(n.Hdr.Name, name) || less(name, n.NextDomain) // the last one of the zone
	})
}

func delegates(types []uint16) bool {
	return slices.Contains(types, miekg.TypeDNAME) ||
		slices.Contains(types, miekg.TypeNS) && !slices.Contains(types, miekg.TypeSOA)
}

// coveredByNSEC3 proves by the closest encloser that name does not exist
// (RFC 5155, 8.3), or with optOut that it may be a delegation without a DS
// record (8.6).
func (d denials) coveredByNSEC3(name string) (covered, optOut bool) {
	for labels := miekg.CountLabel(name) - 1; labels >= miekg.CountLabel(d.zone); labels-- {
		types, exists := d.typesAt(lastLabels(name, labels))
		if !exists {
			continue
		}
		next := lastLabels(name, labels+1)
		for _, n := range d.nsec3 {
			if n.Cover(next) && !delegates(types) {
				return true, n.Flags&1 == 1
			}
		}
		return false, false
	}
	return false, false
}

// less is the canonical order of names, RFC 4034, 6.1: by label, from the
// right, as bytes.
func less(a, b string) bool {
	as, bs := canonicalLabels(a), canonicalLabels(b)
	return slices.CompareFunc(as, bs, bytes.Compare) < 0
}

// canonicalLabels are the labels of a name from the right, in lower case and
// without escapes.
func canonicalLabels(name string) [][]byte {
	var wire [256]byte
	end, err := miekg.PackDomainName(miekg.CanonicalName(name), wire[:], 0, nil, false)
	if err != nil {
		return nil
	}
	var labels [][]byte
	for at := 0; at < end && wire[at] != 0; at += int(wire[at]) + 1 {
		labels = append(labels, wire[at+1:at+1+int(wire[at])])
	}
	slices.Reverse(labels)
	return labels
}
