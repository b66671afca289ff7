package content

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// sign is what a script says that nobody writes who has nothing to hide.
type sign struct {
	needs    string // a text that is in all of them
	says     *regexp.Regexp
	what     string
	advisory domain.Advisory
}

var signs = []sign{
	{"oin", regexp.MustCompile(`(?i)coin-?hive(?:\.min\.js|\.com)|CoinHive\.(?:Anonymous|User|Token)\(|cryptonight\.wasm|CoinImp\.Anonymous`), "starts a miner of cryptocurrency", miner},
	{"rypto", regexp.MustCompile(`CryptoLoot\.Anonymous|cryptoloot\.pro|(?:deepMiner|WMP)\.(?:Init|Anonymous)\(|cryptonight`), "starts a miner of cryptocurrency", miner},
	{"eval", regexp.MustCompile(`eval\s*\(\s*(?:window\.)?(?:atob|unescape|decodeURIComponent)\s*\(\s*['"][A-Za-z0-9+/=%]{80,}`), "runs a text that is encoded", injectedScript},
	{"eval", regexp.MustCompile(`eval\s*\(\s*String\.fromCharCode\s*\((?:\s*\d{1,3}\s*,){20}`), "runs a text that is written in numbers", injectedScript},
	{"%3C", regexp.MustCompile(`(?i)document\.write\s*\(\s*(?:unescape|decodeURIComponent)\s*\(\s*['"]%3Ciframe`), "writes a frame that is encoded", injectedScript},
	{"appendAfter", regexp.MustCompile(`Element\.prototype\.appendAfter\s*=\s*function[\s\S]{1,400}String\.fromCharCode`), "puts in a script whose address is written in numbers", injectedScript},
}

var (
	charCodes = regexp.MustCompile(`String\.fromCharCode\s*\(([\d\s,]{20,1000})`)
	loads     = regexp.MustCompile(`(?i)^\s*(?:https?:)?//|<script|<iframe`)
)

// judgeText looks for signs that a script was put into the site, or sends on
// what its visitors type.
func (l *look) judgeText(s *script) {
	text := string(s.text)
	for _, g := range signs {
		if strings.Contains(text, g.needs) && g.says.MatchString(text) {
			l.raise(g.advisory, l.scriptPlace(s), l.name(s)+" "+g.what+".", l.proof(s))
		}
	}
	if hidden := spelled(text); hidden != "" {
		l.raise(injectedScript, l.scriptPlace(s), fmt.Sprintf("%s spells %s in numbers.", l.name(s), scanners.Quote(hidden)), l.proof(s))
	}
	if how := skims(text, s, l); how != "" {
		l.raise(skimmer, l.scriptPlace(s), l.name(s)+" "+how+".", l.proof(s))
	}
}

// spelled is the first address or element that a script writes in numbers.
func spelled(text string) string {
	if !strings.Contains(text, "fromCharCode") {
		return ""
	}
	for _, m := range charCodes.FindAllStringSubmatch(text, 50) {
		var word strings.Builder
		for code := range strings.SplitSeq(m[1], ",") {
			if n, err := strconv.ParseUint(strings.TrimSpace(code), 10, 8); err == nil {
				word.WriteByte(byte(n))
			}
		}
		if loads.MatchString(word.String()) {
			return word.String()
		}
	}
	return ""
}

// What a skimmer does: it knows of cards or waits for the checkout, reads what
// is typed, and sends it to a place of its own.
var (
	cards    = regexp.MustCompile(`(?i)card[_-]?num|cc[_-]?num|cvv|cvc|cc[_-]?cid|cc[_-]?exp|card[_-]?exp|securitycode`)
	checkout = regexp.MustCompile(`(?i)['"/|]\s*(?:one(?:page|step)|fire)?checkout|billing`)
	reads    = regexp.MustCompile(`querySelectorAll\s*\(\s*['"][^'"]{0,40}(?:input|select)|getElementsByTagName\s*\(\s*['"](?:input|form|select)|\.serialize(?:Array)?\(|new FormData\(|addEventListener\s*\(\s*['"](?:submit|change|blur|keyup|keydown|mousedown)`)
	encodes  = regexp.MustCompile(`btoa\s*\(|JSON\.stringify|encodeURIComponent|CryptoJS`)
	sends    = regexp.MustCompile(`new Image\b|sendBeacon\s*\(|XMLHttpRequest|\bfetch\s*\(|new WebSocket\b|\$\.(?:post|ajax)\s*\(`)
	hiddenTo = regexp.MustCompile(`atob\s*\(\s*['"]((?:aHR0c|Ly9|d3Nz)[A-Za-z0-9+/=]{6,400})['"]`)
	sentTo   = regexp.MustCompile(`(?:\.src\s*=|\.open\s*\(\s*['"](?:GET|POST)['"]\s*,|fetch\s*\(|sendBeacon\s*\(|WebSocket\s*\(|\$\.(?:post|ajax)\s*\()\s*['"]((?:https?:|wss?:)?//[^'"]{4,400})['"]`)
)

// payment are sites that card numbers are meant for.
var payment = map[string]bool{
	"stripe.com": true, "paypal.com": true, "braintreegateway.com": true, "braintree-api.com": true, "adyen.com": true, "authorize.net": true,
	"square.com": true, "squareup.com": true, "worldpay.com": true, "checkout.com": true, "klarna.com": true, "mollie.com": true,
	"cardinalcommerce.com": true, "cybersource.com": true, "amazon.com": true, "google.com": true, "shopify.com": true, "recurly.com": true,
}

// skims says how a script sends on what visitors type; "" for one that does
// not, as far as can be told.
func skims(text string, s *script, l *look) string {
	if !sends.MatchString(text) || !reads.MatchString(text) || !encodes.MatchString(text) {
		return ""
	}
	if m := hiddenTo.FindStringSubmatch(text); m != nil && (cards.MatchString(text) || checkout.MatchString(text)) {
		to, err := base64.StdEncoding.DecodeString(m[1])
		if err == nil {
			return "reads what is typed at the checkout and sends it to an address that it hides, " + scanners.Quote(string(to))
		}
	}
	if !cards.MatchString(text) {
		return ""
	}
	for _, m := range sentTo.FindAllStringSubmatch(text, 50) {
		to := s.page.resolve(strings.Replace(strings.Replace(m[1], "wss:", "https:", 1), "ws:", "http:", 1))
		if to == nil || payment[site.Registrable(to.Hostname())] || site.Same(to, s.page.answer.URL) || s.url != nil && site.Same(to, s.url) && !site.Same(s.url, l.site) {
			continue
		}
		return "reads what is typed into fields of a card and sends it to " + scanners.Quote(scanners.Whole(to))
	}
	return ""
}
