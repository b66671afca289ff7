package domain

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// FactNames are the names of recorded observations, each with an empty value
// of the shape that ObservationRecorded.Value has under it.
var FactNames = map[string]Observation{
	"host.up":          Host{},
	"observatory.test": ObservatoryTest{},
	"seo.audit":        SEOAudit{},
	"traffic.part":     TrafficPart{},
	"tls.endpoint":     TLSEndpoint{},
	"dns.zone":         DNSZone{},
	"site.visit":       Visit{},
	"page.vitals":      PageVitals{},
}

// ReadFact reads a recorded observation back.
func ReadFact(name string, value json.RawMessage) (Observation, error) {
	switch FactNames[name].(type) {
	case Host:
		return readAs[Host](value)
	case ObservatoryTest:
		return readAs[ObservatoryTest](value)
	case SEOAudit:
		return readAs[SEOAudit](value)
	case TrafficPart:
		return readAs[TrafficPart](value)
	case TLSEndpoint:
		return readAs[TLSEndpoint](value)
	case DNSZone:
		return readAs[DNSZone](value)
	case Visit:
		return readAs[Visit](value)
	case PageVitals:
		return readAs[PageVitals](value)
	default:
		return nil, fmt.Errorf("no observation is called %q", name)
	}
}

func readAs[O Observation](value json.RawMessage) (Observation, error) {
	var o O
	if err := json.Unmarshal(value, &o); err != nil {
		return nil, fmt.Errorf("observation %T: %w", o, err)
	}
	return o, nil
}

// factName is the name under which an observation is recorded.
func factName(o Observation) string {
	switch o.(type) {
	case Host:
		return "host.up"
	case ObservatoryTest:
		return "observatory.test"
	case SEOAudit:
		return "seo.audit"
	case TrafficPart:
		return "traffic.part"
	case TLSEndpoint:
		return "tls.endpoint"
	case DNSZone:
		return "dns.zone"
	case Visit:
		return "site.visit"
	case PageVitals:
		return "page.vitals"
	default:
		return ""
	}
}

// key is what two sightings of the same thing have in common: the second one
// is dropped.
func key(o Observation) string {
	switch o := o.(type) {
	case Port:
		return "port/" + o.Protocol + "/" + strconv.Itoa(o.Port)
	case Service:
		return "service/" + o.Protocol + "/" + strconv.Itoa(o.Port)
	case Weakness:
		return findingKey(o.Advisory.ID, o.Where)
	case Host:
		return "host/" + o.Address
	case ObservatoryTest:
		return "observatory/" + o.Name
	case SEOAudit:
		return "seo/" + o.ID
	case TrafficPart:
		return "traffic/" + o.Name
	case TLSEndpoint:
		return "tls/" + strconv.Itoa(o.Port)
	case DNSZone:
		return "dns/" + o.Domain
	case Visit: // each answer that something rests on, so that its raw text is named
		return "visit/" + o.URL + "@" + string(o.Evidence)
	case PageVitals:
		return "vitals" // of one page in a scan
	default:
		return fmt.Sprintf("%T", o)
	}
}

func findingKey(finding, where string) string { return "finding/" + finding + "@" + where }
