package observatory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners/observatory"
)

func TestRedirection(t *testing.T) {
	for name, c := range map[string]struct {
		route    []string
		word     string
		modifier int
		pass     bool
	}{
		"to https on the same host": {[]string{"http://mozilla.org/", "https://mozilla.org/"}, "redirection-to-https", 0, true},
		"and on from there": {[]string{"http://mozilla.org/", "https://mozilla.org/", "https://www.mozilla.org/"},
			"redirection-to-https", 0, true},
		"to another port":            {[]string{"http://mozilla.org/", "https://mozilla.org:8443/"}, "redirection-to-https", 0, true},
		"missing":                    {[]string{"http://mozilla.org/"}, "redirection-missing", -20, false},
		"stays on http":              {[]string{"http://mozilla.org/", "http://www.mozilla.org/"}, "redirection-not-to-https", -20, false},
		"stays on http for long":     {[]string{"http://mozilla.org/", "http://www.mozilla.org/", "http://www.mozilla.org/en/"}, "redirection-not-to-https", -20, false},
		"back to http":               {[]string{"http://mozilla.org/", "https://mozilla.org/", "http://mozilla.org/x"}, "redirection-not-to-https", -20, false},
		"first to http":              {[]string{"http://mozilla.org/", "http://www.mozilla.org/", "https://www.mozilla.org/"}, "redirection-not-to-https-on-initial-redirection", -10, false},
		"first to another host":      {[]string{"http://mozilla.org/", "https://www.mozilla.org/"}, "redirection-off-host-from-http", -5, false},
		"all preloaded":              {[]string{"http://pre.example/", "https://pre.example/", "https://www.pre.example/"}, "redirection-all-redirects-preloaded", 0, true},
		"preloaded without redirect": {[]string{"http://pre.example/"}, "redirection-all-redirects-preloaded", 0, true},
		"only the first preloaded":   {[]string{"http://pre.example/", "https://mozilla.org/"}, "redirection-off-host-from-http", -5, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := site(t)
			s.Preload = observatory.NewList(map[string]bool{"pre.example": true}, time.Time{})
			s.HTTP = route(t, c.route...)
			expect(t, observatory.Redirection(s), c.word, c.modifier, c.pass)
		})
	}
}

func TestRedirectionWithoutHTTP(t *testing.T) {
	s := site(t)
	s.HTTP = observatory.Trip{}
	expect(t, observatory.Redirection(s), "redirection-not-needed-no-http", 0, true)
	s.HTTP = observatory.Trip{Start: parse(t, "http://mozilla.org/"), Lost: parse(t, "http://mozilla.org/"), Err: errors.New("refused")}
	expect(t, observatory.Redirection(s), "redirection-not-needed-no-http", 0, true)
}

func TestRedirectionIsJudgedByWhereItLeads(t *testing.T) {
	s := site(t)
	s.HTTP = route(t, "http://mozilla.org/")
	s.HTTP.Lost, s.HTTP.Err = parse(t, "http://10.0.0.1/"), errors.New("forbidden")
	expect(t, observatory.Redirection(s), "redirection-not-to-https", -20, false)
	s.HTTP.Lost = parse(t, "https://mozilla.org/")
	expect(t, observatory.Redirection(s), "redirection-to-https", 0, true)
}

func TestRedirectionOverABadCertificate(t *testing.T) {
	s := site(t)
	s.HTTP = route(t, "http://mozilla.org/", "https://mozilla.org/")
	s.HTTP.Chain.Last().CertError = errors.New("x509: self-signed")
	expect(t, observatory.Redirection(s), "redirection-invalid-cert", -20, false)
}
