package observatory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// Words of source lists that the test looks for.
var (
	broad    = []string{"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"}
	inline   = []string{"'unsafe-inline'", "data:"}
	insecure = []string{"http:", "ftp:"}
	tokens   = []string{"'sha256-", "'sha384-", "'sha512-", "'nonce-"}
	passive  = []string{"img-src", "media-src"}
	// headerOnly are directives that mean nothing in a meta element (HTML,
	// section 4.2.5.3).
	headerOnly = []string{"frame-ancestors", "report-uri", "sandbox"}
)

// enforced is the policy of a site.
type enforced struct {
	all      policy // of the header and of the page together
	header   policy // of the header alone
	repeated bool
}

// enforcedPolicy parses the policies of a site. Those of the page count only
// while the header's can be read too.
func enforcedPolicy(s Site) (enforced, error) {
	var fromHeader []string
	if line, found := s.header("Content-Security-Policy"); found {
		fromHeader = splitPolicies(line)
	}
	var fromPage []string
	for _, content := range s.Page.CSP {
		fromPage = append(fromPage, splitPolicies(content)...)
	}
	all, repeated, err := parsePolicies(slices.Concat(fromHeader, fromPage))
	if err != nil {
		return enforced{}, err
	}
	header, _, _ := parsePolicies(fromHeader)
	page, _, _ := parsePolicies(fromPage)
	for _, d := range headerOnly {
		delete(page, d)
	}
	if len(header)+len(page) == 0 {
		return enforced{}, nil
	}
	return enforced{all, header, repeated}, nil
}

// splitPolicies splits at commas, which separate policies (CSP 3, section 2.2).
func splitPolicies(line string) []string {
	policies := strings.Split(line, ",")
	for i := range policies {
		policies[i] = strings.TrimSpace(policies[i])
	}
	return policies
}

// CSP is the test of the Content Security Policy.
func CSP(s Site) domain.ObservatoryTest {
	p, err := enforcedPolicy(s)
	if err != nil {
		return result(CSPName, "csp-header-invalid", "The policy cannot be read: "+err.Error()+".")
	}
	if p.all == nil {
		if line, _ := s.header("Content-Security-Policy-Report-Only"); line != "" {
			return result(CSPName, "csp-not-implemented-but-reporting-enabled",
				"Violations are reported, but nothing is enforced.")
		}
		return result(CSPName, "csp-not-implemented", "There is no Content-Security-Policy.")
	}
	word, detail := judgePolicy(p.all, s.Secure())
	if p.repeated && verdicts[word].pass {
		return result(CSPName, "csp-implemented-but-duplicate-directives", "report-uri or report-to stands twice in one policy.")
	}
	return result(CSPName, word, detail)
}

// judgePolicy applies the Observatory's checks in its order; the first that
// hits decides. It changes the lists of p as browsers read them.
func judgePolicy(p policy, https bool) (word, detail string) {
	object, script, style := p.list("object-src", "default-src"), p.list("script-src", "default-src"), p.list("style-src", "default-src")
	for _, list := range []sources{script, style} {
		if list.starting(tokens) {
			delete(list, "'unsafe-inline'")
		}
	}
	if script["'strict-dynamic'"] {
		if !script.starting(tokens) {
			return "csp-header-invalid", "'strict-dynamic' stands without a nonce or a hash."
		}
		dropIgnored(script)
	}
	fallback := p["default-src"]
	switch {
	case script.anyOf(broad), script.anyOf(inline), object.anyOf(broad):
		return "csp-implemented-with-unsafe-inline", unsafeDetail(script, object)
	case https && activeSources(p, script).starting(insecure):
		return "csp-implemented-with-insecure-scheme", "Active content may be loaded over http: or ftp:."
	case script["'unsafe-eval'"], style["'unsafe-eval'"]:
		return "csp-implemented-with-unsafe-eval", "The policy allows 'unsafe-eval'."
	case https && passiveSources(p).starting(insecure):
		return "csp-implemented-with-insecure-scheme-in-passive-content-only", "Images or media may be loaded over http: or ftp:."
	case style.anyOf(broad), style.anyOf(inline):
		return "csp-implemented-with-unsafe-inline-in-style-src-only", "style-src allows inline styles, data: or any host."
	case len(fallback) == 1 && fallback["'none'"]:
		return "csp-implemented-with-no-unsafe-default-src-none", "default-src is 'none' and nothing unsafe is allowed."
	}
	return "csp-implemented-with-no-unsafe", "Nothing unsafe is allowed."
}

// dropIgnored takes out what browsers ignore beside 'strict-dynamic' (CSP 3,
// section 8.2).
func dropIgnored(script sources) {
	maps.DeleteFunc(script, func(text string, _ bool) bool {
		return text == "'self'" || text == "'unsafe-inline'" || startsWith(text, broad)
	})
}

func unsafeDetail(script, object sources) string {
	for _, w := range slices.Concat(inline, broad) {
		if script[w] {
			return fmt.Sprintf("script-src allows %s.", w)
		}
	}
	for _, w := range broad {
		if object[w] {
			return fmt.Sprintf("object-src allows %s.", w)
		}
	}
	return ""
}

// activeSources are those of everything but images and media.
func activeSources(p policy, script sources) sources {
	active := maps.Clone(script)
	for name, list := range p {
		if name != "script-src" && !slices.Contains(passive, name) {
			maps.Copy(active, list)
		}
	}
	return active
}

// passiveSources are those of images and media.
func passiveSources(p policy) sources {
	found := sources{}
	for _, d := range passive {
		if list, ok := p[d]; ok {
			maps.Copy(found, list)
		} else {
			maps.Copy(found, p["default-src"])
		}
	}
	return found
}
