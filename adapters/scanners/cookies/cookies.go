// Package cookies looks at the cookies that a web site sets: by the HTTP
// Observatory's test of them, and one by one. Every profile runs the same.
package cookies

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

// Scanner looks at the cookies of a site's first page, of the redirects that
// lead there, and of its robots.txt. No value of a cookie leaves it.
type Scanner struct {
	// Preload has the HSTS preload list; nil for the one that is built in.
	Preload *observatory.Preload
}

var _ scanners.Scanner = Scanner{}

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.Cookies }

// Scan implements scanners.Scanner. A site that the Observatory would not test
// ends in a NotTested.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	site, err := observatory.Retrieve(ctx, job)
	if err != nil {
		return err
	}
	see(domain.Advance{Percent: 80})
	if site.Preload, err = s.Preload.Get(); err != nil {
		see(observatory.OldList(err))
	}
	see(observatory.Cookies(*site))
	cover(*site, see)

	evidence := map[*scanners.Answer]domain.Hash{}
	hsts := observatory.HSTS(*site).Pass
	for _, c := range collected(*site) {
		for _, advisory := range flaws(c, hsts) {
			if _, kept := evidence[c.Answer]; !kept {
				evidence[c.Answer] = job.Keep("http-response", observatory.Redact(c.Answer.Raw))
			}
			see(domain.Weakness{Advisory: advisory, Where: where(c), Detail: detail(c), Evidence: evidence[c.Answer]})
		}
	}
	see(domain.Advance{Percent: 100})
	return nil
}

// cover says how many of the cookies were looked at.
func cover(site observatory.Site, see func(domain.Observation)) {
	see(domain.Coverage{What: observatory.CookiesName, Outcome: domain.Tested})
	if site.HTTP.Jar.Overflow || site.HTTPS.Jar.Overflow {
		see(domain.Coverage{What: "further cookies", Outcome: domain.Skipped,
			Reason: "the site sets more cookies than a browser keeps"})
	}
}

// collected lists the cookies of both trips once by name, those of the base
// trip first, and those that browsers refuse for their prefix.
func collected(site observatory.Site) []observatory.Cookie {
	base, other := site.Base().Jar, site.HTTP.Jar
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Concat(base.Cookies, base.Broken, other.Cookies, other.Broken),
		func(c observatory.Cookie) bool {
			before := seen[c.Name]
			seen[c.Name] = true
			return before || c.Ignored()
		})
}

// flaws lists what is wrong with a cookie. A site that browsers only reach
// over https keeps a cookie without Secure from the network, so that it weighs
// less there.
func flaws(c observatory.Cookie, hsts bool) []domain.Advisory {
	var found []domain.Advisory
	add := func(wrong bool, a domain.Advisory) {
		if wrong {
			found = append(found, a)
		}
	}
	session := c.Session() || sessionNames[strings.ToLower(c.Name)]
	add(!c.Secure && session && !hsts, sessionInsecure)
	add(!c.Secure && session && hsts, sessionInsecureHSTS)
	add(!c.Secure && !session && !hsts, insecure)
	add(!c.Secure && !session && hsts, insecureHSTS)
	add(session && !c.HTTPOnly, sessionReadable)
	add(c.SameSite == "none" && !c.Secure, sameSiteNone)
	add(c.BadSameSite, sameSiteUnknown)
	add(c.AntiCSRF() && c.SameSite == "", tokenAcrossSites)
	add(c.Prefix() != "", prefixBroken)
	return found
}

// sessionNames are common names of session cookies that the Observatory's
// words do not find, in lower case.
var sessionNames = map[string]bool{
	"sid": true, "connect.sid": true, "cfid": true, "cftoken": true, "auth": true, "auth_token": true,
	"access_token": true, "id_token": true, "jwt": true, "remember_token": true, "remember_me": true,
}

// maxName bounds a cookie's name in a report, in bytes.
const maxName = 200

// where is the cookie's name, fit to be shown.
func where(c observatory.Cookie) string {
	name := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, c.Name)
	if len(name) > maxName {
		name = strings.ToValidUTF8(name[:maxName], "")
	}
	return name
}

// detail tells what the cookie has, not what is in it.
func detail(c observatory.Cookie) string {
	has := []string{}
	for _, a := range []struct {
		set  bool
		name string
	}{
		{c.Secure, "Secure"}, {c.HTTPOnly, "HttpOnly"}, {c.SameSite != "", "SameSite=" + c.SameSite},
		{c.Domain != "", "a Domain"},
	} {
		if a.set {
			has = append(has, a.name)
		}
	}
	if len(has) == 0 {
		has = []string{"no attribute that protects it"}
	}
	return fmt.Sprintf("The cookie %s of %s has %s.", strconv.Quote(where(c)), c.Answer.URL.Redacted(), strings.Join(has, ", "))
}
