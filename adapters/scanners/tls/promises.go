package tls

import (
	"crypto/x509"
	"encoding/asn1"
	"slices"
)

var (
	featuresOID   = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}       // RFC 7633
	timestampsOID = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2} // RFC 6962, 3.3
)

func extensionOf(c *x509.Certificate, id asn1.ObjectIdentifier) []byte {
	for _, e := range c.Extensions {
		if e.Id.Equal(id) {
			return e.Value
		}
	}
	return nil
}

// mustStaple says whether a certificate promises that an OCSP answer comes
// with it.
func mustStaple(c *x509.Certificate) bool {
	var features []int
	_, err := asn1.Unmarshal(extensionOf(c, featuresOID), &features)
	return err == nil && slices.Contains(features, extStatus)
}

// timestampsIn counts the timestamps of certificate transparency logs in a
// certificate.
func timestampsIn(c *x509.Certificate) int {
	var list []byte
	if _, err := asn1.Unmarshal(extensionOf(c, timestampsOID), &list); err != nil {
		return 0
	}
	all, n := cursor{list}, 0
	for rest := (cursor{all.bytes(int(all.word()))}); len(rest.rest) > 0; n++ {
		if rest.bytes(int(rest.word())) == nil {
			break
		}
	}
	return n
}
