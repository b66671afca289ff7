package tls

import (
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/scanledger/scanledger/domain"
)

// TestStaples looks at what the server sends of its certificate's revocation.
func TestStaples(t *testing.T) {
	promise, err := asn1.Marshal([]int{extStatus})
	if err != nil {
		t.Fatal(err)
	}
	cert := leaf(t, ecKey(t), false, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: featuresOID, Value: promise}}
	})
	answer := func(status int, until time.Duration) []byte {
		now := time.Now()
		der, err := ocsp.CreateResponse(root, root, ocsp.Response{Status: status, SerialNumber: leafOf(t, cert).SerialNumber,
			ThisUpdate: now.Add(-2 * day), NextUpdate: now.Add(until), RevokedAt: now.Add(-3 * day)}, rootKey)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	tests := map[string]struct {
		staple  []byte
		rules   []string
		outcome domain.Outcome
		grade   string
	}{
		"none":           {nil, []string{"certificate/must-staple"}, domain.Skipped, "A+"},
		"good":           {answer(ocsp.Good, day), nil, domain.Tested, "A+"},
		"revoked":        {answer(ocsp.Revoked, day), []string{"certificate/revoked"}, domain.Tested, "T"},
		"out of date":    {answer(ocsp.Good, -day), []string{"certificate/bad-staple"}, domain.Skipped, "A+"},
		"of nobody":      {answer(ocsp.Unknown, day), []string{"certificate/bad-staple"}, domain.Skipped, "A+"},
		"no OCSP at all": {[]byte("OCSP"), []string{"certificate/bad-staple"}, domain.Skipped, "A+"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			with := cert
			with.OCSPStaple = test.staple
			with.Certificate = append(slices.Clone(cert.Certificate), root.Raw)
			r, err := scan(t, serve(t, &tls.Config{Certificates: []tls.Certificate{with}, MinVersion: tls.VersionTLS13}), "site.test")
			if err != nil {
				t.Fatal(err)
			}
			if got := r.rules(); !slices.Equal(got, test.rules) {
				t.Errorf("weaknesses %v, want %v", got, test.rules)
			}
			e := all[domain.TLSEndpoint](r)[0]
			if e.Grade != test.grade || !e.Features["must_staple"] || e.Features["ocsp_stapling"] != (test.staple != nil) {
				t.Errorf("grade %s %q, features %v", e.Grade, e.GradeWhy, e.Features)
			}
			for _, c := range all[domain.Coverage](r) {
				if c.What == "revocation" && c.Outcome != test.outcome {
					t.Errorf("revocation is %+v, want %s", c, test.outcome)
				}
			}
		})
	}
}

// TestRevocationLists serves lists of revoked certificates.
func TestRevocationLists(t *testing.T) {
	list := func(until time.Duration, by *x509.Certificate, key crypto.Signer, entries ...x509.RevocationListEntry) []byte {
		der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Now().Add(-2 * day),
			NextUpdate: time.Now().Add(until), RevokedCertificateEntries: entries}, by, key)
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	entry := func(serial int64, reason int) x509.RevocationListEntry {
		return x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: time.Now().Add(-day), ReasonCode: reason}
	}
	stranger, strangerKey := authority("Test Root", nil, nil)
	tests := map[string]struct {
		list    []byte
		revoked bool
		outcome domain.Outcome
	}{
		"revoked":            {list(day, root, rootKey, entry(6, 0), entry(7, 1)), true, domain.Tested},
		"another is revoked": {list(day, root, rootKey, entry(6, 1)), false, domain.Tested},
		"no longer revoked":  {list(day, root, rootKey, entry(7, 8)), false, domain.Tested},
		"out of date":        {list(-day, root, rootKey, entry(7, 1)), false, domain.Skipped},
		"of somebody else":   {list(day, stranger, strangerKey, entry(7, 1)), false, domain.Skipped},
		"no list":            {[]byte("no list"), false, domain.Skipped},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lists := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(test.list) }))
			defer lists.Close()
			cert := leaf(t, ecKey(t), false, func(c *x509.Certificate) { c.CRLDistributionPoints = []string{lists.URL} })
			cert.Certificate = append(cert.Certificate, root.Raw)
			r, err := scan(t, serve(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13}), "site.test")
			if err != nil {
				t.Fatal(err)
			}
			e := all[domain.TLSEndpoint](r)[0]
			if revoked, told := e.Features["revoked"]; revoked != test.revoked || told != (test.outcome == domain.Tested) || (e.Grade == "T") != test.revoked {
				t.Errorf("revoked %v, told %v, grade %s", revoked, told, e.Grade)
			}
			for _, c := range all[domain.Coverage](r) {
				if c.What == "revocation" && (c.Outcome != test.outcome || (c.Reason == "") != (c.Outcome == domain.Tested)) {
					t.Errorf("revocation is %+v, want %s", c, test.outcome)
				}
			}
		})
	}
}

func leafOf(t *testing.T, c tls.Certificate) *x509.Certificate {
	t.Helper()
	parsed, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTimestamps(t *testing.T) {
	list := prefixed16(append(prefixed16([]byte("one")), prefixed16([]byte("two"))...))
	value, err := asn1.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	broken, err := asn1.Marshal(prefixed16([]byte{0, 3, 'o', 'n', 'e', 0, 9}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		extensions []pkix.Extension
		want       int
	}{
		{nil, 0}, {[]pkix.Extension{{Id: timestampsOID, Value: value}}, 2},
		{[]pkix.Extension{{Id: timestampsOID, Value: broken}}, 1}, {[]pkix.Extension{{Id: timestampsOID, Value: []byte("?")}}, 0},
	} {
		if got := timestampsIn(&x509.Certificate{Extensions: test.extensions}); got != test.want {
			t.Errorf("%d timestamps, want %d", got, test.want)
		}
	}
}

// A server that wants to see the client's certificate tells as much of itself.
func TestClientCertificate(t *testing.T) {
	for name, most := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			r, err := scan(t, serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(t, ecKey(t), false, nil)},
				ClientAuth: tls.RequireAnyClientCert, MaxVersion: most}), "site.test")
			if err != nil {
				t.Fatal(err)
			}
			e := all[domain.TLSEndpoint](r)[0]
			if !e.Features["client_certificate"] || !e.Protocols["TLSv1.2"] || e.Certificate == nil || !e.Certificate.Trusted {
				t.Errorf("features %v, protocols %v, certificate %+v", e.Features, e.Protocols, e.Certificate)
			}
		})
	}
}
