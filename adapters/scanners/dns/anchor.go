package dns

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"strings"
	"time"

	miekg "github.com/miekg/dns"
)

// rootAnchors are the root zone's key signing keys of 2017 (tag 20326) and
// 2024 (tag 38696), as https://data.iana.org/root-anchors/root-anchors.xml
// publishes them.
const rootAnchors = `
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
`

// anchors are the keys that are trusted without proof, by zone.
type anchors map[string][]*miekg.DS

// loadAnchors reads a trust anchor file, the built-in root keys when path is
// empty. The file holds DS or DNSKEY records in zone file form (as Unbound's
// root.key), or is IANA's root-anchors.xml.
func loadAnchors(path string, now time.Time) (anchors, error) {
	if path == "" {
		return parseAnchors([]byte(rootAnchors), now)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trust anchor: %w", err)
	}
	found, err := parseAnchors(raw, now)
	if err != nil {
		return nil, fmt.Errorf("trust anchor %s: %w", path, err)
	}
	return found, nil
}

func parseAnchors(raw []byte, now time.Time) (anchors, error) {
	text := string(raw)
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		var err error
		if text, err = recordsOfXML(raw, now); err != nil {
			return nil, err
		}
	}
	found := anchors{}
	parser := miekg.NewZoneParser(strings.NewReader(text), ".", "")
	parser.SetDefaultTTL(0)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		zone := strings.ToLower(rr.Header().Name)
		switch rr := rr.(type) {
		case *miekg.DS:
			found[zone] = append(found[zone], rr)
		case *miekg.DNSKEY:
			if ds := rr.ToDS(miekg.SHA256); ds != nil {
				found[zone] = append(found[zone], ds)
			}
		}
	}
	if err := parser.Err(); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no DS or DNSKEY record in it")
	}
	return found, nil
}

// recordsOfXML turns IANA's XML (RFC 9718) into DS records, less the keys
// that are no longer, or not yet, valid.
func recordsOfXML(raw []byte, now time.Time) (string, error) {
	var file struct {
		Zone string `xml:"Zone"`
		Keys []struct {
			From   string `xml:"validFrom,attr"`
			Until  string `xml:"validUntil,attr"`
			Tag    uint16 `xml:"KeyTag"`
			Alg    uint8  `xml:"Algorithm"`
			Type   uint8  `xml:"DigestType"`
			Digest string `xml:"Digest"`
		} `xml:"KeyDigest"`
	}
	if err := xml.Unmarshal(raw, &file); err != nil {
		return "", err
	}
	var records bytes.Buffer
	for _, k := range file.Keys {
		from, fromErr := time.Parse(time.RFC3339, k.From)
		until, untilErr := time.Parse(time.RFC3339, k.Until)
		if fromErr == nil && now.Before(from) || untilErr == nil && now.After(until) {
			continue
		}
		fmt.Fprintf(&records, "%s IN DS %d %d %d %s\n", miekg.Fqdn(file.Zone), k.Tag, k.Alg, k.Type, k.Digest)
	}
	return records.String(), nil
}

// above returns the zone nearest to name that has an anchor, and its keys;
// "" where there is none.
func (a anchors) above(name string) (zone string, ds []*miekg.DS) {
	for z, keys := range a {
		if miekg.IsSubDomain(z, name) && (zone == "" || miekg.CountLabel(z) > miekg.CountLabel(zone)) {
			zone, ds = z, keys
		}
	}
	return zone, ds
}
