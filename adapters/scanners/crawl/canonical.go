package crawl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// sameName says whether two URLs are of one host, but for a www in front.
func sameName(a, b *url.URL) bool {
	return strings.TrimPrefix(a.Hostname(), "www.") == strings.TrimPrefix(b.Hostname(), "www.")
}

var (
	sessions  = regexp.MustCompile(`(?i)^(?:phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid|cfid|cftoken|sid|sess(?:ion)?_?id|oscsid|zenid|s_?token)$`)
	campaigns = regexp.MustCompile(`(?i)^(?:utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|mc_[ce]id|_ga|igshid|ref_src)$`)
	inPath    = regexp.MustCompile(`(?i);(?:jsessionid|phpsessid|sid)=[^/;?]*`)
	inFolder  = regexp.MustCompile(`(?i)/\(S\([a-z0-9]{10,40}\)\)`) // ASP.NET's
)

// canonical is a URL without what makes no other page of it: the fragment, what
// names a session or a campaign, and escapes that need not be.
func canonical(u *url.URL) *url.URL {
	path := inFolder.ReplaceAllString(inPath.ReplaceAllString(u.EscapedPath(), ""), "")
	if path == "" {
		path = "/"
	}
	clean := &url.URL{Scheme: u.Scheme, Host: u.Host}
	clean.Path, clean.RawPath = path, ""
	if plain, err := url.PathUnescape(path); err == nil {
		clean.Path, clean.RawPath = plain, path
	}
	var kept []string
	for _, p := range split(u.RawQuery) {
		if !sessions.MatchString(p.name) && !campaigns.MatchString(p.name) {
			kept = append(kept, p.raw)
		}
	}
	clean.RawQuery = strings.Join(kept, "&")
	return clean
}

// key is the same for URLs of one page: their parameters may be in any order.
func key(u *url.URL) string {
	params := strings.Split(u.RawQuery, "&")
	slices.Sort(params)
	return u.Path + "?" + strings.Join(params, "&")
}

// param is a parameter of a query.
type param struct{ name, value, raw string }

// split reads a query as servers do; what is between two & is one parameter.
func split(query string) (params []param) {
	for raw := range strings.SplitSeq(query, "&") {
		if raw == "" {
			continue
		}
		name, value, _ := strings.Cut(raw, "=")
		params = append(params, param{unescape(name), unescape(value), raw})
	}
	return params
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

var (
	numbers = regexp.MustCompile(`[0-9]+`)
	hashes  = regexp.MustCompile(`(?i)\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,})\b`)
)

// shape is what URLs share that one template has made: a path whose numbers are
// taken for one, and the names of its parameters.
func shape(u *url.URL) string {
	form := numbers.ReplaceAllString(hashes.ReplaceAllString(u.Path, "0"), "0")
	var names []string
	for _, p := range split(u.RawQuery) {
		names = append(names, p.name)
	}
	slices.Sort(names)
	if form == u.Path && len(names) == 0 {
		return form
	}
	return form + "?" + strings.Join(slices.Compact(names), "&")
}

const (
	maxURL      = 1500 // bytes
	maxSegments = 20
	maxRepeats  = 3 // of one segment of a path
)

// goesRound says whether a path comes of links that lead ever deeper into
// themselves.
func goesRound(u *url.URL) bool {
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(u.String()) > maxURL || len(segments) > maxSegments {
		return true
	}
	count := map[string]int{}
	for _, s := range segments {
		if count[s]++; count[s] > maxRepeats {
			return true
		}
	}
	return false
}
