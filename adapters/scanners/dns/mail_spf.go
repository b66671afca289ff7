package dns

import (
	"context"
	"errors"
	"fmt"

	miekg "github.com/miekg/dns"
)

const (
	lookupLimit = 10 // RFC 7208, 4.6.4: terms that cause DNS queries
	voidLimit   = 2  // ibid.: those that find nothing
	walkLimit   = 30 // where counting ends
)

var (
	errNoSPF       = errors.New("there is no SPF record")
	errSeveralSPFs = errors.New("there is more than one SPF record")
)

// spf looks at the sender policy of each mail domain.
func (p *probe) spf(ctx context.Context) error {
	domains, err := p.mailDomains(ctx)
	if err != nil {
		return err
	}
	for _, name := range domains {
		if err := p.spfOf(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) spfOf(ctx context.Context, name string) error {
	mail, err := p.takesMail(ctx, name)
	if err != nil {
		return err
	}
	text, a, err := p.spfRecord(ctx, name)
	switch {
	case errors.Is(err, errNoSPF):
		p.weakness(graded("dns/spf/missing", mail), name, fmt.Sprintf("no SPF record at %s", show(name)), a.msg)
		return nil
	case errors.Is(err, errSeveralSPFs):
		p.weakness("dns/spf/multiple", name, fmt.Sprintf("%s has more than one SPF record, which counts as an error", show(name)), a.msg)
		return nil
	case err != nil:
		return err
	}
	p.note(name, "SPF", a.msg, quoted([]string{text})...)
	record, err := parseSPF(text)
	if err != nil {
		p.weakness("dns/spf/syntax", name, fmt.Sprintf("the record of %s is broken: %v", show(name), err), a.msg)
		return nil
	}
	w := &spfWalk{ask: p.spfRecord, look: p.ask.ask, shown: []*miekg.Msg{a.msg}}
	if err := w.walk(ctx, name, record); err != nil {
		return err
	}
	p.judgeSPF(name, record, w, mail)
	return nil
}

func (p *probe) judgeSPF(name string, record spf, w *spfWalk, mail bool) {
	switch w.all {
	case '+':
		p.weakness(graded("dns/spf/allow-all", mail), name, fmt.Sprintf("the record of %s ends in +all", show(name)), w.shown...)
	case '?':
		p.weakness("dns/spf/neutral", name, fmt.Sprintf("the record of %s says nothing of senders that it does not list", show(name)), w.shown...)
	}
	if w.lookups > lookupLimit {
		p.weakness("dns/spf/too-many-lookups", name, fmt.Sprintf("the record of %s takes %s DNS look-ups, 10 are allowed", show(name), w.count()), w.shown...)
	}
	if w.voids > voidLimit {
		p.weakness("dns/spf/void-lookups", name, fmt.Sprintf("%d look-ups of the record of %s find nothing, 2 are allowed", w.voids, show(name)), w.shown...)
	}
	if w.broken != "" {
		p.weakness("dns/spf/broken-include", name, fmt.Sprintf("the record of %s rests on one that is broken: %s", show(name), w.broken), w.shown...)
	}
	for _, t := range record.terms {
		if t.mechanism == "ptr" {
			p.weakness("dns/spf/ptr", name, fmt.Sprintf("the record of %s uses ptr", show(name)), w.shown[0])
			return
		}
	}
}

// spfRecord returns the one SPF record of a name. The answer is there too
// when the error is errNoSPF or errSeveralSPFs.
func (p *probe) spfRecord(ctx context.Context, name string) (string, *answer, error) {
	a, err := p.ask.ask(ctx, name, miekg.TypeTXT)
	if err != nil {
		return "", nil, err
	}
	found := ""
	for _, text := range a.texts() {
		switch {
		case !isSPF(text):
		case found != "":
			return "", a, errSeveralSPFs
		default:
			found = text
		}
	}
	if found == "" {
		return "", a, errNoSPF
	}
	return found, a, nil
}

// spfWalk follows a record's includes and redirects, as a receiver does that
// finds no match before the end.
type spfWalk struct {
	ask     func(ctx context.Context, name string) (string, *answer, error)
	look    func(ctx context.Context, name string, qtype uint16) (*answer, error)
	lookups int
	voids   int
	all     byte   // what the record says of senders that no term matches; 0 where that cannot be told
	broken  string // why a record that this one rests on is in error; "" when none is
	shown   []*miekg.Msg
}

// looksUp are the mechanisms that cost a look-up, RFC 7208, 4.6.4.
var looksUp = map[string]bool{"include": true, "a": true, "mx": true, "ptr": true, "exists": true}

// walk counts, and sets all to the qualifier that holds in the end: neutral
// where nothing says otherwise (4.7). The error is that of not getting an
// answer.
func (w *spfWalk) walk(ctx context.Context, name string, record spf) error {
	for _, t := range record.terms {
		if t.mechanism == "all" {
			w.all = t.qualifier
			return nil // the rest is never read, 5.1
		}
		if !looksUp[t.mechanism] {
			continue
		}
		w.lookups++
		if t.mechanism == "include" {
			if err := w.into(ctx, t.domain); err != nil {
				return err
			}
			if w.all == '+' && t.qualifier == '+' {
				return nil // it lets everybody pass, and so does this one
			}
		} else if err := w.resolve(ctx, name, t); err != nil {
			return err
		}
	}
	if record.redirect == "" {
		w.all = '?'
		return nil
	}
	w.lookups++
	return w.into(ctx, record.redirect)
}

// into walks the record of another domain. One that depends on the message by
// a macro is counted and not followed.
func (w *spfWalk) into(ctx context.Context, name string) error {
	w.all = 0
	if hasMacro(name) || w.lookups > walkLimit {
		return nil
	}
	if _, ok := miekg.IsDomainName(name); !ok {
		w.broken = fmt.Sprintf("%q is no domain name", clip(name))
		return nil
	}
	text, a, err := w.ask(ctx, name)
	if a != nil {
		w.shown = append(w.shown, a.msg)
		if len(a.rrs) == 0 {
			w.voids++
		}
	}
	switch {
	case errors.Is(err, errNoSPF) || errors.Is(err, errSeveralSPFs):
		w.broken = fmt.Sprintf("%s: %v", quoteName(name), err)
		return nil
	case err != nil:
		return err
	}
	record, err := parseSPF(text)
	if err != nil {
		w.broken = fmt.Sprintf("%s: %v", quoteName(name), err)
		return nil
	}
	return w.walk(ctx, name, record)
}

// mailServerLimit is how many names an mx may lead to, RFC 7208, 4.6.4.
const mailServerLimit = 10

// resolve asks what a, mx and exists ask, to see whether it finds anything.
// What depends on the message, or comes after a receiver has given up, is not
// asked.
func (w *spfWalk) resolve(ctx context.Context, name string, t spfTerm) error {
	if t.domain != "" {
		name = t.domain
	}
	kinds := map[string][]uint16{"a": {miekg.TypeA, miekg.TypeAAAA}, "mx": {miekg.TypeMX}, "exists": {miekg.TypeA}}[t.mechanism]
	if _, valid := miekg.IsDomainName(name); !valid || hasMacro(name) || w.lookups > lookupLimit || kinds == nil {
		return nil
	}
	found := 0
	for _, kind := range kinds {
		a, err := w.look(ctx, name, kind)
		if err != nil {
			return err
		}
		if w.shown = append(w.shown, a.msg); len(a.rrs) > 0 {
			found = len(a.rrs)
			break // senders of one family are answered; those of the other are not counted
		}
	}
	switch {
	case found == 0:
		w.voids++
	case t.mechanism == "mx" && found > mailServerLimit:
		w.broken = fmt.Sprintf("mx of %s leads to %d mail servers, %d are allowed", quoteName(name), found, mailServerLimit)
	}
	return nil
}

// count is the number of look-ups for people, who need not know how far a
// hopeless record goes.
func (w *spfWalk) count() string {
	if w.lookups > walkLimit {
		return fmt.Sprintf("more than %d", walkLimit)
	}
	return fmt.Sprint(w.lookups)
}

func quoteName(name string) string { return fmt.Sprintf("%q", clip(name)) }
