package tls

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	_ "golang.org/x/crypto/x509roots/fallback" // Mozilla's roots, where the system has none

	"github.com/scanledger/scanledger/domain"
)

// presented is what a server shows of itself in a whole handshake, as far as
// it could be seen.
type presented struct {
	chain      []*x509.Certificate // leaf first
	staple     []byte              // an OCSP answer
	timestamps int                 // of certificate transparency, sent beside the certificate
	asksClient bool                // for a certificate
	alpn       string              // the application protocol that it has chosen
	whole      bool                // a handshake was made: what is not here was not sent
}

// shake makes a whole handshake as a modern client does, with any certificate.
// A server that asks for the client's own has shown its certificate by then.
func (s *survey) shake(ctx context.Context, protocols ...string) (presented, error) {
	var p presented
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return p, err
	}
	defer conn.Close()
	config := &tls.Config{ServerName: s.name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, NextProtos: protocols,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			p.asksClient = true
			return new(tls.Certificate), nil
		},
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return p, err
	}
	state := client.ConnectionState()
	p.chain, p.staple, p.timestamps = state.PeerCertificates, state.OCSPResponse, len(state.SignedCertificateTimestamps)
	p.alpn, p.whole = state.NegotiatedProtocol, true
	return p, nil
}

// shown is what a modern client is shown, and where none can be, the
// certificates of one of our own handshakes.
func (s *survey) shown(ctx context.Context) (presented, error) {
	p, err := s.shake(ctx)
	if err == nil && len(p.chain) > 0 {
		return p, nil
	}
	ders := [][][]byte{}
	for v := uint16(tls12); v >= ssl30; v-- {
		ders = append(ders, s.first[v].chain)
	}
	if s.ssl2 != nil {
		ders = append(ders, [][]byte{s.ssl2.certificate})
	}
	for _, der := range ders {
		if len(der) > 0 {
			p.chain, err = parsed(der)
			return p, err
		}
	}
	if err == nil {
		err = errors.New("the server sends no certificate")
	}
	return p, err
}

func parsed(ders [][]byte) (chain []*x509.Certificate, err error) {
	for _, der := range ders {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		chain = append(chain, one)
	}
	return chain, nil
}

// inOrder says whether each certificate is issued by the one behind it
// (RFC 5246, 7.4.2).
func inOrder(chain []*x509.Certificate) bool {
	for i, c := range chain[1:] {
		if !bytes.Equal(chain[i].RawIssuer, c.RawSubject) {
			return false
		}
	}
	return true
}

// complete adds the issuers that a server left out, from where its
// certificates say that they are. It returns nil where that makes no chain to
// a trusted root.
func complete(ctx context.Context, chain []*x509.Certificate, now time.Time, fetch func(context.Context, string) ([]byte, error)) []*x509.Certificate {
	const mostMissing = 2
	var unknown x509.UnknownAuthorityError
	for n := 0; n < mostMissing && errors.As(verify(chain, now), &unknown); n++ {
		last := chain[len(chain)-1]
		if len(last.IssuingCertificateURL) == 0 {
			return nil
		}
		der, err := fetch(ctx, last.IssuingCertificateURL[0])
		if err != nil {
			return nil
		}
		issuer, err := x509.ParseCertificate(der)
		if err != nil {
			return nil
		}
		chain = append(slices.Clone(chain), issuer)
	}
	if verify(chain, now) != nil {
		return nil
	}
	return chain
}

// describe turns a chain into its facts. Name is who it should be for. Trust
// is against the system's roots (on Linux those in SSL_CERT_FILE if set), and
// against Mozilla's where it has none.
func describe(chain []*x509.Certificate, name string, now time.Time) *domain.Certificate {
	leaf := chain[0]
	sum := sha256.Sum256(leaf.Raw)
	c := &domain.Certificate{
		Subject: leaf.Subject.String(), Issuer: leaf.Issuer.String(), Names: leaf.DNSNames,
		NotBefore: leaf.NotBefore.UTC(), NotAfter: leaf.NotAfter.UTC(),
		SHA256: hex.EncodeToString(sum[:]), Serial: leaf.SerialNumber.Text(16),
		Signature: leaf.SignatureAlgorithm.String(), ChainLength: len(chain),
		SelfSigned: bytes.Equal(leaf.RawIssuer, leaf.RawSubject),
	}
	for _, ip := range leaf.IPAddresses {
		c.Names = append(c.Names, ip.String())
	}
	c.Key, c.Bits = key(leaf.PublicKey)
	c.NameMatch = leaf.VerifyHostname(name) == nil
	for _, issuer := range chain[1:] {
		if !bytes.Equal(issuer.RawIssuer, issuer.RawSubject) {
			c.IssuerSignatures = append(c.IssuerSignatures, issuer.SignatureAlgorithm.String())
		}
	}
	err := verify(chain, now)
	c.Trusted = err == nil
	if err != nil {
		c.Error = err.Error()
	}
	return c
}

func verify(chain []*x509.Certificate, now time.Time) error {
	others := x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Intermediates: others, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err
}

func key(public any) (algorithm string, bits int) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return "RSA", k.N.BitLen()
	case *ecdsa.PublicKey:
		return "ECDSA", k.Curve.Params().BitSize
	case ed25519.PublicKey:
		return "Ed25519", 256
	default:
		return fmt.Sprintf("%T", public), 0
	}
}
