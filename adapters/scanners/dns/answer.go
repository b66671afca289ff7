package dns

import (
	"strconv"
	"strings"

	miekg "github.com/miekg/dns"
)

// chainLimit is how many CNAMEs of one answer are followed.
const chainLimit = 16

// answer is what came back for one question.
type answer struct {
	msg   *miekg.Msg
	err   error
	owner string         // where the chain of CNAMEs from the name ends
	chain []*miekg.CNAME // empty where the name is no alias
	rrs   []miekg.RR     // the records of the asked type at owner
	nx    bool           // NXDOMAIN: owner does not exist
}

// read follows the CNAMEs of an answer from its question.
func read(q miekg.Question, msg *miekg.Msg) *answer {
	a := &answer{msg: msg, owner: q.Name}
	if msg == nil {
		return a
	}
	a.nx = msg.Rcode == miekg.RcodeNameError
	for q.Qtype != miekg.TypeCNAME && len(a.chain) < chainLimit {
		alias := recordsAt[*miekg.CNAME](msg.Answer, a.owner)
		if len(alias) == 0 {
			break
		}
		a.chain = append(a.chain, alias[0])
		a.owner = strings.ToLower(alias[0].Target)
	}
	for _, rr := range msg.Answer {
		if rr.Header().Rrtype == q.Qtype && strings.EqualFold(rr.Header().Name, a.owner) {
			a.rrs = append(a.rrs, rr)
		}
	}
	return a
}

// recordsAt returns the records of one type that belong to name.
func recordsAt[T miekg.RR](rrs []miekg.RR, name string) []T {
	var found []T
	for _, rr := range rrs {
		if t, ok := rr.(T); ok && strings.EqualFold(rr.Header().Name, name) {
			found = append(found, t)
		}
	}
	return found
}

// texts returns the TXT records of an answer as bytes, the strings of each
// joined without a space (RFC 7208, 3.3).
func (a *answer) texts() []string {
	var all []string
	for _, rr := range a.rrs {
		if txt, ok := rr.(*miekg.TXT); ok {
			all = append(all, unescape(strings.Join(txt.Txt, "")))
		}
	}
	return all
}

// unescape undoes the presentation form of a string: \DDD is one byte, and \X
// is X (RFC 1035, 5.1).
func unescape(s string) string {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		if i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
				out = append(out, byte(n))
				i += 3
				continue
			}
		}
		i++
		out = append(out, s[i])
	}
	return string(out)
}
