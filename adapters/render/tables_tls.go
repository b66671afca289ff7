package render

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// protocols are those that a TLS report speaks of, newest first, and whether
// offering one is good: SSL 2.0 and 3.0 and TLS 1.0 and 1.1 are prohibited by
// RFC 6176, RFC 7568 and RFC 8996.
var protocols = []struct {
	name string
	good bool
}{{"TLSv1.3", true}, {"TLSv1.2", true}, {"TLSv1.1", false}, {"TLSv1.0", false}, {"SSLv3", false}, {"SSLv2", false}}

func tlsTables(endpoints []domain.TLSEndpoint, at time.Time) []table {
	var all []table
	for _, e := range endpoints {
		port := fmt.Sprintf("Port %d", e.Port)
		all = append(all, rowsTable(port+": protocols", []string{"Protocol", "Offered"}, []float64{3, 9}, protocolRows(e))...)
		all = append(all, rowsTable(port+": known attacks", []string{"Attack", "Result"}, []float64{3, 9}, featureRows(e.Features, tlsAttacks))...)
		all = append(all, rowsTable(port+": certificate", nil, []float64{3, 9}, certificateRows(e.Certificate, at))...)
		all = append(all, rowsTable(port+": features", []string{"Feature", "Result"}, []float64{5, 7}, featureRows(e.Features, tlsFeatures))...)
		all = append(all, rowsTable(port+": cipher suites", []string{"Protocol", "Cipher suite"}, []float64{3, 9}, cipherRows(e.Ciphers))...)
	}
	return all
}

func protocolRows(e domain.TLSEndpoint) [][]cell {
	var rows [][]cell
	for _, p := range protocols {
		offered, tested := e.Protocols[p.name]
		if !tested && p.name == "SSLv2" {
			continue // long gone: a line of its own only where somebody looked
		}
		c := cell{Text: "not offered"}
		switch {
		case !tested:
			c = cell{Text: "not tested", Tone: toneUntested}
		case offered && p.good:
			c = cell{Text: "offered", Tone: toneGood}
		case offered:
			c = cell{Text: "offered, and should not be", Tone: toneHigh}
		}
		rows = append(rows, []cell{{Text: p.name}, c})
	}
	const guide = "Grade by SSL Labs' guide"
	why := strings.Join(e.GradeWhy, "; ")
	switch {
	case e.Grade != "" && why != "":
		rows = append(rows, []cell{{Text: guide}, plain(line(e.Grade, 4) + ": " + why)})
	case e.Grade != "":
		rows = append(rows, []cell{{Text: guide}, plain(line(e.Grade, 4))})
	case why != "":
		rows = append(rows, []cell{{Text: guide}, {Text: line(why, 1000), Tone: toneUntested}})
	}
	hsts := cell{Text: "not sent"}
	if e.HSTS > 0 {
		hsts = cell{Text: fmt.Sprintf("%s (%d s)", count(int(e.HSTS/86400), "day"), e.HSTS)}
	}
	return append(rows, []cell{{Text: "HSTS max-age"}, hsts})
}

func certificateRows(c *domain.Certificate, at time.Time) [][]cell {
	if c == nil {
		return [][]cell{{{Text: "Certificate"}, {Text: "not tested: none was seen", Tone: toneUntested}}}
	}
	trusted := yesNo(c.Trusted, "yes", "no")
	rows := [][]cell{
		fact("Subject", c.Subject), fact("Issuer", c.Issuer), fact("Names", strings.Join(c.Names, ", ")),
		{{Text: "Trusted"}, trusted},
	}
	if !c.Trusted {
		rows = append(rows, fact("Why not", orUnknown(c.Error)))
	}
	return append(rows, [][]cell{
		{{Text: "For the name asked for"}, yesNo(c.NameMatch, "yes", "no")},
		fact("Valid from", day(c.NotBefore)), fact("Valid until", day(c.NotAfter)),
		{{Text: "Days left when scanned"}, daysLeft(c.NotAfter, at)},
		fact("Key", strings.TrimSpace(fmt.Sprintf("%s %d bits", c.Key, c.Bits))), fact("Signature", c.Signature),
		coded("Serial number", c.Serial), coded("SHA-256", c.SHA256),
	}...)
}

// soon is how many days before its end a certificate should be renewed.
const soon = 14

func daysLeft(end, at time.Time) cell {
	days := int(end.Sub(at).Hours() / 24)
	switch {
	case end.Before(at):
		return cell{Text: "expired " + count(int(at.Sub(end).Hours()/24), "day") + " before", Tone: toneCritical}
	case days < soon:
		return cell{Text: count(days, "day"), Tone: toneMedium}
	default:
		return cell{Text: count(days, "day")}
	}
}

func cipherRows(ciphers map[string][]string) [][]cell {
	var rows [][]cell
	versions := sortedKeys(ciphers)
	slices.Reverse(versions)
	for _, v := range versions {
		for _, name := range ciphers[v] {
			rows = append(rows, []cell{plain(v), code(name)})
		}
	}
	return rows
}
