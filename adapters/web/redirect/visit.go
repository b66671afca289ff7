package redirect

import (
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/language"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// visit is what is read from a visitor: nothing of it is the visitor's address or
// what the browser sent.
type visit struct {
	domain.Visitor
	name     string
	agent    domain.Agent
	via      domain.Via
	referrer string
	browser  string
	early    bool // a browser that would lead its user on later by what it is answered now, and ask no more
}

// How much of a header is looked at, in bytes.
const (
	maxAgent     = 512
	maxLanguages = 256
	maxReferrer  = 2048
)

// read reads a visit.
func (r *Redirect) read(c *fiber.Ctx) visit {
	header := &c.Request().Header
	address := web.ClientAddress(c)
	agent := string(cut(header.UserAgent(), maxAgent))
	a := agents.get(agent, readAgent)
	v := visit{
		Visitor: domain.Visitor{
			Device: a.device, System: a.system, Country: r.country(address),
			Language: languages.get(string(cut(header.Peek(fiber.HeaderAcceptLanguage), maxLanguages)), readLanguage),
		},
		agent: a.agent, browser: a.browser, via: domain.ViaLink, referrer: readReferrer(header.Referer()),
	}
	v.name = r.VisitorName(address, agent)
	switch {
	case v.agent != domain.Person: // a crawler that fetches ahead is a crawler
	case ahead(header.Peek):
		v.agent, v.early = domain.Prefetch, string(header.Peek("Sec-Fetch-Mode")) == "navigate"
	case c.Method() == fiber.MethodHead:
		v.agent = domain.Bot
	}
	if scanned(c) {
		v.via = domain.ViaQR
	}
	return v
}

// scanned says whether a visitor comes from a QR code.
func scanned(c *fiber.Ctx) bool {
	return string(c.Context().QueryArgs().Peek(domain.ScanParameter)) == "1"
}

func (r *Redirect) country(a netip.Addr) string {
	if r.Country == nil {
		return ""
	}
	return r.Country(a)
}

func cut(b []byte, most int) []byte { return b[:min(len(b), most)] }

// anyLanguage is what "*" is read as.
var anyLanguage = language.Make("mul")

// readLanguage is the language that is liked best, with its script and region where
// those are told; "" where none is. What else a tag may say is left out: it may name a person.
func readLanguage(header string) string {
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 || tags[0] == language.Und || tags[0] == anyLanguage {
		return ""
	}
	plain, err := language.Compose(tags[0].Raw())
	if err != nil || plain == language.Und {
		return ""
	}
	return strings.ToLower(plain.String())
}

// readReferrer is the host of where a visitor comes from.
func readReferrer(header []byte) string {
	if len(header) == 0 || len(header) > maxReferrer {
		return ""
	}
	u, err := url.Parse(string(header))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "android-app" {
		return ""
	}
	t, err := domain.ParseHost(u.Hostname())
	if err != nil {
		return ""
	}
	return t.Host
}

// remembered keeps what was read from texts that come again and again. It is safe
// for concurrent use.
type remembered[V any] struct {
	mu   sync.RWMutex
	kept map[string]V
}

// mostRemembered is how many texts are kept; then all are forgotten.
const mostRemembered = 8192

func (m *remembered[V]) get(text string, read func(string) V) V {
	m.mu.RLock()
	v, met := m.kept[text]
	m.mu.RUnlock()
	if met {
		return v
	}
	v = read(text)
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) >= mostRemembered || m.kept == nil {
		m.kept = map[string]V{}
	}
	m.kept[text] = v
	return v
}

var (
	agents    remembered[agent]
	languages remembered[string]
)
