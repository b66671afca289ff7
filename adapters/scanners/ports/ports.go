// Package ports finds open TCP ports by connecting to them, and asks what is
// found there who it is.
package ports

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Scanner connects to the TCP ports of one address of the target: the first
// hundred of nmap's frequency table with the quick profile, the first thousand
// with standard, all 65,535 with deep; the port of a URL always. In nmap's
// place it looks at the ports that were asked for and at no others, else at the
// first thousand with its quick profile and at all with full. It needs no
// privileges, and is quicker with that of raw sockets; it takes no rate, but adapts
// to the path as TCP does.
type Scanner struct{}

var _ scanners.Scanner = Scanner{}

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.Ports }

// Scan implements scanners.Scanner. What did not answer is reported as
// Coverage with the outcome TimedOut; a target of which no port answers at all
// ends in a NotTested.
func (Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	if job.Target.Kind == domain.RangeTarget {
		return scanners.Skip("a range is scanned address by address")
	}
	if asked := job.Options.Nmap; asked != nil && asked.Aggressive {
		see(domain.Coverage{What: "operating system, scripts and route (aggressive)", Outcome: domain.Skipped,
			Reason: "nmap does this, and it does not run here"})
	}
	ports := Choose(job)
	err := scan(ctx, job, see, ports)
	if not := (*scanners.NotTested)(nil); errors.As(err, &not) {
		return err
	}
	for _, c := range Beyond(job.Profile, len(ports)) {
		see(c)
	}
	return err
}

// mostPorts is how many TCP ports there are.
const mostPorts = 65535

// Beyond says what a look at n ports leaves out.
func Beyond(profile domain.Profile, n int) []domain.Coverage {
	var left []domain.Coverage
	if n < mostPorts {
		left = append(left, domain.Coverage{What: "the other " + scanners.Count(mostPorts-n, "TCP port"), Outcome: domain.Skipped,
			Reason: fmt.Sprintf("this scan (%s) is for %s", profile, scanners.Count(n, "port"))})
	}
	return append(left, domain.Coverage{What: "UDP ports", Outcome: domain.Skipped, Reason: "ports are found by connecting, which UDP does not do"})
}

// Choose is the ports to look at, the most frequent ones first.
func Choose(job scanners.Job) []uint16 {
	asked := job.Options.Nmap
	if asked != nil && asked.Ports != "" {
		wanted := map[uint16]bool{}
		for _, port := range asked.Ports.Ports() {
			wanted[port] = true
		}
		all := unique(slices.Concat(ranges(top100), ranges(top1000), asked.Ports.Ports()))
		return slices.DeleteFunc(all, func(port uint16) bool { return !wanted[port] })
	}
	ports := ranges(top100)
	if job.Profile != domain.Quick {
		ports = append(ports, ranges(top1000)...)
	}
	if job.Profile == domain.Deep || job.Profile == domain.NmapFull {
		ports = append(ports, ranges("1-65535")...)
	}
	if port := job.Target.Port; port > 0 && port <= 65535 {
		ports = append([]uint16{uint16(port)}, ports...)
	}
	return unique(ports)
}

// unique leaves the first of each port.
func unique(ports []uint16) []uint16 {
	seen := map[uint16]bool{}
	return slices.DeleteFunc(ports, func(port uint16) bool {
		before := seen[port]
		seen[port] = true
		return before
	})
}

func scan(ctx context.Context, job scanners.Job, see func(domain.Observation), ports []uint16) error {
	addr, others, err := scanners.Address(ctx, job)
	if err != nil {
		return err
	}
	w, err := newWire(addr)
	if err != nil {
		return err
	}
	defer w.close()
	s := newSweep(w, time.Now, ports)
	s.allowed = func(port uint16) bool {
		return job.Net.Allowed(netip.AddrPortFrom(addr, port)) == nil
	}
	naming := newNaming(job, addr, see)
	s.found = func(port uint16) {
		see(domain.Port{Port: int(port), Protocol: "tcp"})
		naming.start(ctx, port)
	}
	s.moved = advance(see)
	err = s.run(ctx)
	naming.wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if s.answered() {
		see(domain.Host{Address: addr.String(), Latency: s.pace.srtt.Round(time.Microsecond).Seconds()})
	}
	if err == nil {
		err = s.verdict(addr)
	}
	for _, c := range s.coverage(ports) {
		see(c)
	}
	naming.coverage()
	for _, c := range others {
		see(c)
	}
	if err == nil {
		see(domain.Advance{Percent: 100})
	}
	return err
}

// advance reports whole percents as they rise; naming what was found has the
// last tenth.
func advance(see func(domain.Observation)) func(done, total int) {
	last := 0
	return func(done, total int) {
		if percent := done * 90 / total; percent > last {
			last = percent
			see(domain.Advance{Percent: percent})
		}
	}
}

// answered says whether the target itself answered on any port.
func (s *sweep) answered() bool {
	return slices.Contains(s.states[:], open) || slices.Contains(s.states[:], closed)
}

// verdict is nil when the target itself answered on any port.
func (s *sweep) verdict(addr netip.Addr) error {
	var count [starved + 1]int
	for _, got := range s.states {
		count[got]++
	}
	asked := s.total - count[refused]
	switch {
	case count[open]+count[closed] > 0:
		return nil
	case asked == 0:
		return &scanners.NotTested{Outcome: domain.Refused, Reason: "none of the ports may be reached from here"}
	case count[barred] == asked:
		return scanners.Skip("%s is unreachable", addr)
	default:
		return &scanners.NotTested{Outcome: domain.TimedOut,
			Reason: fmt.Sprintf("%s answered on none of %s: it is down, or a firewall drops everything", addr, scanners.Count(asked, "port"))}
	}
}

// coverage says what became of each port that was to be asked.
func (s *sweep) coverage(ports []uint16) []domain.Coverage {
	by := map[state][]uint16{}
	for _, port := range ports {
		got := s.states[port]
		switch got {
		case open:
			got = closed
		case pending:
			got = unasked
		}
		by[got] = append(by[got], port)
	}
	var all []domain.Coverage
	for _, row := range []struct {
		state   state
		outcome domain.Outcome
		reason  string // with how many ports
	}{
		{closed, domain.Tested, ""},
		{silent, domain.TimedOut, "%s did not answer: filtered, or dropped on the way"},
		{barred, domain.Refused, "%s barred: a router or firewall says unreachable or prohibited"},
		{refused, domain.Refused, "%s may not be reached from here"},
		{shut, domain.TimedOut, "%s could not be asked: the target answered at first, and then nothing any more"},
		{unasked, domain.TimedOut, "%s not reached in time"},
	} {
		reason := row.reason
		if reason != "" {
			reason = fmt.Sprintf(reason, scanners.Count(len(by[row.state]), "port"))
		}
		for _, what := range Compact(by[row.state]) {
			all = append(all, domain.Coverage{What: what, Outcome: row.outcome, Reason: reason})
		}
	}
	return all
}
