package tls

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"net/url"
	"strings"
	"time"

	"golang.org/x/crypto/ocsp"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// revocation looks whether the certificate is revoked: in the OCSP answer that
// came along, or else in the list that the certificate names. Where neither
// holds it is not known.
func (l *look) revocation(ctx context.Context, p presented) {
	if len(p.staple) > 0 {
		revoked, valid := stapled(p.staple, p.chain, l.now())
		l.feature("ocsp_valid", valid)
		if valid {
			l.feature("revoked", revoked)
			l.cover(revocationLine, nil)
			return
		}
	}
	revoked, err := l.listed(ctx, p.chain)
	if err == nil {
		l.feature("revoked", revoked)
	}
	l.cover(revocationLine, err)
}

// listSize bounds a list of revoked certificates; those of the great
// authorities are split into smaller ones.
const listSize = 8 << 20

// listed looks for the leaf in its authority's list of revoked certificates
// (RFC 5280, 5). The list has to be signed by the leaf's issuer, and of now.
func (l *look) listed(ctx context.Context, chain []*x509.Certificate) (bool, error) {
	leaf := chain[0]
	if len(leaf.CRLDistributionPoints) == 0 {
		return false, scanners.Skip("no OCSP answer came along, and the certificate names no list of revoked ones")
	}
	if len(chain) < 2 || !bytes.Equal(chain[1].RawSubject, leaf.RawIssuer) {
		return false, scanners.Skip("the issuer's certificate, which the list would be checked by, is not sent")
	}
	from, err := url.Parse(leaf.CRLDistributionPoints[0])
	if err != nil || from.Scheme != "http" {
		return false, scanners.Skip("the list of revoked certificates is not given over http")
	}
	answer, err := l.job.Net.Fetch(ctx, scanners.Request{URL: from, MaxBody: listSize})
	if err != nil {
		return false, scanners.Skip("the list of revoked certificates could not be fetched: %s", err)
	}
	list, err := x509.ParseRevocationList(answer.Body)
	if err == nil {
		err = list.CheckSignatureFrom(chain[1])
	}
	if now := l.now(); err == nil && (now.Before(list.ThisUpdate) || now.After(list.NextUpdate)) {
		err = errors.New("it is not of this time")
	}
	if err != nil {
		return false, scanners.Skip("the list of revoked certificates does not hold: %s", strings.TrimPrefix(err.Error(), "x509: "))
	}
	for _, entry := range list.RevokedCertificateEntries {
		if entry.SerialNumber.Cmp(leaf.SerialNumber) == 0 {
			const removed = 8 // removeFromCRL, RFC 5280, 5.3.1
			return entry.ReasonCode != removed, nil
		}
	}
	return false, nil
}

// stapled reads an OCSP answer: whether the leaf is revoked, and whether the
// answer is one for it, of its issuer, and for this time.
func stapled(der []byte, chain []*x509.Certificate, now time.Time) (revoked, valid bool) {
	var issuer *x509.Certificate
	if len(chain) > 1 {
		issuer = chain[1]
	}
	answer, err := ocsp.ParseResponseForCert(der, chain[0], issuer)
	if err != nil || now.Before(answer.ThisUpdate) || !answer.NextUpdate.IsZero() && now.After(answer.NextUpdate) {
		return false, false
	}
	return answer.Status == ocsp.Revoked, answer.Status != ocsp.Unknown
}
