// Package nmap has nmap look at a host's TCP ports and at what speaks there.
//
// It is run as an ordinary user (as root: as nobody), so that ports are found by
// connecting. What needs raw sockets, the operating system and the route, is not
// looked at, and the coverage says so.
package nmap

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"sync"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/ports"
	"github.com/scanledger/scanledger/domain"
)

// Scanner looks at the same ports as the built-in scanner of ports does in nmap's
// place: those that were asked for, else the first thousand with its quick profile
// and all with full. Open ports are told as nmap finds them, services at its end.
// Aggressive runs those of its default scripts that are safe and ask nobody but the
// target; what they say is in the evidence of the services.
type Scanner struct{ settings scanners.ToolSettings }

var _ scanners.Scanner = Scanner{}

// New returns a scanner that runs the nmap of the settings, or else the one on PATH.
func New(s scanners.ToolSettings) Scanner { return Scanner{s} }

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.NmapTool }

// Ping implements scanners.Reachable.
func (s Scanner) Ping(ctx context.Context) (string, error) {
	path, err := scanners.Find(domain.NmapTool, s.settings)
	if err != nil {
		return "", err
	}
	return scanners.Starts(ctx, path, "--version")
}

// Scan implements scanners.Scanner. A run that breaks off has its open ports as
// tested, and all others as not.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	if job.Target.Kind == domain.RangeTarget {
		return scanners.Skip("a range is scanned address by address")
	}
	path, err := scanners.Find(domain.NmapTool, s.settings)
	if err != nil {
		return scanners.Skip("nmap is %v", err)
	}
	addr, others, err := scanners.Address(ctx, job)
	if err != nil {
		return err
	}
	r := newRun(job, addr)
	for _, c := range others {
		see(c)
	}
	if len(r.asked) == 0 {
		return &scanners.NotTested{Outcome: domain.Refused, Reason: "none of the ports may be reached from here"}
	}
	err = scanners.Watch(ctx, "nmap", &scanners.Local{Path: path, Args: r.args(), Line: r.line, Report: r.report}, see)
	if err == nil {
		err = r.verdict()
	}
	for _, c := range r.coverage(err) {
		see(c)
	}
	return err
}

// run is one run of nmap.
type run struct {
	job     scanners.Job
	addr    netip.Addr
	asked   []uint16          // the ports that nmap is asked for
	refused []uint16          // those that may not be reached
	shut    map[uint16]string // those that are not open, and why
	others  string            // why those are not open that nothing is said of; "" where they are not told yet
	percent progress

	mu   sync.Mutex
	open map[uint16]bool // as they were found
}

func newRun(job scanners.Job, addr netip.Addr) *run {
	r := &run{job: job, addr: addr, open: map[uint16]bool{}, shut: map[uint16]string{}}
	for _, port := range ports.Choose(job) {
		if job.Net.Allowed(netip.AddrPortFrom(addr, port)) == nil {
			r.asked = append(r.asked, port)
		} else {
			r.refused = append(r.refused, port)
		}
	}
	return r
}

// why is why a port is not open; "" for one that is, or of which nothing was told.
func (r *run) why(port uint16) string {
	if r.open[port] {
		return ""
	}
	if why := r.shut[port]; why != "" {
		return why
	}
	return r.others
}

// verdict is nil where the target itself answered on any port.
func (r *run) verdict() error {
	for _, port := range r.asked {
		if why := r.why(port); why == "" || why == closed {
			return nil
		}
	}
	return &scanners.NotTested{Outcome: domain.TimedOut,
		Reason: fmt.Sprintf("%s answered on none of %s: it is down, or a firewall drops everything", r.addr, scanners.Count(len(r.asked), "port"))}
}

// coverage says what became of each port, after a run that ended with err.
func (r *run) coverage(err error) (all []domain.Coverage) {
	by := map[string][]uint16{}
	for _, port := range r.asked {
		why := r.why(port)
		if r.open[port] {
			why = closed // looked at, too
		}
		by[why] = append(by[why], port)
	}
	tell := func(list []uint16, how domain.Outcome, why string) {
		for _, line := range ports.Compact(list) {
			all = append(all, domain.Coverage{What: line, Outcome: how, Reason: why})
		}
	}
	for _, why := range slices.Sorted(maps.Keys(by)) {
		list := by[why]
		switch why {
		case closed:
			tell(list, domain.Tested, "")
		case "":
			how, reason := untold(err)
			tell(list, how, reason)
		default:
			how, words := silence(why)
			tell(list, how, fmt.Sprintf(words, scanners.Count(len(list), "port")))
		}
	}
	tell(r.refused, domain.Refused, scanners.Count(len(r.refused), "port")+" may not be reached from here")
	return append(all, r.beyond()...)
}

// untold is what a port comes to of which nmap has said nothing.
func untold(err error) (domain.Outcome, string) {
	var not *scanners.NotTested
	if errors.As(err, &not) {
		return not.Outcome, "partial: nmap broke off before it had told of them"
	}
	return domain.Failed, "nmap has not told of them"
}

// silence is what nmap's reason for a port that is neither open nor closed comes to.
func silence(reason string) (domain.Outcome, string) {
	if reason == "no-response" {
		return domain.TimedOut, "%s did not answer: filtered, or dropped on the way"
	}
	return domain.Refused, "%s barred: a router or firewall says unreachable or prohibited"
}

// beyond is what the run leaves out by what was asked for, and by whom it runs as.
func (r *run) beyond() []domain.Coverage {
	left := ports.Beyond(r.job.Profile, len(r.asked)+len(r.refused))
	if o := r.job.Options.Nmap; o != nil && o.Aggressive {
		left = append(left, domain.Coverage{What: "operating system and route (aggressive)", Outcome: domain.Skipped,
			Reason: "they need raw sockets, and nmap runs here as an ordinary user"})
	}
	return left
}
