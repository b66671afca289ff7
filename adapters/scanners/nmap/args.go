package nmap

import (
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/ports"
)

// always are the arguments of every run. -v has nmap tell of ports as it finds
// them and of its tasks as they begin; -Pn and -n keep it from asking whether the host
// is up and what it is called; --unprivileged from raw sockets, whoever we are.
var always = []string{
	"-v", "--unprivileged", "-sT", "-sV", "-Pn", "-n", "-T4", "--stats-every", "1s", "-oX", scanners.ReportFile,
}

// scripts are those that aggressive runs: none that harms, and none that asks others
// than the target.
var scripts = []string{"--script", "default and safe and not external"}

// args are nmap's arguments. Of what a client has said nothing is among them as it was:
// ports are numbers that were read, and the target is the address that the guard has
// checked.
func (r *run) args() []string {
	args := always
	if r.addr.Is6() {
		args = append(args[:len(args):len(args)], "-6")
	}
	if o := r.job.Options.Nmap; o != nil && o.Aggressive {
		args = append(args[:len(args):len(args)], scripts...)
	}
	return append(args[:len(args):len(args)], "-p", portList(r.asked), r.addr.WithZone("").String())
}

// portList is how nmap wants its ports.
func portList(p []uint16) string {
	lines := ports.Compact(p)
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "/tcp")
	}
	return strings.Join(lines, ",")
}
