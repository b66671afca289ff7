package dns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// The verdicts on a name, RFC 4035, 4.3.
const (
	secure   = "secure"   // a chain of signatures from the trust anchor to the name's records
	insecure = "insecure" // proof that the chain ends above the name
	bogus    = "bogus"    // a chain that should hold and does not
	unknown  = "unknown"  // no verdict: no anchor, no answer, or nobody passes the signatures on
)

// signatureLimit bounds the signatures checked for one name: colliding key
// tags make each answer cost keys times signatures (CVE-2023-50387).
const signatureLimit = 200

type (
	bogusError    string
	insecureError string
)

func (e bogusError) Error() string    { return string(e) }
func (e insecureError) Error() string { return string(e) }

// errUnsigned is a resolver that leaves the signatures out.
var errUnsigned = errors.New("the resolver passes on no DNSSEC records")

// validator walks the chain of trust to one name.
type validator struct {
	ask     func(ctx context.Context, name string, qtype uint16) (*answer, error)
	anchors anchors
	now     time.Time
	types   []uint16     // of the name's records that are verified; nil for its addresses
	checked int          // signatures
	seen    []*miekg.Msg // the answers that the verdict rests on
}

// signed is a zone whose keys are proved.
type signed struct {
	zone string
	keys []*miekg.DNSKEY
}

// verdict is one of secure, insecure, bogus and unknown, and why. The error is
// that of an unknown that comes from not getting answers.
func (v *validator) verdict(ctx context.Context, name string) (status, reason string, err error) {
	err = v.walk(ctx, strings.ToLower(miekg.Fqdn(name)))
	var broken bogusError
	var ended insecureError
	switch {
	case err == nil:
		return secure, "", nil
	case errors.As(err, &broken):
		return bogus, string(broken), nil
	case errors.As(err, &ended):
		return insecure, string(ended), nil
	default:
		return unknown, err.Error(), err
	}
}

func (v *validator) walk(ctx context.Context, name string) error {
	zone, ds := v.anchors.above(name)
	if zone == "" {
		return scanners.Skip("no trust anchor is at or above %s", name)
	}
	at, err := v.keys(ctx, zone, ds)
	if errors.Is(err, errUnsigned) {
		return err
	}
	for labels := miekg.CountLabel(zone) + 1; err == nil && labels <= miekg.CountLabel(name); labels++ {
		at, err = v.down(ctx, at, lastLabels(name, labels))
	}
	if err != nil {
		return err
	}
	return v.leaf(ctx, at, name)
}

// lastLabels is the ancestor of name that has n labels.
func lastLabels(name string, n int) string {
	starts := miekg.Split(name)
	if n <= 0 || len(starts) == 0 {
		return "."
	}
	return name[starts[max(len(starts)-n, 0)]:]
}

// get asks, and remembers the answer as one that the verdict rests on.
func (v *validator) get(ctx context.Context, name string, qtype uint16) (*answer, error) {
	a, err := v.ask(ctx, name, qtype)
	if err == nil {
		v.seen = append(v.seen, a.msg)
	}
	return a, err
}

// keys proves the keys of zone by the DS records that its parent, or the
// operator, vouches for.
func (v *validator) keys(ctx context.Context, zone string, ds []*miekg.DS) (signed, error) {
	ds = usable(ds)
	if len(ds) == 0 {
		return signed{}, insecureError(zone + " is signed only by algorithms that cannot be checked")
	}
	a, err := v.get(ctx, zone, miekg.TypeDNSKEY)
	if err != nil {
		return signed{}, err
	}
	keys := recordsAt[*miekg.DNSKEY](a.rrs, zone)
	_, anchored := v.anchors[zone]
	if anchored && (len(keys) == 0 || len(recordsAt[*miekg.RRSIG](a.msg.Answer, zone)) == 0) {
		return signed{}, errUnsigned
	}
	var vouched []*miekg.DNSKEY
	for _, k := range keys {
		if isZoneKey(k) && vouchedFor(k, ds) {
			vouched = append(vouched, k)
		}
	}
	if len(vouched) == 0 {
		return signed{}, bogusError("no key of " + zone + " is the one that its parent vouches for")
	}
	if _, err := v.verify(a.msg.Answer, a.rrs, signed{zone, vouched}); err != nil {
		return signed{}, err
	}
	at := signed{zone: zone}
	for _, k := range keys {
		if isZoneKey(k) {
			at.keys = append(at.keys, k)
		}
	}
	return at, nil
}

// algorithms are those that can be checked; the others of IANA's registry are
// obsolete or rare (RFC 8624, 3.1).
var algorithms = []uint8{
	miekg.RSASHA1, miekg.RSASHA1NSEC3SHA1, miekg.RSASHA256, miekg.RSASHA512,
	miekg.ECDSAP256SHA256, miekg.ECDSAP384SHA384, miekg.ED25519,
}

// usable leaves the DS records that can be checked, and SHA-1 only where there
// is nothing better (RFC 4509, 3).
func usable(all []*miekg.DS) []*miekg.DS {
	var strong, weak []*miekg.DS
	for _, ds := range all {
		switch {
		case !slices.Contains(algorithms, ds.Algorithm):
		case ds.DigestType == miekg.SHA256 || ds.DigestType == miekg.SHA384:
			strong = append(strong, ds)
		case ds.DigestType == miekg.SHA1:
			weak = append(weak, ds)
		}
	}
	if len(strong) > 0 {
		return strong
	}
	return weak
}

// isZoneKey: RFC 4034, 2.1.1 and 2.1.2; a revoked key signs nothing (RFC 5011).
func isZoneKey(k *miekg.DNSKEY) bool {
	return k.Flags&miekg.ZONE != 0 && k.Flags&miekg.REVOKE == 0 && k.Protocol == 3
}

func vouchedFor(k *miekg.DNSKEY, all []*miekg.DS) bool {
	for _, ds := range all {
		if ds.KeyTag != k.KeyTag() || ds.Algorithm != k.Algorithm {
			continue
		}
		if own := k.ToDS(ds.DigestType); own != nil && strings.EqualFold(own.Digest, ds.Digest) {
			return true
		}
	}
	return false
}

// verify finds a signature of at's zone over rrs, among the records of the
// section that rrs came in, and returns it.
func (v *validator) verify(section, rrs []miekg.RR, at signed) (*miekg.RRSIG, error) {
	if len(rrs) == 0 {
		return nil, bogusError("nothing to verify in " + at.zone)
	}
	name, rrtype := strings.ToLower(rrs[0].Header().Name), rrs[0].Header().Rrtype
	what := name + " " + miekg.TypeToString[rrtype]
	why := "no signature of " + at.zone + " is over " + what
	for _, sig := range recordsAt[*miekg.RRSIG](section, name) {
		if sig.TypeCovered != rrtype || !strings.EqualFold(sig.SignerName, at.zone) || !miekg.IsSubDomain(at.zone, name) {
			continue
		}
		if !sig.ValidityPeriod(v.now) {
			why = fmt.Sprintf("the signature over %s is valid only from %s to %s",
				what, miekg.TimeToString(sig.Inception), miekg.TimeToString(sig.Expiration))
			continue
		}
		for _, k := range at.keys {
			if k.KeyTag() != sig.KeyTag || k.Algorithm != sig.Algorithm {
				continue
			}
			if v.checked++; v.checked > signatureLimit {
				return nil, fmt.Errorf("more than %d signatures to check", signatureLimit)
			}
			if sig.Verify(k, rrs) == nil {
				return sig, nil
			}
			why = "the signature over " + what + " does not verify"
		}
	}
	return nil, bogusError(why)
}

// down goes from a proved zone to a name one label below: to the keys of the
// zone that begins there, or nowhere where none does.
func (v *validator) down(ctx context.Context, at signed, child string) (signed, error) {
	a, err := v.get(ctx, child, miekg.TypeDS)
	if err != nil {
		return at, err
	}
	if ds := recordsAt[*miekg.DS](a.msg.Answer, child); len(ds) > 0 {
		if _, err := v.verify(a.msg.Answer, a.rrs, at); err != nil {
			return at, err
		}
		return v.keys(ctx, child, ds)
	}
	if len(a.chain) > 0 {
		return at, v.alias(a, at, child) // which is not the top of a zone
	}
	return at, v.undelegated(a.msg.Ns, at, child)
}

// leaf verifies what the name itself says: the start of its zone, and its
// records or its alias.
func (v *validator) leaf(ctx context.Context, at signed, name string) error {
	soa, err := v.get(ctx, at.zone, miekg.TypeSOA)
	if err != nil {
		return err
	}
	if _, err := v.verify(soa.msg.Answer, soa.rrs, at); err != nil {
		return err
	}
	types := v.types
	if types == nil {
		types = []uint16{miekg.TypeA, miekg.TypeAAAA}
	}
	for _, qtype := range types {
		a, err := v.get(ctx, name, qtype)
		if err != nil {
			return err
		}
		switch {
		case len(a.chain) > 0:
			err = v.alias(a, at, name)
		case len(a.rrs) > 0:
			err = v.proved(a.msg, a.rrs, at, name)
		default:
			err = v.absent(a.msg.Ns, at, name, qtype)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// proved verifies records of name; those that a wildcard made need proof that
// nothing has exactly this name (RFC 4035, 5.3.4).
func (v *validator) proved(msg *miekg.Msg, rrs []miekg.RR, at signed, name string) error {
	sig, err := v.verify(msg.Answer, rrs, at)
	if err != nil || int(sig.Labels) >= miekg.CountLabel(name) {
		return err
	}
	d, err := v.denials(msg.Ns, at)
	if err == nil && !d.covers(name, int(sig.Labels)) {
		err = bogusError("no proof that only a wildcard answers for " + name)
	}
	return err
}
