package scanners

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/domain"
)

// Published looks up what the owner of a domain has put where all can see it:
// records through the operator's resolver, files through the guard. It is safe
// for concurrent use.
type Published struct{ Guard *Guard }

const (
	publishedTime = 4 * time.Second // of one look
	publishedSize = 1 << 10         // bytes of a file that are read
	publishedHops = 3               // redirects that are followed
)

// TXT implements commands.Published, within 4 s. The parts of a record are put
// together (RFC 7208, 3.3).
func (p *Published) TXT(ctx context.Context, name string) ([]string, error) {
	bounded, cancel := context.WithTimeout(ctx, publishedTime)
	defer cancel()
	texts, err := p.Guard.texts(bounded, name)
	if err != nil {
		p.Guard.log.Debug("no TXT record", "name", name, "error", err)
		return nil, domain.Errorf(domain.Unavailable, "the name servers did not answer")
	}
	return texts, nil
}

// texts are all TXT records that a resolver finds for a name, behind aliases too.
func (g *Guard) texts(ctx context.Context, name string) (texts []string, err error) {
	if g.policy.Resolver == "" {
		return systemTexts(ctx, name)
	}
	answer, err := g.exchange(ctx, name, dns.TypeTXT)
	if err != nil {
		return nil, err
	}
	for _, record := range answer.Answer {
		if txt, ok := record.(*dns.TXT); ok {
			texts = append(texts, strings.Join(txt.Txt, ""))
		}
	}
	return texts, nil
}

// File implements commands.Published, within 4 s. It follows redirects on the
// same host's own ports alone, and takes any certificate: without encryption it
// would take the same file.
func (p *Published) File(ctx context.Context, address string) (string, error) {
	bounded, cancel := context.WithTimeout(ctx, publishedTime)
	defer cancel()
	at, err := url.Parse(address)
	if err != nil {
		return "", domain.Errorf(domain.Invalid, "the address is no URL")
	}
	session, start := p.Guard.Session(), at
	for range publishedHops + 1 {
		answer, err := session.Fetch(bounded, Request{URL: at, MaxBody: publishedSize, Timeout: publishedTime})
		if err != nil {
			return "", domain.Errorf(domain.Unavailable, "%s", wordsOf(err))
		}
		next, err := answer.Redirect()
		switch {
		case err == nil && next == nil && answer.Status != http.StatusOK:
			return "", domain.Errorf(domain.NotFound, "the server answers %d", answer.Status)
		case err == nil && next == nil:
			return strings.TrimSpace(string(answer.Body)), nil
		case err != nil || next.Hostname() != start.Hostname() || next.Port() != start.Port():
			return "", domain.Errorf(domain.NotFound, "the server sends its reader elsewhere, where the file would prove nothing")
		}
		at = next
	}
	return "", domain.Errorf(domain.NotFound, "%v", ErrRedirects)
}
