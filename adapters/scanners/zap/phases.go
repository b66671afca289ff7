package zap

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	page         = 200      // alerts that are asked for at a time
	mostEvidence = 64 << 20 // bytes of alerts that are kept as they came
	mostPages    = 2000     // addresses that are told
)

// crawl follows links from the first address, where that is asked for.
func (r *run) crawl(ctx context.Context, to *scanners.Sight, share float64) error {
	if o := r.job.Options.ZAP; o != nil && !o.Spider {
		return to.See(domain.Coverage{What: "spider", Outcome: domain.Skipped, Reason: "it was turned off; the target's own page alone is looked at"})
	}
	id, err := r.launch(ctx, "spider", "url", r.start.String(), "contextName", site, "recurse", "true")
	if err != nil {
		return err
	}
	if err := r.await(ctx, to, "spider", id, 0, share); err != nil {
		return err
	}
	var all struct {
		Full []struct {
			In []struct {
				URL    text `json:"url"`
				Status text `json:"statusCode"`
			} `json:"urlsInScope"`
			Broken []struct {
				URL    text `json:"url"`
				Reason text `json:"reasonNotProcessed"`
			} `json:"urlsIoError"`
		} `json:"fullResults"`
	}
	if err := r.ask(ctx, "spider/view/fullResults", &all, "scanId", id); err != nil {
		return err
	}
	seen := []domain.Observation{domain.Coverage{What: "spider", Outcome: domain.Tested}}
	for _, part := range all.Full {
		for _, p := range part.In {
			if status, err := strconv.Atoi(string(p.Status)); err == nil && status > 0 {
				seen = append(seen, domain.Visit{URL: string(p.URL), Status: status})
			}
		}
		for _, p := range part.Broken {
			reason := scanners.Plain("it did not answer ZAP " + string(p.Reason))
			seen = append(seen, domain.Coverage{What: scanners.Plain(string(p.URL)), Outcome: domain.Failed, Reason: reason})
		}
	}
	return see(to, seen[:min(len(seen), mostPages)])
}

// calm is how many looks in a row have to see nothing waiting: what ZAP has got gets in
// line for its passive rules up to two seconds later.
const calm = 3

// passive waits until ZAP has judged all that it got.
func (r *run) passive(ctx context.Context, to *scanners.Sight) error {
	for quiet := 0; ; {
		var left struct {
			Records text `json:"recordsToScan"`
		}
		err := r.ask(ctx, "pscan/view/recordsToScan", &left)
		if told(err, "no_implementor") {
			return to.See(domain.Coverage{What: "passive rules", Outcome: domain.Skipped, Reason: "this ZAP has no add-on with them"})
		}
		if err != nil {
			return err
		}
		if quiet++; left.Records != "0" {
			quiet = 0
		}
		if quiet == calm {
			break
		}
		if err := r.round(ctx, to); err != nil {
			return err
		}
	}
	var rules struct {
		All []struct {
			ID      text `json:"id"`
			Enabled text `json:"enabled"`
		} `json:"scanners"`
	}
	if err := r.ask(ctx, "pscan/view/scanners", &rules); err != nil {
		return err
	}
	var lines []domain.Observation
	for _, rule := range rules.All {
		line := domain.Coverage{What: "zap/" + string(rule.ID), Outcome: domain.Tested}
		if rule.Enabled != "true" {
			line.Outcome, line.Reason = domain.Skipped, "the rule is turned off in ZAP"
		}
		lines = append(lines, line)
	}
	return r.rules(to, lines)
}

// rules tells what became of rules.
func (r *run) rules(to *scanners.Sight, lines []domain.Observation) error {
	for _, o := range lines {
		line, is := o.(domain.Coverage)
		r.judged = r.judged || is && line.Outcome == domain.Tested
	}
	return see(to, lines)
}

// activeRules is what the coverage calls all of them where none has run.
const activeRules = "active rules"

// attack has the active rules try what was found.
func (r *run) attack(ctx context.Context, to *scanners.Sight, scope string, begun float64) error {
	id, err := r.launch(ctx, "ascan", "url", r.start.String(), "recurse", "true", "inScopeOnly", "true", "contextId", scope)
	switch {
	case told(err, "url_not_found"):
		return to.See(domain.Coverage{What: activeRules, Outcome: domain.Skipped, Reason: "ZAP found nothing that it could try them on"})
	case told(err, "no_implementor"):
		return to.See(domain.Coverage{What: activeRules, Outcome: domain.Skipped, Reason: "this ZAP has no add-on with them"})
	case err != nil:
		return err
	}
	if err := r.await(ctx, to, "ascan", id, begun, 100-begun); err != nil {
		return err
	}
	var progress struct {
		Parts []json.RawMessage `json:"scanProgress"` // of each host its name, and what its rules came to
	}
	if err := r.ask(ctx, "ascan/view/scanProgress", &progress, "scanId", id); err != nil {
		return err
	}
	return r.rules(to, rulesOf(progress.Parts))
}

// rulesOf are the active rules, and how each ended: "Complete", "Skipped", with the
// reason, or how far it had come.
func rulesOf(parts []json.RawMessage) (lines []domain.Observation) {
	for _, part := range parts {
		var host struct {
			Processes []struct {
				Plugin []text // name, id, quality, state, …
			} `json:"HostProcess"`
		}
		if json.Unmarshal(part, &host) != nil { // a host's name
			continue
		}
		for _, p := range host.Processes {
			if len(p.Plugin) < 4 {
				continue
			}
			line := domain.Coverage{What: "zap/" + string(p.Plugin[1]), Outcome: domain.Tested}
			switch state := string(p.Plugin[3]); {
			case state == "Complete":
			case strings.HasPrefix(state, "Skipped"):
				line.Outcome, line.Reason = domain.Skipped, "ZAP says: "+scanners.Plain(state)
			default:
				line.Outcome, line.Reason = domain.TimedOut, "ZAP did not come to its end: "+scanners.Plain(state)
			}
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		lines = append(lines, domain.Coverage{What: activeRules, Outcome: domain.Skipped, Reason: "this ZAP has none, or all are turned off"})
	}
	return lines
}

// tell tells the alerts that were not told before. They are asked for from the last
// one that is known on, whether ZAP counts from 0 or from 1.
func (r *run) tell(ctx context.Context, to *scanners.Sight) error {
	for {
		var there struct {
			Alerts []json.RawMessage `json:"alerts"`
		}
		err := r.ask(ctx, "alert/view/alerts", &there, "baseurl", r.origin(), "start", strconv.Itoa(len(r.told)), "count", strconv.Itoa(page))
		if err != nil {
			return err
		}
		known := len(r.told)
		for _, raw := range there.Alerts {
			if err := r.see(to, raw); err != nil {
				return err
			}
		}
		if len(there.Alerts) < page || len(r.told) == known {
			return nil
		}
	}
}

func (r *run) see(to *scanners.Sight, raw json.RawMessage) error {
	var a alert
	if err := json.Unmarshal(raw, &a); err != nil {
		return err
	}
	if r.told[a.ID] {
		return nil
	}
	r.told[a.ID] = true
	w := translate(r.start, a)
	if w == nil || r.places[w.Advisory.ID+"\n"+w.Where] {
		return nil
	}
	r.places[w.Advisory.ID+"\n"+w.Where] = true
	if r.bytes += len(raw); r.bytes <= mostEvidence {
		w.Evidence = r.job.Keep("zap-alert", raw)
	}
	return to.See(*w)
}

func see(to *scanners.Sight, seen []domain.Observation) error {
	for _, o := range seen {
		if err := to.See(o); err != nil {
			return err
		}
	}
	return nil
}
