package observatory

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// Site is everything that the tests look at.
type Site struct {
	Host    string           // the name that was asked for, without a port
	Wide    bool             // nothing opens on other ports than 443 and 80 either
	HTTP    Trip             // from http://Host
	HTTPS   Trip             // from https://Host
	Page    Page             // the HTML of the base answer
	Origin  string           // what the preflight gave as its Origin
	CORS    *scanners.Answer // to the preflight; nil when there was none
	CORSErr error            // why there was none
	// Preload is asked which hosts are preloaded; nil stands for none.
	Preload *List
}

// Trip is what following the redirects from one URL saw.
type Trip struct {
	Start *url.URL       // nil where the scheme does not apply to the target
	Chain scanners.Chain // the answers, oldest first
	Lost  *url.URL       // what did not answer; nil when the chain came to its end
	Err   error          // why it did not
	Jar   Jar            // the cookies that a browser would keep
}

// Answer returns the final answer, or nil when the trip did not come to one.
func (t Trip) Answer() *scanners.Answer {
	if t.Err != nil || len(t.Chain) == 0 {
		return nil
	}
	return t.Chain.Last()
}

// Mistrusted returns the first answer whose certificate did not verify, or nil.
func (t Trip) Mistrusted() *scanners.Answer {
	for _, a := range t.Chain {
		if a.CertError != nil {
			return a
		}
	}
	return nil
}

// Route returns the URLs of the trip, with the one that did not answer if
// another led to it.
func (t Trip) Route() []*url.URL {
	var route []*url.URL
	for _, a := range t.Chain {
		route = append(route, a.URL)
	}
	if len(route) > 0 && t.Lost != nil {
		route = append(route, t.Lost)
	}
	return route
}

// Base returns the trip that the tests of a single answer look at: https where
// it came to an answer, else http.
func (s Site) Base() Trip {
	if s.HTTPS.Answer() != nil {
		return s.HTTPS
	}
	return s.HTTP
}

// Secure says whether the base trip set out over https.
func (s Site) Secure() bool {
	base := s.Base()
	return base.Start != nil && base.Start.Scheme == "https"
}

// header returns a header of the base answer, its lines joined by commas as
// RFC 9110, section 5.3 allows, and whether it is there at all.
func (s Site) header(name string) (value string, found bool) {
	return headerOf(s.Base().Answer(), name)
}

func headerOf(a *scanners.Answer, name string) (value string, found bool) {
	if a == nil {
		return "", false
	}
	lines := a.Header.Values(name)
	return strings.Join(lines, ", "), len(lines) > 0
}

// preloaded asks the preload list.
func (s Site) preloaded(host string) bool {
	return s.Preload != nil && s.Preload.Preloaded(host)
}

// quoted is how many bytes of something foreign are shown.
const quoted = 120

// quote shows what a target sent: cut, and with nothing in it that a terminal
// or a page could take for its own.
func quote(s string) string {
	return strconv.QuoteToASCII(cut(s, quoted))
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
