package dns

import (
	"context"
	"fmt"
	"strings"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// What a domain without mail servers should say is the same, but not saying it
// is less grave: hardly anybody expects mail from it, and there is no mailbox
// to impersonate. Its findings have advisories of their own, none above medium.

// mxLimit is how many mail servers of a domain are looked up.
const mxLimit = 20

// exchangers returns the mail servers of a domain. A null MX (RFC 7505) names
// none.
func (p *probe) exchangers(ctx context.Context, name string) (hosts []string, null bool, a *answer, err error) {
	a, err = p.ask.ask(ctx, name, miekg.TypeMX)
	if err != nil {
		return nil, false, nil, err
	}
	for _, rr := range a.rrs {
		mx, ok := rr.(*miekg.MX)
		switch {
		case !ok || len(hosts) >= mxLimit:
		case mx.Mx == ".":
			null = true
		default:
			hosts = append(hosts, mx.Mx)
		}
	}
	return hosts, null, a, nil
}

// mailDomains are the domains whose mail is looked at: the registrable one,
// and the target's own if it takes mail by itself.
func (p *probe) mailDomains(ctx context.Context) ([]string, error) {
	if p.name == p.org {
		return []string{p.org}, nil
	}
	hosts, _, _, err := p.exchangers(ctx, p.name)
	if err != nil {
		return nil, err
	}
	if len(hosts) > 0 {
		return []string{p.org, p.name}, nil
	}
	return []string{p.org}, nil
}

// mx looks whether the mail servers of each domain can be found.
func (p *probe) mx(ctx context.Context) error {
	domains, err := p.mailDomains(ctx)
	if err != nil {
		return err
	}
	for _, name := range domains {
		hosts, null, a, err := p.exchangers(ctx, name)
		if err != nil {
			return err
		}
		if null && len(hosts) > 0 {
			p.weakness("dns/mx/null-mixed", name, fmt.Sprintf("%s has a null MX and %s", show(name), scanners.Count(len(hosts), "other MX record")), a.msg)
		}
		for _, host := range hosts {
			addrs, answers, err := p.addresses(ctx, host)
			if err != nil {
				return err
			}
			if len(addrs) == 0 {
				p.weakness("dns/mx/unresolvable", host, fmt.Sprintf("the mail server %s of %s has no address", show(host), show(name)), append(answers, a.msg)...)
			}
		}
	}
	return nil
}

// takesMail tells which of two advisories is right for a domain.
func (p *probe) takesMail(ctx context.Context, name string) (bool, error) {
	hosts, _, _, err := p.exchangers(ctx, name)
	return len(hosts) > 0, err
}

// graded is id for a domain that takes mail, and its milder sibling else.
func graded(id string, mail bool) string {
	if mail {
		return id
	}
	return id + "-no-mail"
}

// quoted are foreign texts as facts: in presentation form, and bounded.
func quoted(texts []string) []string {
	var out []string
	for _, t := range texts[:min(len(texts), recordLimit)] {
		out = append(out, `"`+escape(t[:min(len(t), recordSize)])+`"`)
	}
	return out
}

// escape is the opposite of unescape.
func escape(s string) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		switch {
		case c < ' ' || c > '~':
			out.Write([]byte{'\\', '0' + c/100, '0' + c/10%10, '0' + c%10})
		case c == '\\' || c == '"':
			out.Write([]byte{'\\', c})
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
