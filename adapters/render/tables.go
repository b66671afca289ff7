package render

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var methodWords = map[string]string{
	"probed": "the service said so",
	"table":  "a guess from the port number",
	"":       "unknown",
}

func portTables(ports []projections.ReportedPort) []table {
	var rows [][]cell
	for _, p := range ports {
		service := p.Service
		if p.TLS {
			service = strings.TrimSpace(service + " inside TLS")
		}
		rows = append(rows, []cell{
			code(fmt.Sprintf("%d/%s", p.Port, p.Protocol)), plain(p.State), plain(orUnknown(service)),
			plain(orUnknown(strings.TrimSpace(p.Product + " " + p.Version))), plain(worded(methodWords, p.Method)),
		})
	}
	return rowsTable("Open ports and what speaks on them",
		[]string{"Port", "State", "Service", "Product and version", "How it is known"}, []float64{2, 1.4, 3, 4, 3.6}, rows)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}

func observatoryTables(tests []domain.ObservatoryTest) []table {
	var rows [][]cell
	for _, t := range tests {
		rows = append(rows, []cell{
			plain(t.Name), yesNo(t.Pass, "pass", "fail"), plain(fmt.Sprintf("%+d", t.Modifier)), code(t.Result), plain(t.Detail),
		})
	}
	return rowsTable("Tests of the HTTP Observatory and what each adds to its score",
		[]string{"Test", "Result", "Score", "Observatory's word", "What was seen"}, []float64{3, 1.3, 1.2, 3.4, 5}, rows)
}

var auditChips = map[string]chip{
	domain.SEOPass:          {"pass", toneGood},
	domain.SEOFail:          {"fail", toneHigh},
	domain.SEONotApplicable: {"does not apply", toneUntested},
}

func seoTables(audits []domain.SEOAudit) []table {
	var rows [][]cell
	for _, a := range audits {
		result, ok := auditChips[a.Outcome]
		if !ok {
			result = chip{line(a.Outcome, maxCell), toneUntested}
		}
		rows = append(rows, []cell{plain(a.ID), marked(result), plain(a.Detail)})
	}
	return rowsTable("Lighthouse's audits for search engines", []string{"Audit", "Result", "What was seen"}, []float64{3, 2, 8}, rows)
}

func trafficTables(parts []domain.TrafficPart) []table {
	var rows [][]cell
	for _, p := range parts {
		weight := int(math.Round(100 * domain.TrafficWeights[p.Name]))
		rows = append(rows, []cell{
			plain(worded(trafficWords, p.Name)), {Text: strconv.Itoa(p.Score), Tone: gradeWord(domain.Letter(p.Score)).Tone},
			plain(measured(p)), plain(fmt.Sprintf("%d %%", weight)), plain(p.Detail),
		})
	}
	return rowsTable("Parts of the fitness to take traffic, each 0 to 100",
		[]string{"Part", "Score", "Measured", "Weight", "What was seen"}, []float64{3, 1.2, 2, 1.4, 6}, rows)
}

// measured is a part's value with its unit.
func measured(p domain.TrafficPart) string {
	switch p.Unit {
	case "":
		if p.Value == 1 {
			return "yes"
		}
		return "no"
	case "ratio":
		return strconv.FormatFloat(100*p.Value, 'f', 0, 64) + " %"
	case "count":
		return strconv.FormatFloat(p.Value, 'f', 0, 64)
	case "bytes":
		return strconv.FormatFloat(p.Value/1000, 'f', 1, 64) + " kB"
	default:
		return strconv.FormatFloat(p.Value, 'f', 0, 64) + " " + line(p.Unit, 20)
	}
}

var dnssecChips = map[string]chip{
	"secure":   {"signed and valid", toneGood},
	"insecure": {"not signed", toneMedium},
	"bogus":    {"signed, and the signature is wrong", toneCritical},
	"unknown":  {"not tested", toneUntested},
}

func dnsTables(zones []domain.DNSZone) []table {
	var all []table
	for _, z := range zones {
		state, ok := dnssecChips[z.DNSSEC]
		if !ok {
			state = dnssecChips["unknown"]
		}
		rows := [][]cell{{plain("DNSSEC"), marked(state)}}
		for _, t := range sortedKeys(z.Records) {
			for _, v := range z.Records[t] {
				rows = append(rows, []cell{plain(t), code(v)})
			}
		}
		all = append(all, rowsTable("Records of "+line(z.Domain, maxTitle), []string{"Type", "Value"}, []float64{1.5, 10}, rows)...)
	}
	return all
}

func visitTables(visits []domain.Visit) []table {
	var rows [][]cell
	for _, v := range visits {
		answer := strings.TrimSpace(fmt.Sprintf("%d %s", v.Status, v.Protocol))
		if v.Location != "" {
			answer += " → " + v.Location
		}
		rows = append(rows, []cell{code(v.URL), plain(answer), plain(v.Server), plain(v.Title)})
	}
	return rowsTable("Answers of the web server", []string{"Address", "Answer", "Server", "Title"}, []float64{4.5, 4, 2, 3.5}, rows)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
