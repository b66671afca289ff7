package openvas

import (
	"context"
	"fmt"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	page         = 100      // results that are asked for at a time
	mostEvidence = 64 << 20 // bytes of results that are kept as they came
)

// collect tells the results from the nth on that were not told before.
func (r *run) collect(ctx context.Context, to *scanners.Sight, first int) error {
	for {
		var there results
		filter := fmt.Sprintf("min_qod=0 first=%d rows=%d sort=created", first, page)
		if err := r.ask(ctx, "get_results", byFilter{Task: r.task, Filter: filter, Details: "1"}, &there); err != nil {
			return err
		}
		for _, found := range there.All {
			if err := r.tell(to, found); err != nil {
				return err
			}
		}
		if len(there.All) < page {
			return nil
		}
		first += page
	}
}

// tell takes one result. Those of other tasks are none of ours, whatever was asked.
func (r *run) tell(to *scanners.Sight, found result) error {
	if found.Task.ID != r.task || r.told[found.ID] {
		return nil
	}
	if len(r.told) == 0 { // whatever becomes of the rest, the scan has looked
		if err := to.See(domain.Coverage{What: "what OpenVAS tells results of", Outcome: domain.Tested}); err != nil {
			return err
		}
	}
	r.told[found.ID] = true
	s := translate(r.job.Target, found)
	if s.guess {
		r.guess++
	}
	if s.port != nil {
		if err := to.See(*s.port); err != nil {
			return err
		}
	}
	if s.weakness == nil {
		return nil
	}
	if r.bytes += len(found.Raw); r.bytes <= mostEvidence {
		s.weakness.Evidence = r.job.Keep("openvas-result", found.Raw)
	}
	return to.See(*s.weakness)
}

// cover says what was looked at, once the task has come to its end, and what of it
// went wrong.
func (r *run) cover(ctx context.Context, to *scanners.Sight, config, list named) error {
	var rep report
	if err := r.ask(ctx, "get_reports", byFilter{Report: r.report, Filter: "min_qod=0 rows=1", Details: "1"}, &rep); err != nil {
		return err
	}
	lines := []domain.Coverage{{What: "scan configuration " + scanners.Plain(config.Name), Outcome: domain.Tested}}
	wanted := scanConfigs[r.job.Profile][0]
	if config.Name != wanted.name && config.ID != wanted.id {
		lines = append(lines, domain.Coverage{What: "scan configuration " + wanted.name, Outcome: domain.Skipped,
			Reason: "this Greenbone has none of that name; " + scanners.Plain(config.Name) + " ran in its place"})
	}
	ports := covered[r.portList()]
	if ports == "" {
		ports = "port list " + scanners.Plain(list.Name)
	}
	lines = append(append(lines, domain.Coverage{What: ports, Outcome: domain.Tested}), r.unlooked(rep)...)
	for _, line := range lines {
		if err := to.See(line); err != nil {
			return err
		}
	}
	return nil
}

// unlooked is what the scan did not come to.
func (r *run) unlooked(rep report) (lines []domain.Coverage) {
	isRange := r.job.Target.Kind == domain.RangeTarget
	for _, h := range rep.Hosts {
		line := domain.Coverage{What: scanners.Plain(h.IP), Outcome: domain.Tested}
		if h.End == "" {
			line.Outcome, line.Reason = domain.TimedOut, "OpenVAS did not come to the end of it"
		}
		if isRange {
			lines = append(lines, line)
		}
	}
	for _, e := range rep.Errors {
		line := domain.Coverage{What: "openvas/" + e.NVT.OID, Outcome: domain.Failed, Reason: scanners.Plain(strings.TrimSpace(e.Host) + " " + e.Port + ": " + e.Description)}
		if e.NVT.OID == "" || e.NVT.OID == "0" {
			line.What = scanners.Plain(first(e.Port, e.Host, "a test"))
		}
		if strings.Contains(strings.ToLower(e.Description), "timed out") {
			line.Outcome = domain.TimedOut
		}
		lines = append(lines, line)
	}
	if r.guess > 0 {
		lines = append(lines, domain.Coverage{What: fmt.Sprintf("results with a quality of detection below %d %%", leastQuality), Outcome: domain.Skipped,
			Reason: fmt.Sprintf("%d of them are left out, as Greenbone does of its own accord", r.guess)})
	}
	if t := r.job.Target; !isRange && t.Domain != r.hosts {
		lines = append(lines, domain.Coverage{What: "what answers to the name " + t.Domain + " alone", Outcome: domain.Skipped,
			Reason: "OpenVAS is handed the checked address " + r.hosts + ", and asks for such names only as it finds out about them there"})
	}
	return lines
}
