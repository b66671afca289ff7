package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
)

// trapZone are names of a permitted site that lead elsewhere, now or later, beside
// those of the corpus.
func trapZone() map[string][]string {
	zone := map[string][]string{
		"site.test. A": {site4}, "site.test. AAAA": {site6},

		// What is asked when the scan is requested is public, and what the worker hears is not.
		"turn.test. A": {site4, "127.0.0.1"}, "late.test. A": {site4}, "late.test. AAAA": {"", "::1"},
		"split.test. A": {site4}, "split.test. AAAA": {"fd00::1"}, "both.test. A": {site4 + ",10.0.0.1"},
		"chain.test. A":   {"CNAME a.chain.test.,CNAME b.chain.test.,169.254.169.254"},
		"flicker.test. A": {"127.0.0.1", site4, "127.0.0.1", site4, "127.0.0.1", site4, "10.0.0.1", site4, "127.0.0.1"},

		"maze.test. A": {site4}, "maze.test. AAAA": {site6},
		"maze.test. SOA": {"ns.maze.test. root.maze.test. 1 3600 600 86400 60"}, "maze.test. NS": {"ns.maze.test.,localhost.,metadata.google.internal."},
		"ns.maze.test. A": {"10.0.0.1,127.0.0.1"}, "ns.maze.test. AAAA": {"::1"},
		"maze.test. MX": {"10 mx.maze.test.,20 localhost.,30 169.254.169.254."}, "mx.maze.test. A": {"169.254.169.254"},
		"maze.test. TXT":        {`"v=spf1 include:spf.maze.test a:localhost mx:127.0.0.1 exists:10.0.0.1 redirect=localhost"`},
		"spf.maze.test. TXT":    {`"v=spf1 include:localhost include:169.254.169.254 -all"`},
		"_dmarc.maze.test. TXT": {`"v=DMARC1; p=none; rua=https://127.0.0.1/; ruf=mailto:a@localhost"`},
		"maze.test. CAA":        {`0 iodef "http://127.0.0.1/caa"`},
		"www.maze.test. A":      {"CNAME localhost."}, "www.maze.test. CNAME": {"localhost."},
	}
	maps.Copy(zone, escapeZone)
	maps.Copy(zone, hostile.Zone())
	return zone
}

// baits are ways in which a page, or what is sent with it, names other places.
var baits = []string{
	`<meta http-equiv="refresh" content="0; url=%s">`, `<script>location.href = "%s"</script>`, `<script src="%s"></script>`, `<script type="module">import "%s"</script>`,
	`<link rel="stylesheet" href="%s">`, `<link rel="icon" href="%s">`, `<link rel="manifest" href="%s">`, `<link rel="preload" as="script" href="%s">`, `<link rel="dns-prefetch" href="%s">`,
	`<link rel="canonical" href="%s">`, `<link rel="alternate" hreflang="fr" href="%s">`, `<link rel="amphtml" href="%s">`, `<a href="%s">a place to read more about</a>`, `<img src="%s" srcset="%[1]s 2x" alt="">`,
	`<iframe src="%s"></iframe>`, `<frame src="%s">`, `<embed src="%s">`, `<object data="%s"></object>`, `<video src="%s" poster="%[1]s"></video>`, `<form action="%s" method="post"><input type="password"></form>`,
	`<style>@import url(%s); body { background: url("%[1]s") }</style>`, `<base href="%s">`, `<area href="%s">`, `<svg><use href="%s"/></svg>`, `<input type="image" src="%s">`, `<!-- %s -->`,
}

var baitHeaders = map[string]string{
	"Link": `<%s>; rel=preload; as=script`, "Refresh": "0; url=%s", "Content-Location": "%s", "Alt-Svc": `h2="127.0.0.1:80"; ma=60, h3=":8080"`, "Report-To": `{"endpoints": [{"url": "%s"}]}`,
	"Content-Security-Policy": "report-uri %s", "Sourcemap": "%s", "Nel": `{"report_to": "%s"}`, "X-Pingback": "%s", "Origin-Trial": "%s", "Location": "%s",
}

// places are where baits lead.
func places() (all []string) {
	for _, s := range hostile.Spelled {
		all = append(all, "http://"+s+"/")
	}
	return append(all, "https://127.0.0.1/x.js", "//127.0.0.1/y.js", "http://localhost/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://10-0-0-1.wild.test/z.js",
		"https://six-127-0-0-1.wild.test/", "http://both.test/", "http://chain.test/", "http://split.test/a.css", "http://"+hostile.Machine4+"/", "http://site.test/?left=1&to=http://127.0.0.1/")
}

// permitted plays all names of the permitted site.
func permitted(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.Host, "site.test") {
		redirected(w, r)
		return
	}
	if strings.HasPrefix(r.Host, "escapes.test") {
		escapes(w, r)
		return
	}
	all := places()
	switch path := r.URL.Path; {
	case path == "/robots.txt":
		fmt.Fprintf(w, "User-agent: *\nSitemap: http://127.0.0.1/sitemap.xml\nSitemap: %s://%s/sitemap.xml\nHost: localhost\n", "https", r.Host)
	case strings.HasSuffix(path, ".xml"):
		fmt.Fprintf(w, `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1/entity">]><urlset><url><loc>http://127.0.0.1/</loc></url><url><loc>&e;</loc></url><url><loc>%s</loc></url></urlset>`, all[len(path)%len(all)])
	case path == "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		for name, form := range baitHeaders {
			w.Header().Set(name, strings.ReplaceAll(form, "%s", all[0]))
		}
		fmt.Fprint(w, `<!doctype html><html lang="en"><head><title>maze</title></head><body>`)
		for n, form := range baits {
			for k := range 6 {
				fmt.Fprintf(w, form, all[(6*n+k)%len(all)])
			}
			fmt.Fprintf(w, form, fmt.Sprintf("/there/%d", n))
		}
		fmt.Fprint(w, "</body></html>")
	default:
		w.Header()["Location"] = []string{all[len(path)%len(all)]}
		w.WriteHeader(http.StatusFound)
	}
}

// redirected leads over some hops to where the query says.
func redirected(w http.ResponseWriter, r *http.Request) {
	var left int
	fmt.Sscan(r.URL.Query().Get("left"), &left)
	to := r.URL.Query().Get("to")
	if left > 0 {
		to = fmt.Sprintf("/?left=%d&to=%s", left-1, url.QueryEscape(to))
	}
	w.Header()["Location"] = []string{to}
	w.WriteHeader([]int{301, 302, 303, 307, 308}[left%5])
}

// serve answers by HTTP and HTTPS, at the permitted site and at any other address
// that a packet might come to.
func (g *sealed) serve(t *testing.T) {
	t.Helper()
	baits, escapes := certificate(t, "127.0.0.1"), certificate(t, escape)
	for _, port := range []uint16{80, 443} {
		l := g.internet.Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), port))
		if port == 443 {
			l = tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{baits}, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				if hello.ServerName == "escapes.test" {
					return &escapes, nil
				}
				return &baits, nil
			}})
		}
		g.play(t, l)
	}
}

func (g *sealed) play(t *testing.T, l net.Listener) {
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.asked.Add(1)
		permitted(w, r)
	}), ErrorLog: log.New(io.Discard, "", 0)}
	ended := make(chan struct{})
	go func() { defer close(ended); server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-ended })
}

// certificate names forbidden places wherever one can name any.
func certificate(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name, Organization: []string{name}}, DNSNames: []string{"maze.test", "localhost", "10.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		OCSPServer: []string{"http://127.0.0.1/ocsp", "http://169.254.169.254/ocsp"}, IssuingCertificateURL: []string{"http://127.0.0.1/issuer.cer", "ldap://10.0.0.1/"},
		CRLDistributionPoints: []string{"http://10.0.0.1/crl", "http://localhost/crl"},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// traps scans permitted sites that lead elsewhere, with everything that a deep
// scan does, and names that turn after they were checked.
func (g *sealed) traps(t *testing.T) {
	before := g.asked.Load()
	var scans []string
	for target, depth := range map[string]string{
		"https://maze.test/": "DEEP", "http://maze.test/": "QUICK", "http://turn.test/": "QUICK", "http://late.test/": "QUICK",
		"http://site.test/?left=3&to=http://127.0.0.1/": "QUICK",
	} {
		status, text := g.post(t, "POST", "/issafesite/api/v1/scan", map[string]any{"url": target, "depth": depth})
		var v scanView
		if decode(t, string(text), &v); status != http.StatusAccepted {
			t.Fatalf("%s: %d %s", target, status, text)
		}
		scans = append(scans, v.ID)
	}
	// To be asked for by a forbidden name, at the permitted address.
	status, text := g.post(t, "POST", "/scanner/api/v1/scan", map[string]any{"target": site4, "domain": "localhost"})
	var v struct{ ID string }
	if decode(t, string(text), &v); status != http.StatusCreated {
		t.Errorf("%d %s", status, text)
	}
	scans = append(scans, v.ID)
	for _, scan := range scans {
		finished(t, g.key, g.url, scan)
	}
	if n := g.asked.Load() - before; n < 20 {
		t.Errorf("the site was asked %d times", n)
	}
	g.silent(t, "traps")
}
