package observatory

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// sixMonths is the least max-age that passes, in seconds. The Observatory
// speaks of 15,768,000 and takes 180 days, since many sites mean that.
const sixMonths = 15_552_000

// Transport is what a Strict-Transport-Security header says.
type Transport struct {
	MaxAge     int64 // seconds
	Subdomains bool
	Preload    bool
}

// ParseTransport reads a Strict-Transport-Security header. A comma is an
// error, for it means that the header was sent twice; so is the absence of a
// max-age that starts with a number. The Observatory takes a max-age that is
// no number at all for a long one; here it is an error.
func ParseTransport(header string) (Transport, error) {
	header = cut(header, 1024)
	if strings.Contains(header, ",") {
		return Transport{}, errors.New("it is sent more than once")
	}
	t := Transport{MaxAge: -1}
	for directive := range strings.SplitSeq(header, ";") {
		directive = word(directive)
		age, found := strings.CutPrefix(directive, "max-age=")
		switch {
		case found:
			seconds, err := leadingNumber(strings.Trim(age, `" `))
			if err != nil {
				return Transport{}, err
			}
			t.MaxAge = seconds
		case directive == "includesubdomains":
			t.Subdomains = true
		case directive == "preload":
			t.Preload = true
		}
	}
	if t.MaxAge < 0 {
		return Transport{}, errors.New("it has no max-age")
	}
	return t, nil
}

// leadingNumber reads the digits that s starts with. What is too large for an
// int64 is the largest one; what is negative counts as 0.
func leadingNumber(s string) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	n, i := int64(0), 0
	for ; i < len(digits) && digits[i] >= '0' && digits[i] <= '9'; i++ {
		if n > (math.MaxInt64-9)/10 {
			return math.MaxInt64, nil
		}
		n = n*10 + int64(digits[i]-'0')
	}
	if i == 0 {
		return 0, errors.New("its max-age is no number")
	}
	if negative {
		n = 0
	}
	return n, nil
}

// HSTS is the test of HTTP Strict Transport Security.
func HSTS(s Site) domain.ObservatoryTest {
	answer := s.HTTPS.Answer()
	if answer == nil {
		return result(hstsName, "hsts-not-implemented-no-https", noHTTPS(s.HTTPS))
	}
	if s.preloaded(s.Host) {
		return result(hstsName, "hsts-preloaded", "Browsers know the host from their preload list"+asOf(s.Preload)+".")
	}
	word, detail := judgeTransport(s)
	if s.Preload != nil {
		detail += " The host is not on the preload list" + asOf(s.Preload) + "."
	}
	return result(hstsName, word, detail)
}

// asOf is " of 1 January 2025", the day of a list; "" where nobody knows.
func asOf(l *List) string {
	if l.AsOf().IsZero() {
		return ""
	}
	return l.AsOf().Format(" of 2 January 2006")
}

func judgeTransport(s Site) (word, detail string) {
	if bad := s.HTTPS.Mistrusted(); bad != nil {
		return "hsts-invalid-cert", "Browsers ignore the header: " + mistrust(bad.CertError)
	}
	header, found := headerOf(s.HTTPS.Answer(), "Strict-Transport-Security")
	if !found {
		return "hsts-not-implemented", "There is no Strict-Transport-Security header."
	}
	t, err := ParseTransport(header)
	switch {
	case err != nil:
		return "hsts-header-invalid", fmt.Sprintf("The header is %s: %v.", quote(header), err)
	case t.MaxAge < sixMonths:
		return "hsts-implemented-max-age-less-than-six-months", fmt.Sprintf("max-age is %d seconds, six months are %d.", t.MaxAge, sixMonths)
	}
	return "hsts-implemented-max-age-at-least-six-months", fmt.Sprintf("max-age is %d seconds.", t.MaxAge)
}

func noHTTPS(t Trip) string {
	if t.Start == nil {
		return "The target is a plain http origin."
	}
	return fmt.Sprintf("There is no https: %s.", t.Loss())
}

// mistrust tells why a certificate did not verify, as a sentence.
func mistrust(err error) string {
	return "the certificate does not verify: " + plain(err.Error()) + "."
}
