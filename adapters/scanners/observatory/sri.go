package observatory

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/scanledger/scanledger/domain"
)

// Results of the test that a single script can bring about.
const (
	sriOwn      = "sri-implemented-and-all-scripts-loaded-securely"
	sriInsecure = "sri-implemented-but-external-scripts-not-loaded-securely"
	noSRI       = "sri-not-implemented-but-external-scripts-loaded-securely"
	noSRIAtAll  = "sri-not-implemented-and-external-scripts-not-loaded-securely"
)

// sriOrder ranks them from the best to the worst.
var sriOrder = []string{sriOwn, sriInsecure, noSRI, noSRIAtAll}

// SRI is the test of subresource integrity. As in the Observatory, a script
// whose address leaves out the scheme counts as foreign and insecure.
func SRI(s Site) domain.ObservatoryTest {
	answer := s.Base().Answer()
	if answer != nil {
		if kind := mediaType(answer); kind != "" && !htmlTypes[kind] {
			return result(SRIName, "sri-not-implemented-response-not-html", "The answer is "+quote(kind)+", not HTML.")
		}
	}
	if s.Page.Err != nil {
		return result(SRIName, "html-not-parseable", "The page cannot be read: "+plain(s.Page.Err.Error())+".")
	}
	word, detail := judgeScripts(s)
	if answer != nil && answer.Truncated {
		detail += fmt.Sprintf(" Only the first %d bytes of the page were read.", len(answer.Body))
	}
	return result(SRIName, word, detail)
}

func judgeScripts(s Site) (word, detail string) {
	if len(s.Page.Scripts)+s.Page.Inline == 0 {
		return "sri-not-implemented-but-no-scripts-loaded", "The page has no scripts."
	}
	worst, at, foreign := worstScript(s)
	switch {
	case worst == sriOwn:
		return worst, "Scripts of the site itself have an integrity attribute."
	case worst != "":
		return worst, "Seen at the script " + quote(at) + "."
	case foreign:
		return "sri-implemented-and-external-scripts-loaded-securely", "All foreign scripts have an integrity attribute."
	}
	return "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", "All scripts come from the site itself."
}

// worstScript judges the scripts one by one. Word is "" when none stands out.
func worstScript(s Site) (word, at string, foreign bool) {
	for _, script := range s.Page.Scripts {
		w, isForeign := judgeScript(s, script)
		foreign = foreign || isForeign
		if slices.Index(sriOrder, w) > slices.Index(sriOrder, word) {
			word, at = w, script.Src
		}
	}
	return word, at, foreign
}

func judgeScript(s Site, script Script) (word string, foreign bool) {
	sri := script.Integrity != ""
	secure, own := locate(s, script.Src)
	switch {
	case own && sri && secure:
		return sriOwn, false
	case own:
		return "", false
	case sri && !secure:
		return sriInsecure, true
	case !sri && secure:
		return noSRI, true
	case !sri:
		return noSRIAtAll, true
	}
	return "", true
}

// locate says whether a script comes over https, and whether from the site's
// own registrable domain.
func locate(s Site, src string) (secure, own bool) {
	if strings.HasPrefix(src, "//") {
		return false, false
	}
	u, err := url.Parse(src)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return s.Secure(), true
	}
	return strings.EqualFold(u.Scheme, "https"), registrable(u.Hostname()) == registrable(s.Host)
}

// registrable returns the part of a host under which somebody registered it,
// by the ICANN section of the public suffix list as in the Observatory; an
// address, or a name that is itself a suffix, stands for itself.
func registrable(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil {
		return host
	}
	suffix, icann := publicsuffix.PublicSuffix(host)
	for !icann && strings.Contains(suffix, ".") {
		_, parent, _ := strings.Cut(suffix, ".")
		suffix, icann = publicsuffix.PublicSuffix(parent)
	}
	rest := strings.TrimSuffix(host, suffix)
	if rest = strings.TrimSuffix(rest, "."); rest == "" {
		return host
	}
	return rest[strings.LastIndexByte(rest, '.')+1:] + "." + suffix
}
