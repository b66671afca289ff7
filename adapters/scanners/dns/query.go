package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	queryTimeout = 2 * time.Second // of one try; also how long a cancelled scan may go on
	queryTries   = 2
	silentLimit  = 3    // questions in a row without an answer, after which none is asked any more
	ednsSize     = 1232 // RFC 9715: survives any path without fragments
)

var errSilent = errors.New("the resolver does not answer")

// rcodeError is an answer that says neither what is there nor that it is not.
type rcodeError struct {
	rcode    int
	question string
	why      string // as the resolver explains it (RFC 8914); "" where it does not
}

func (e *rcodeError) Error() string {
	text := fmt.Sprintf("the resolver answers %s to %s", miekg.RcodeToString[e.rcode], e.question)
	if e.why != "" {
		text += ": " + e.why
	}
	return text
}

// explained is what a resolver says of why it has no answer.
func explained(msg *miekg.Msg) string {
	edns := msg.IsEdns0()
	if edns == nil {
		return ""
	}
	for _, option := range edns.Option {
		if e, is := option.(*miekg.EDNS0_EDE); is {
			return strings.Trim(miekg.ExtendedErrorCodeToString[e.InfoCode]+", "+clip(scanners.Legible(strings.ToValidUTF8(e.ExtraText, "\uFFFD"))), ", ")
		}
	}
	return ""
}

// asker asks one recursive resolver for the length of one scan. It asks
// nothing twice, asks for DNSSEC records, and switches the resolver's own
// validation off (CD), so that what is broken can still be seen. The operator's
// resolver is dialled directly, past the guard; any other through it.
type asker struct {
	resolver string
	dial     func(ctx context.Context, network, address string) (net.Conn, error)
	told     map[miekg.Question]*answer
	silent   int
}

func newAsker(resolver string) *asker {
	return askerBy((&net.Dialer{Timeout: queryTimeout}).DialContext, resolver)
}

// askerBy asks a resolver over connections that dial makes.
func askerBy(dial func(ctx context.Context, network, address string) (net.Conn, error), resolver string) *asker {
	return &asker{resolver: resolver, dial: dial, told: map[miekg.Question]*answer{}}
}

// ask returns the answer for name and type. NXDOMAIN and an empty answer are
// answers, not errors.
func (a *asker) ask(ctx context.Context, name string, qtype uint16) (*answer, error) {
	q := miekg.Question{Name: strings.ToLower(miekg.Fqdn(name)), Qtype: qtype, Qclass: miekg.ClassINET}
	if known := a.told[q]; known != nil {
		return known, known.err
	}
	if _, ok := miekg.IsDomainName(q.Name); !ok {
		return nil, fmt.Errorf("%q is no domain name", clip(name))
	}
	if a.silent >= silentLimit {
		return nil, errSilent
	}
	msg, err := a.exchange(ctx, q)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if errors.Is(err, errSilent) {
		a.silent++
	} else {
		a.silent = 0
	}
	known := read(q, msg)
	known.err = err
	a.told[q] = known
	return known, err
}

func (a *asker) exchange(ctx context.Context, q miekg.Question) (*miekg.Msg, error) {
	m := new(miekg.Msg).SetQuestion(q.Name, q.Qtype)
	m.CheckingDisabled = true
	m.SetEdns0(ednsSize, true)
	msg, err := a.overUDP(ctx, m)
	if err == nil && (msg.Rcode == miekg.RcodeFormatError || msg.Rcode == miekg.RcodeNotImplemented) {
		m.Extra = nil // RFC 6891, 7: an old server that knows no EDNS
		msg, err = a.overUDP(ctx, m)
	}
	if err == nil && msg.Truncated {
		msg, err = a.over(ctx, "tcp", m)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errSilent, err)
	}
	if msg.Rcode != miekg.RcodeSuccess && msg.Rcode != miekg.RcodeNameError {
		return msg, &rcodeError{msg.Rcode, q.Name + " " + miekg.TypeToString[q.Qtype], explained(msg)}
	}
	return msg, nil
}

func (a *asker) overUDP(ctx context.Context, m *miekg.Msg) (msg *miekg.Msg, err error) {
	for range queryTries {
		if msg, err = a.over(ctx, "udp", m); err == nil || ctx.Err() != nil {
			return msg, err
		}
	}
	return nil, err
}

func (a *asker) over(ctx context.Context, network string, m *miekg.Msg) (*miekg.Msg, error) {
	bounded, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	conn, err := a.dial(bounded, network, a.resolver)
	if err != nil {
		return nil, err
	}
	talk := openTalk(ctx, conn)
	defer talk.close()
	if err := talk.conn.WriteMsg(m); err != nil {
		return nil, err
	}
	return talk.reply(m)
}

// talk is one connection to a DNS server. It ends after queryTimeout, and at
// once when its context does.
type talk struct {
	conn *miekg.Conn
	stop func() bool
}

func openTalk(ctx context.Context, conn net.Conn) *talk {
	conn.SetDeadline(time.Now().Add(queryTimeout))
	return &talk{
		conn: &miekg.Conn{Conn: conn, UDPSize: miekg.DefaultMsgSize},
		stop: context.AfterFunc(ctx, func() { conn.Close() }),
	}
}

func (t *talk) close() {
	t.stop()
	t.conn.Close()
}

// reply reads until the answer to m comes; answers to something else, a
// spoofer's guesses, are passed over.
func (t *talk) reply(m *miekg.Msg) (*miekg.Msg, error) {
	for range 16 {
		msg, err := t.conn.ReadMsg()
		switch {
		case err != nil && msg == nil:
			return nil, err
		case msg.Id != m.Id || !msg.Response || !asks(msg, m.Question[0]):
			continue
		case err != nil:
			return nil, err
		default:
			return msg, nil
		}
	}
	return nil, errors.New("only answers to other questions came")
}

func asks(msg *miekg.Msg, q miekg.Question) bool {
	return len(msg.Question) == 1 && msg.Question[0].Qtype == q.Qtype && strings.EqualFold(msg.Question[0].Name, q.Name)
}

// outcomeOf says how a test that ended with err ended.
func outcomeOf(err error) (domain.Outcome, string) {
	var none *scanners.NotTested
	var timeout net.Error
	switch {
	case err == nil:
		return domain.Tested, ""
	case errors.As(err, &none):
		return none.Outcome, none.Reason
	case domain.CodeOf(err) == domain.Forbidden:
		return domain.Refused, err.Error()
	case errors.Is(err, errSilent):
		return domain.TimedOut, errSilent.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return domain.Refused, "the connection was refused"
	case errors.As(err, &timeout) && timeout.Timeout():
		return domain.TimedOut, "no answer in time"
	default:
		return domain.Failed, err.Error()
	}
}

// systemResolver is the first name server of a resolv.conf file, and the one
// on this machine where it names none, as for the C library.
func systemResolver(path string) string {
	config, err := miekg.ClientConfigFromFile(path)
	if err != nil || len(config.Servers) == 0 {
		return "127.0.0.1:53"
	}
	return net.JoinHostPort(config.Servers[0], config.Port)
}

// trustedResolver checks the operator's resolver ("host:port"), and finds the
// system's where there is none.
func trustedResolver(configured string) (string, error) {
	if configured == "" {
		return systemResolver("/etc/resolv.conf"), nil
	}
	if _, _, err := net.SplitHostPort(configured); err != nil {
		return "", fmt.Errorf("dns resolver %q: %w", configured, err)
	}
	return configured, nil
}
