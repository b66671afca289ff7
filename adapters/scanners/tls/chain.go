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

	"github.com/scanledger/scanledger/domain"
)

// shake makes a whole handshake as a modern client does, with any certificate.
func (s *survey) shake(ctx context.Context) (*tls.ConnectionState, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	config := &tls.Config{ServerName: s.name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	client := tls.Client(conn, config)
	if err := client.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	state := client.ConnectionState()
	return &state, nil
}

// chain is the certificates that the server sends, leaf first: those of a
// modern client's handshake, else of one of ours. It also says whether an
// OCSP answer came along; known is false when that was not seen.
func (s *survey) chain(ctx context.Context) (chain []*x509.Certificate, stapled, known bool, err error) {
	state, err := s.shake(ctx)
	if err == nil && len(state.PeerCertificates) > 0 {
		return state.PeerCertificates, len(state.OCSPResponse) > 0, true, nil
	}
	for v := uint16(tls12); v >= ssl30; v-- {
		der := s.first[v].chain
		if len(der) == 0 {
			continue
		}
		for _, one := range der {
			parsed, fault := x509.ParseCertificate(one)
			if fault != nil {
				return nil, false, false, fault
			}
			chain = append(chain, parsed)
		}
		return chain, false, false, nil
	}
	if err == nil {
		err = errors.New("the server sends no certificate")
	}
	return nil, false, false, err
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
// is against the system's roots (on Linux those in SSL_CERT_FILE if set).
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
