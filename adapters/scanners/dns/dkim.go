package dns

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"strings"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// selectors are those that mail providers and programs use by default, the
// most common first. There is no way to list the selectors of a domain.
var selectors = []string{
	"default", "google", "selector1", "selector2", "k1", "dkim",
	"k2", "k3", "s1", "s2", "mail", "smtp", "email", "key1", "key2", "sig1",
	"protonmail", "protonmail2", "protonmail3", "fm1", "fm2", "fm3",
	"mandrill", "mxvault", "zoho", "zmail", "pm", "cm", "20230601", "everlytickey1",
	"everlytickey2", "sig2", "m1", "m2", "mta", "mx", "krs", "pic", "scph0920", "ctct1", "ctct2", "sm", "turbo-smtp",
	"hs1", "hs2", "zendesk1", "zendesk2", "mailjet", "sendgrid", "amazonses", "postmark", "brevo1", "brevo2", "20221208", "20210112", "20161025",
}

const quickSelectors = 6

// dkim looks for signing keys. Finding none proves nothing, so that only what
// is found is reported, and keys too short to be trusted.
func (p *probe) dkim(ctx context.Context) error {
	mail, err := p.takesMail(ctx, p.org)
	if err != nil {
		return err
	}
	if !mail {
		return scanners.Skip("%s takes no mail", show(p.org))
	}
	a, err := p.ask.ask(ctx, "scanledger-no-such-selector._domainkey."+p.org, miekg.TypeTXT)
	if err != nil {
		return err
	}
	if len(a.rrs) > 0 {
		return scanners.Skip("%s answers for any selector", show(p.org))
	}
	known := selectors
	if p.job.Profile == domain.Quick {
		known = selectors[:quickSelectors]
	}
	found := 0
	for _, selector := range known {
		at := selector + "._domainkey." + p.org
		a, err := p.ask.ask(ctx, at, miekg.TypeTXT)
		if err != nil {
			return err
		}
		for _, text := range a.texts() {
			if key, ok := dkimKey(text); ok && found < recordLimit {
				found++
				p.note(p.org, "DKIM", a.msg, quoted([]string{selector + ": " + text})...)
				p.judgeDKIM(at, key, a.msg)
			}
		}
	}
	if found == 0 {
		return scanners.Skip("no key of %s under the %d selectors that were tried; it may use others", show(p.org), len(known))
	}
	return nil
}

func (p *probe) judgeDKIM(at, key string, shown *miekg.Msg) {
	switch bits := rsaBits(key); {
	case bits > 0 && bits < 1024:
		p.weakness("dns/dkim/short-key", at, fmt.Sprintf("the RSA key at %s has %d bits", show(at), bits), shown)
	case bits > 0 && bits < 2048:
		p.weakness("dns/dkim/old-key", at, fmt.Sprintf("the RSA key at %s has %d bits", show(at), bits), shown)
	}
}

// dkimKey returns the p tag of a DKIM key record (RFC 6376, 3.6.1), which is
// empty for a key that was revoked.
func dkimKey(text string) (key string, ok bool) {
	for i, part := range strings.Split(text, ";") {
		tag, value, _ := strings.Cut(part, "=")
		tag, value = strings.TrimSpace(tag), strings.TrimSpace(value)
		switch tag {
		case "v":
			if i != 0 || value != "DKIM1" {
				return "", false
			}
		case "p":
			return strings.Join(strings.Fields(value), ""), true
		}
	}
	return "", false
}

// rsaBits is the length of an RSA key; 0 for any other key, and for none.
func rsaBits(key string) int {
	der, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return 0
	}
	if parsed, err := x509.ParsePKIXPublicKey(der); err == nil {
		if k, ok := parsed.(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
		return 0
	}
	if k, err := x509.ParsePKCS1PublicKey(der); err == nil {
		return k.N.BitLen()
	}
	return 0
}
