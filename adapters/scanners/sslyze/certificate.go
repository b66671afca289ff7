package sslyze

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/tls"
	"github.com/scanledger/scanledger/domain"
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

// mostChains is how many chains of a server are judged: one for each kind of key, and some.
const mostChains = 8

// certificate takes the certificates that SSLyze was shown: the first as the endpoint's own, the
// others, which clients of other kinds get, beside it. Whom they may be
// trusted for is judged as everywhere here, by the roots of this system: those that SSLyze brings
// along stay in the evidence.
func (e *endpoint) certificate() {
	r, err := take[struct {
		Deployments []deployment `json:"certificate_deployments"`
	}](e.result, "certificate_info")
	if err == nil && (len(r.Deployments) == 0 || len(r.Deployments[0].Chain) == 0) {
		err = errors.New("the server sends no certificate")
	}
	if err != nil {
		e.line("certificate", err)
		return
	}
	for i, d := range r.Deployments {
		if i == mostChains {
			e.line(fmt.Sprintf("%d more certificates", len(r.Deployments)-i), scanners.Skip("no more than %d that a server shows are judged", mostChains))
			return
		}
		line, to := "certificate", e.Features
		if i > 0 {
			line, to = fmt.Sprintf("certificate %d", i+1), map[string]bool{}
		}
		c, err := e.shown(d, to)
		e.line(line, err)
		switch {
		case err != nil:
		case i == 0:
			e.Certificate = c
		default:
			e.others = append(e.others, other{c, to})
		}
	}
}

// shown judges a chain, and notes the features that go with it.
func (e *endpoint) shown(d deployment, features map[string]bool) (*domain.Certificate, error) {
	if len(d.Chain) == 0 {
		return nil, errors.New("the server sends none")
	}
	texts := make([]string, len(d.Chain))
	for i, c := range d.Chain {
		texts[i] = c.PEM
	}
	c, err := e.chain(texts)
	if err != nil {
		return nil, err
	}
	features["must_staple"] = d.MustStaple
	features["chain_in_order"] = d.InOrder
	features["ocsp_stapling"] = d.Staple != nil
	if d.Timestamps != nil {
		features["certificate_timestamps"] = *d.Timestamps > 0
	}
	if d.Staple != nil && d.StapleHolds != nil {
		features["ocsp_valid"] = *d.StapleHolds
	}
	return c, nil
}

// other is a certificate that the server shows beside its first, with what goes with it.
type other struct {
	*domain.Certificate
	features map[string]bool
}

// faces are the endpoint by each of its certificates, the first first.
func (e *endpoint) faces() []domain.TLSEndpoint {
	all := []domain.TLSEndpoint{e.TLSEndpoint}
	for _, o := range e.others {
		face := e.TLSEndpoint
		face.Certificate, face.Features = o.Certificate, maps.Clone(e.Features)
		maps.Copy(face.Features, o.features)
		all = append(all, face)
	}
	return all
}

// grades are SSL Labs' letters, the best first.
var grades = []string{"A+", "A", "A-", "B", "C", "D", "E", "M", "T", "F"}

// grade is the worst that any client is served by.
func (e *endpoint) grade() {
	for i, face := range e.faces() {
		letter, why := tls.Grade(face, e.now)
		if i > 0 && slices.Index(grades, letter) <= slices.Index(grades, e.Grade) {
			continue
		}
		if e.Grade, e.GradeWhy = letter, why; i > 0 {
			e.GradeWhy = append(e.GradeWhy, "this is by "+face.Certificate.Key+" certificate "+face.Certificate.Serial+", which some clients get")
		}
	}
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
