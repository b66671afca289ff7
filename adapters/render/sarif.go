package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SARIF is the report in the Static Analysis Results Interchange Format,
// version 2.1.0: a rule for each advisory, a result for each finding, and a
// notification for each thing that was not tested. A run is successful unless
// a probe failed or was never finished.
func SARIF(r projections.ReportRow, o Options) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	log := sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{newSARIFRun(r, o)}}
	if err := e.Encode(log); err != nil {
		return nil, fmt.Errorf("report as SARIF: %w", err)
	}
	return b.Bytes(), nil
}

func newSARIFRun(r projections.ReportRow, o Options) sarifRun {
	d := &r.Document
	gone := sarifGone(o.Beside)
	rules, taxa := sarifRules(append(slices.Clone(d.Findings), gone...))
	run := sarifRun{
		Tool: sarifTool{sarifDriver{
			Name: "scanledger", InformationURI: "https://github.com/scanledger/scanledger", Rules: rules,
			Notifications: []sarifDescriptor{{
				ID: notTestedID, ShortDescription: &sarifText{"Something was not tested."},
				FullDescription: &sarifText{"What is not tested is not known to be safe. " + limits},
			}},
		}},
		AutomationDetails: sarifAutomation{"scanledger/" + d.Target.Domain + "/" + r.Scan.String()},
		Invocations:       []sarifInvocation{newSARIFInvocation(r)},
		Results:           []sarifResult{},
		Properties:        sarifProof(r, o),
	}
	if len(taxa) > 0 {
		run.Taxonomies = []sarifTaxonomy{{"CWE", "MITRE", "https://cwe.mitre.org/data/index.html", false, taxa}}
	}
	at := map[string]int{}
	for i, rule := range rules {
		at[rule.ID] = i
	}
	for _, f := range d.Findings {
		run.Results = append(run.Results, newSARIFResult(d.Target, f, at[f.ID], o))
	}
	for _, f := range gone {
		run.Results = append(run.Results, newSARIFResult(d.Target, f, at[f.ID], o))
	}
	compareSARIF(&run, d.Target, o.Beside)
	return run
}

// notTestedID is the descriptor of notifications of what was not tested.
const notTestedID = "not-tested"

var sarifLevels = map[domain.Severity]string{
	domain.Critical: "error", domain.High: "error", domain.Medium: "warning", domain.Low: "note", domain.Informational: "note",
}

// sarifScores are the middles of the bands in which code scanning services
// read the severity of a rule that has no CVSS score. What is informational has none.
var sarifScores = map[domain.Severity]string{
	domain.Critical: "9.5", domain.High: "8.0", domain.Medium: "5.5", domain.Low: "2.0",
}

// sarifRules are the findings' advisories in the order in which they were
// seen, each with the worst severity and score that it was found with, and the
// weaknesses of the CWE that they name.
func sarifRules(all []projections.ReportedFinding) (rules []sarifDescriptor, taxa []sarifTaxon) {
	rules = []sarifDescriptor{}
	worst, scores, at := map[string]domain.Severity{}, map[string]string{}, map[string]int{}
	for _, f := range all {
		scores[f.ID] = worstScore(scores[f.ID], f.CVSS)
		if s, known := worst[f.ID]; !known || slices.Index(domain.Severities, rated(f)) < slices.Index(domain.Severities, s) {
			worst[f.ID] = rated(f)
		}
		if _, known := at[f.ID]; known {
			continue
		}
		at[f.ID] = len(rules)
		rules = append(rules, newSARIFRule(f))
		if taxon := cweTaxon(f.CWE); f.CWE > 0 && !slices.Contains(taxa, taxon) {
			taxa = append(taxa, taxon)
		}
	}
	for i := range rules {
		s := worst[rules[i].ID]
		rules[i].DefaultConfiguration = &sarifConfiguration{sarifLevels[s]}
		rules[i].Properties.SecuritySeverity = cmp.Or(scores[rules[i].ID], sarifScores[s])
	}
	return rules, taxa
}

// worstScore is the higher of a score and that of ratings; one of 0.0, which code
// scanning services do not take, is none.
func worstScore(than string, ratings []domain.Rating) string {
	s := domain.ScoreOf(ratings)
	if s == nil || *s == 0 {
		return than
	}
	if before, err := strconv.ParseFloat(than, 64); err == nil && before >= *s {
		return than
	}
	return oneDigit(*s)
}

// maxRuleText is what code scanning services take of a rule's description.
const maxRuleText = 1000

func newSARIFRule(f projections.ReportedFinding) sarifDescriptor {
	help := f.Description + "\n\nWhat to do: " + f.Remedy
	rule := sarifDescriptor{
		ID: f.ID, ShortDescription: &sarifText{cut(linkless(f.Title), maxRuleText)}, FullDescription: &sarifText{cut(linkless(f.Description), maxRuleText)},
		Properties: &sarifRuleProperties{Tags: []string{"security"}, Precision: "high", CVE: f.CVE},
	}
	for _, s := range f.References {
		help += "\n" + s
		if u := webAddress(s); u != "" && rule.HelpURI == "" {
			rule.HelpURI = u
		}
	}
	rule.Help = &sarifText{linkless(help)}
	if f.CWE > 0 {
		rule.Properties.Tags = append(rule.Properties.Tags, fmt.Sprintf("external/cwe/cwe-%03d", f.CWE))
		rule.Relationships = []sarifRelationship{{sarifTarget{cweTaxon(f.CWE).ID, sarifComponent{"CWE"}}, []string{"relevant"}}}
	}
	return rule
}

func cweTaxon(cwe int) sarifTaxon {
	id := fmt.Sprintf("CWE-%d", cwe)
	return sarifTaxon{id, fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", cwe), sarifText{id}}
}

func newSARIFResult(t domain.Target, f projections.ReportedFinding, rule int, o Options) sarifResult {
	text := f.Title + " (" + located(f.Where) + ")"
	if f.Detail != "" {
		text += ": " + f.Detail
	}
	return sarifResult{
		Suppressions: sarifSuppressions(t, f, o),
		RuleID:       f.ID, RuleIndex: rule, Level: sarifLevels[rated(f)], Message: sarifText{linkless(text)},
		Locations:           []sarifLocation{newSARIFLocation(t, f.Where)},
		PartialFingerprints: map[string]string{"scanledger/v1": string(domain.HashOf([]byte(f.ID + "\n" + t.Domain + "\n" + f.Where)))},
		Properties:          sarifResultProperties{f.Tool, f.Severity, f.CVSS, o.likely(f), o.exploited(f), f.Where, f.Detail, f.Remedy, f.Evidence},
	}
}

// sarifSuppressions are what the account says of a finding: of results of which one has them, all do. It
// is nil where nobody was asked.
func sarifSuppressions(t domain.Target, f projections.ReportedFinding, o Options) *[]sarifSuppression {
	if o.Rulings == nil {
		return nil
	}
	all := []sarifSuppression{}
	if r := o.ruled(t, f); r != nil {
		s := sarifSuppression{Kind: "external", Status: "accepted", Justification: r.says(), Properties: sarifRuling{r.Ruling, r.By, sarifTime(r.At), ""}}
		if r.Until != nil {
			s.Properties.Until = sarifTime(*r.Until)
		}
		all = append(all, s)
	}
	return &all
}

// linkless is text in which no viewer finds a link: SARIF's messages have
// links in the form [text](address), and what a target says must not be one.
func linkless(s string) string { return strings.ReplaceAll(s, "](", "] (") }

func newSARIFInvocation(r projections.ReportRow) sarifInvocation {
	i := sarifInvocation{ExecutionSuccessful: true, StartTimeUTC: sarifTime(r.RequestedAt), Notifications: []sarifNotification{}}
	if r.CompletedAt != nil {
		i.EndTimeUTC = sarifTime(*r.CompletedAt)
	}
	for _, c := range r.Document.NotTested() {
		level := "warning"
		switch c.Outcome {
		case domain.Skipped:
			level = "note"
		case domain.Failed, "":
			level, i.ExecutionSuccessful = "error", false
		}
		i.Notifications = append(i.Notifications, sarifNotification{
			Descriptor: sarifReference{notTestedID, 0}, Level: level,
			Message:    sarifText{linkless(fmt.Sprintf("Not tested: %s: %s (%s: %s)", c.Probe, c.What, outcomeName(c.Outcome), c.Reason))},
			Properties: sarifGap{c.Probe, c.What, outcomeName(c.Outcome), c.Reason},
		})
	}
	return i
}
