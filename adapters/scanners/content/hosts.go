package content

import (
	"fmt"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// imitated are the hosts that scripts are loaded from everywhere, and that
// those imitate who want theirs to be overlooked.
var imitated = []string{
	"google-analytics.com", "googletagmanager.com", "googleapis.com", "googlesyndication.com", "doubleclick.net",
	"bootstrapcdn.com", "cloudflareinsights.com", "fontawesome.com",
}

// genuine are hosts that look like one of those and belong to the same owner.
var genuine = map[string]bool{"googleapis.cn": true, "doubleclick.com": true, "googlesyndication.cn": true, "googletagmanager.cn": true, "google-analytics.cn": true}

// compromised are hosts that served harmful code under their own name, in the
// attack on polyfill.io of 2024.
var compromised = map[string]bool{
	"polyfill.io": true, "bootcss.com": true, "bootcdn.net": true, "staticfile.net": true, "staticfile.org": true, "unionadjs.com": true,
	"xhsbpza.com": true, "union.macoms.la": true, "newcrbpc.com": true,
}

// judgeHosts looks at who serves the scripts.
func (l *look) judgeHosts() {
	for _, s := range l.scripts {
		if s.url == nil || site.Same(s.url, s.page.answer.URL) {
			continue
		}
		host := site.Registrable(s.url.Hostname())
		if compromised[host] {
			l.raise(compromisedHost, l.place(s.url), fmt.Sprintf("The page %s loads a script from %s.", scanners.Whole(s.page.answer.URL), host), l.evidence(s.page.answer))
		}
		if original := imitates(host); original != "" {
			l.raise(lookAlikeHost, l.place(s.url), fmt.Sprintf("The page %s loads a script from %s, which looks like %s.", scanners.Whole(s.page.answer.URL), scanners.Quote(host), original), l.evidence(s.page.answer))
		}
	}
	l.ledger.Tested(lookAlikeRule)
}

// imitates is the host that another one looks like; "" for none.
func imitates(host string) string {
	label, _, _ := strings.Cut(host, ".")
	for _, original := range imitated {
		if host == original || genuine[host] {
			return ""
		}
	}
	for _, original := range imitated {
		known, _, _ := strings.Cut(original, ".")
		if skeleton(label) == skeleton(known) || near(label, known) {
			return original
		}
	}
	return ""
}

// skeleton makes characters the same that are hard to tell apart.
func skeleton(label string) string {
	return strings.NewReplacer("rn", "m", "vv", "w", "0", "o", "1", "l", "i", "l", "5", "s", "-", "").Replace(label)
}

// near: one character was added, left out, replaced, or changed places with
// the next.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) < len(b):
		return a[i:] == b[i+1:]
	case i == len(a):
		return true
	case a[i+1:] == b[i+1:]:
		return true
	default:
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
}
