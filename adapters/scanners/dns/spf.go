package dns

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// spf is one parsed SPF record.
type spf struct {
	terms    []spfTerm // in order; what stands after "all" is kept and means nothing
	redirect string    // the domain of the redirect modifier; "" where there is none
}

// spfTerm is one mechanism.
type spfTerm struct {
	qualifier byte   // '+', '-', '~' or '?'
	mechanism string // in lower case
	domain    string // the domain-spec, with its macros; "" where there is none
}

// isSPF tells an SPF record from other TXT records, RFC 7208, 4.5.
func isSPF(text string) bool {
	version, _, _ := strings.Cut(text, " ")
	return strings.EqualFold(version, "v=spf1")
}

// parseSPF parses a record by the grammar of RFC 7208, 12. Any error is what
// the RFC calls a permerror: receivers then treat the whole record as broken.
func parseSPF(text string) (spf, error) {
	var record spf
	if !isSPF(text) {
		return record, fmt.Errorf("it does not begin with v=spf1")
	}
	seen := map[string]bool{}
	for _, word := range strings.Split(text, " ")[1:] {
		if word == "" {
			continue
		}
		if name, value, ok := modifier(word); ok {
			if (name == "redirect" || name == "exp") && seen[name] {
				return record, fmt.Errorf("%s stands twice", name)
			}
			seen[name] = true
			if err := checkModifier(name, value); err != nil {
				return record, fmt.Errorf("%q: %w", clip(word), err)
			}
			if name == "redirect" {
				record.redirect = value
			}
			continue
		}
		term, err := parseTerm(word)
		if err != nil {
			return record, fmt.Errorf("%q: %w", clip(word), err)
		}
		record.terms = append(record.terms, term)
	}
	return record, nil
}

// modifier splits "name=value"; a mechanism has a ":" or "/" before any "=".
func modifier(word string) (name, value string, ok bool) {
	at := strings.IndexAny(word, "=:/")
	if at < 1 || word[at] != '=' || !isLetter(word[0]) {
		return "", "", false
	}
	for _, c := range []byte(word[:at]) {
		if !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '.' {
			return "", "", false
		}
	}
	return strings.ToLower(word[:at]), word[at+1:], true
}

func checkModifier(name, value string) error {
	if name == "redirect" || name == "exp" {
		return checkDomainSpec(value)
	}
	return checkMacros(value)
}

// takes says of each mechanism what may stand behind its name.
var takes = map[string]struct{ domain, needsDomain, cidr, network bool }{
	"all":     {},
	"include": {domain: true, needsDomain: true},
	"a":       {domain: true, cidr: true},
	"mx":      {domain: true, cidr: true},
	"ptr":     {domain: true},
	"exists":  {domain: true, needsDomain: true},
	"ip4":     {network: true},
	"ip6":     {network: true},
}

func parseTerm(word string) (spfTerm, error) {
	term := spfTerm{qualifier: '+'}
	if strings.IndexByte("+-~?", word[0]) >= 0 {
		term.qualifier, word = word[0], word[1:]
	}
	end := strings.IndexAny(word, ":/")
	if end < 0 {
		end = len(word)
	}
	term.mechanism = strings.ToLower(word[:end])
	rest := word[end:]
	kind, known := takes[term.mechanism]
	switch {
	case !known:
		return term, fmt.Errorf("no such mechanism")
	case kind.network:
		return term, checkNetwork(term.mechanism, rest)
	case kind.cidr:
		var err error
		if rest, err = cutCIDR(rest); err != nil {
			return term, err
		}
	}
	if rest == "" && !kind.needsDomain {
		return term, nil
	}
	if !kind.domain || !strings.HasPrefix(rest, ":") {
		return term, fmt.Errorf("%s cannot have %q", term.mechanism, clip(rest))
	}
	term.domain = rest[1:]
	return term, checkDomainSpec(term.domain)
}

// cutCIDR takes "/24", "//64" or "/24//64" from the end. A "/" inside a macro
// is one of its delimiters.
func cutCIDR(rest string) (string, error) {
	from := strings.IndexByte(rest[strings.LastIndexByte(rest, '}')+1:], '/')
	if from < 0 {
		return rest, nil
	}
	from += strings.LastIndexByte(rest, '}') + 1
	v4, v6, both := strings.Cut(rest[from:], "//")
	if v4 != "" && !isPrefixLength(strings.TrimPrefix(v4, "/"), 32) || both && !isPrefixLength(v6, 128) {
		return "", fmt.Errorf("no such prefix length")
	}
	return rest[:from], nil
}

func isPrefixLength(s string, most int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= most && s == strconv.Itoa(n)
}

func checkNetwork(mechanism, rest string) error {
	text, ok := strings.CutPrefix(rest, ":")
	if !ok {
		return fmt.Errorf("no address")
	}
	address, bits, hasBits := strings.Cut(text, "/")
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Zone() != "" || ip.Is4() != (mechanism == "ip4") {
		return fmt.Errorf("not an address of this kind")
	}
	if hasBits && !isPrefixLength(bits, ip.BitLen()) {
		return fmt.Errorf("no such prefix length")
	}
	return nil
}

// checkDomainSpec: a domain-spec ends in a macro, or in a dot and a top label,
// RFC 7208, 7.1.
func checkDomainSpec(spec string) error {
	if err := checkMacros(spec); err != nil {
		return err
	}
	if strings.HasSuffix(spec, "}") || strings.HasSuffix(spec, "%%") || strings.HasSuffix(spec, "%_") || strings.HasSuffix(spec, "%-") {
		return nil
	}
	labels := strings.Split(strings.TrimSuffix(spec, "."), ".")
	top := labels[len(labels)-1]
	if len(labels) < 2 || top == "" || top[0] == '-' || top[len(top)-1] == '-' {
		return fmt.Errorf("not a domain name")
	}
	digits := true
	for _, c := range []byte(top) {
		if !isLetter(c) && !isDigit(c) && c != '-' {
			return fmt.Errorf("not a domain name")
		}
		digits = digits && isDigit(c)
	}
	if digits {
		return fmt.Errorf("not a domain name")
	}
	return nil
}

// checkMacros checks a macro-string, RFC 7208, 7.1.
func checkMacros(s string) error {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] < 0x21 || s[i] > 0x7e:
			return fmt.Errorf("a character that is not visible ASCII")
		case s[i] != '%':
		case i+1 < len(s) && strings.IndexByte("%_-", s[i+1]) >= 0:
			i++
		default:
			end := strings.IndexByte(s[i:], '}')
			if end < 0 || !isMacro(s[i:i+end+1]) {
				return fmt.Errorf("no such macro")
			}
			i += end
		}
	}
	return nil
}

// isMacro: "%{" letter, digits, "r", delimiters, "}".
func isMacro(s string) bool {
	if len(s) < 4 || s[1] != '{' || strings.IndexByte("slodiphcrtvSLODIPHCRTV", s[2]) < 0 {
		return false
	}
	rest := strings.TrimLeft(s[3:len(s)-1], "0123456789")
	if rest != "" && (rest[0] == 'r' || rest[0] == 'R') {
		rest = rest[1:]
	}
	return strings.Trim(rest, ".-+,/_=") == ""
}

// hasMacro tells whether a domain-spec depends on the message.
func hasMacro(spec string) bool { return strings.Contains(spec, "%") }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// clip keeps foreign text short enough for one sentence.
func clip(s string) string {
	if len(s) > 100 {
		return s[:100] + "…"
	}
	return s
}
