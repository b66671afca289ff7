package sslyze

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// deployment is a chain of certificates that a server shows.
type deployment struct {
	Chain []struct {
		PEM string `json:"as_pem"`
	} `json:"received_certificate_chain"`
	MustStaple  bool      `json:"leaf_certificate_has_must_staple_extension"`
	Timestamps  *int      `json:"leaf_certificate_signed_certificate_timestamps_count"`
	InOrder     bool      `json:"received_chain_has_valid_order"`
	Staple      *struct{} `json:"ocsp_response"`
	StapleHolds *bool     `json:"ocsp_response_is_trusted"`
}

// certificate takes the certificate that SSLyze was shown first. Whom it may be
// trusted for is judged as everywhere here, by the roots of this system: those that SSLyze brings
// along stay in the evidence.
func (e *endpoint) certificate() {
	r, err := take[struct {
		Deployments []deployment `json:"certificate_deployments"`
	}](e.result, "certificate_info")
	if err == nil && (len(r.Deployments) == 0 || len(r.Deployments[0].Chain) == 0) {
		err = errors.New("the server sends no certificate")
	}
	if err == nil {
		err = e.shown(r.Deployments[0])
	}
	e.line("certificate", err)
	if more := len(r.Deployments) - 1; more > 0 {
		e.line(fmt.Sprintf("%d more certificates", more), scanners.Skip("only the first that the server shows is judged"))
	}
}

func (e *endpoint) shown(d deployment) (err error) {
	texts := make([]string, len(d.Chain))
	for i, c := range d.Chain {
		texts[i] = c.PEM
	}
	if e.Certificate, err = e.chain(texts); err != nil {
		return err
	}
	e.feature("must_staple", d.MustStaple)
	e.feature("chain_in_order", d.InOrder)
	e.feature("ocsp_stapling", d.Staple != nil)
	if d.Timestamps != nil {
		e.feature("certificate_timestamps", *d.Timestamps > 0)
	}
	if d.Staple != nil && d.StapleHolds != nil {
		e.feature("ocsp_valid", *d.StapleHolds)
	}
	return nil
}

// parsed are certificates out of their PEM.
func parsed(texts []string) (chain []*x509.Certificate, err error) {
	for _, text := range texts {
		block, _ := pem.Decode([]byte(text))
		if block == nil {
			return nil, errors.New("a certificate is not in PEM")
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("a certificate cannot be read: %w", err)
		}
		chain = append(chain, one)
	}
	return chain, nil
}
