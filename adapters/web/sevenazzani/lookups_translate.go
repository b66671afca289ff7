package sevenazzani

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// lookupTypes are the contract's words.
var lookupTypes = map[string]domain.LookupType{"whois": domain.LookupWHOIS, "dns": domain.LookupDNS, "all": domain.LookupAll}

func lookupURL(id string) string { return "/lookup/" + id + "/" }

// lookedUp is a look-up with its record.
func lookedUp(r projections.LookupRow) lookupAnswer { return lookupAnswer{short(r), r.Record} }

// short is a look-up in the document's words.
func short(r projections.LookupRow) lookupShort {
	id := r.ID.String()
	s := lookupShort{
		ID: id, Domain: r.Subject, Kind: r.Kind, LookupType: r.Type, Resolver: orNull(r.Resolver), DNSRecords: dnsRecords(r.Record.DNS),
		CreatedDate: day(r.Record.Registration, domain.Registered), ExpiryDate: day(r.Record.Registration, domain.Expires),
		Complete: r.Record.Complete(), CreatedAt: stamp(r.At), LookupURL: lookupURL(id),
	}
	if g := r.Record.Registration; g != nil {
		s.Registrar = orNull(g.Registrar.Name)
	}
	return s
}

// day is when something happened to a registration, as a date in UTC; null where it
// is not known.
func day(r *domain.Registration, action string) *string {
	at, known := r.Date(action)
	if !known {
		return nil
	}
	return orNull(at.UTC().Format(time.DateOnly))
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// dnsRecords are the records of the name itself by their types, as the document has
// them: addresses, hosts without a dot at their end (those of mail by preference),
// texts without quotes; others as in a zone file. Addresses and mail are there also
// where there are none.
func dnsRecords(d *domain.DNSAnswers) map[string][]string {
	all := map[string][]string{}
	if d == nil {
		return all
	}
	for _, kind := range []string{"A", "MX"} {
		if slices.Contains(d.Empty, kind) {
			all[kind] = []string{}
		}
	}
	records := slices.Clone(d.Records)
	slices.SortStableFunc(records, func(a, b domain.DNSRecord) int { return cmp.Compare(preference(a), preference(b)) })
	for _, r := range records {
		if own := r.Name == d.Name || r.Type == "A" || r.Type == "AAAA"; own { // addresses may be an alias's
			all[r.Type] = append(all[r.Type], wordOf(r))
		}
	}
	return all
}

func preference(r domain.DNSRecord) int {
	if r.Type != "MX" {
		return 0
	}
	n, _, _ := strings.Cut(r.Data, " ")
	p, err := strconv.Atoi(n)
	if err != nil {
		return 0
	}
	return p
}

// spoken is what the strings of a TXT record say together (RFC 1035, 5.1), where that
// is text that moves no terminal; else it stays escaped.
func spoken(data string) string {
	escaped := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(data, `"`), `"`), `" "`, "")
	var plain []byte
	for i := 0; i < len(escaped); i++ {
		c := escaped[i]
		if c == '\\' && i+1 < len(escaped) {
			i++
			c = escaped[i]
			if code, err := strconv.ParseUint(escaped[i:min(i+3, len(escaped))], 10, 8); err == nil && len(escaped) >= i+3 {
				c = byte(code)
				i += 2
			}
		}
		plain = append(plain, c)
	}
	acts := func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
	}
	if text := string(plain); utf8.ValidString(text) && !strings.ContainsFunc(text, acts) {
		return text
	}
	return escaped
}

// wordOf is a record's data in the document's words.
func wordOf(r domain.DNSRecord) string {
	switch r.Type {
	case "MX":
		_, host, _ := strings.Cut(r.Data, " ")
		return cmp.Or(strings.TrimSuffix(host, "."), ".") // RFC 7505: it takes no mail
	case "CNAME", "NS", "PTR", "DNAME":
		return strings.TrimSuffix(r.Data, ".")
	case "TXT":
		return spoken(r.Data)
	default:
		return r.Data
	}
}
