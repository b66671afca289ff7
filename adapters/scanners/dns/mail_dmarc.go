package dns

import (
	"context"
	"fmt"
	"strings"

	miekg "github.com/miekg/dns"
)

// dmarc looks at the policy of the registrable domain, which holds for all
// names below it that have none of their own, and at the target's own where
// there is one (RFC 7489, 6.6.3).
func (p *probe) dmarc(ctx context.Context) error {
	if p.name != p.org {
		records, a, err := p.dmarcRecords(ctx, p.name)
		if err != nil {
			return err
		}
		if len(records) > 0 {
			if err := p.judgeRecords(ctx, p.name, records, a); err != nil {
				return err
			}
		}
	}
	records, a, err := p.dmarcRecords(ctx, p.org)
	if err != nil {
		return err
	}
	return p.judgeRecords(ctx, p.org, records, a)
}

// dmarcRecords are the DMARC records of a domain.
func (p *probe) dmarcRecords(ctx context.Context, name string) (records []string, a *answer, err error) {
	a, err = p.ask.ask(ctx, "_dmarc."+name, miekg.TypeTXT)
	if err != nil {
		return nil, nil, err
	}
	for _, text := range a.texts() {
		if isDMARC(text) {
			records = append(records, text)
		}
	}
	p.note(name, "DMARC", a.msg, quoted(records)...)
	return records, a, nil
}

func (p *probe) judgeRecords(ctx context.Context, name string, records []string, a *answer) error {
	mail, err := p.takesMail(ctx, name)
	if err != nil {
		return err
	}
	switch len(records) {
	case 0:
		p.weakness(graded("dns/dmarc/missing", mail), name, fmt.Sprintf("no DMARC record at _dmarc.%s", show(name)), a.msg)
		return nil
	case 1:
		return p.judgeDMARC(ctx, name, records[0], mail, a.msg)
	default:
		p.weakness("dns/dmarc/multiple", name, fmt.Sprintf("%d DMARC records at _dmarc.%s", len(records), show(name)), a.msg)
		return nil
	}
}

func (p *probe) judgeDMARC(ctx context.Context, name, text string, mail bool, shown *miekg.Msg) error {
	record, err := parseDMARC(text)
	if err != nil {
		p.weakness("dns/dmarc/syntax", name, fmt.Sprintf("the record %q is broken: %v", clip(text), err), shown)
		return nil
	}
	p.note(name, "DMARC alignment", shown, record.alignment())
	switch {
	case record.policy == "none":
		p.weakness(graded("dns/dmarc/none", mail), name, fmt.Sprintf("the policy of %s is p=none", show(name)), shown)
	case record.subdomains == "none" && name == p.org: // sp means nothing in a record below it
		p.weakness("dns/dmarc/subdomains-none", name, fmt.Sprintf("the policy for all names below %s is sp=none", show(name)), shown)
	case record.percent < 100:
		p.weakness("dns/dmarc/partial", name, fmt.Sprintf("the policy of %s holds for %d %% of the mail", show(name), record.percent), shown)
	}
	if !record.reports {
		p.weakness("dns/dmarc/no-reports", name, fmt.Sprintf("the record of %s has no rua", show(name)), shown)
	}
	return p.judgeReports(ctx, name, record, shown)
}

// reportLimit is how many receivers of reports are looked up.
const reportLimit = 5

// judgeReports looks whether receivers in other domains agree to get reports;
// who does not gets none (RFC 7489, 7.1).
func (p *probe) judgeReports(ctx context.Context, name string, record dmarc, shown *miekg.Msg) error {
	domains := domainsOf(record.receivers)
	for _, to := range domains[:min(len(domains), reportLimit)] {
		at := miekg.Fqdn(show(name) + "._report._dmarc." + to)
		if _, valid := miekg.IsDomainName(at); !valid || registrable(strings.ToLower(miekg.Fqdn(to))) == p.org {
			continue
		}
		a, err := p.ask.ask(ctx, at, miekg.TypeTXT)
		if err != nil {
			return err
		}
		agreed := false
		for _, text := range a.texts() {
			agreed = agreed || isDMARC(text)
		}
		if !agreed {
			p.weakness("dns/dmarc/report-refused", name, fmt.Sprintf("%s has not agreed to get reports on %s", quoteName(to), show(name)), shown, a.msg)
		}
	}
	return nil
}
