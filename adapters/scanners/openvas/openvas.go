// Package openvas has Greenbone's OpenVAS look at a host or a range of addresses. It
// speaks GMP 22.4 or later with gvmd, which runs scans of its own accord: what is
// made there (a target, a task and its report) is removed again.
//
// The scan configurations and port lists are those of Greenbone's feed. A host is
// handed over as the address that the guard has checked, and never by its name. What
// OpenVAS calls a log is an open port at most, and no weakness.
package openvas

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Options are where gvmd is, and as whom we speak to it.
type Options struct {
	Address  string // a socket's path, or host:port for TLS
	User     string
	Password string
	Pace     time.Duration // between questions; 0 for 2 s
}

func (o Options) pause() time.Duration {
	if o.Pace > 0 {
		return o.Pace
	}
	return 2 * time.Second
}

// Scanner implements scanners.Scanner and scanners.Remote.
type Scanner struct{ Options }

var _ scanners.Remote = Scanner{}

// New returns a scanner that uses the Greenbone of the options.
func New(o Options) Scanner { return Scanner{o} }

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.OpenVASTool }

// Scan implements scanners.Scanner.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	hosts := job.Target.Value
	if job.Target.Kind != domain.RangeTarget {
		addr, others, err := scanners.Address(ctx, job)
		if err != nil {
			return err
		}
		for _, c := range others {
			see(c)
		}
		hosts = addr.String()
	}
	return scanners.Watch(ctx, "OpenVAS", newRun(s.Options, job, hosts), see)
}

// Clear implements scanners.Remote. What runs there is known by its name.
func (s Scanner) Clear(ctx context.Context, over func(context.Context, uuid.UUID) (bool, error)) error {
	if s.Address == "" || s.User == "" || s.Password == "" {
		return nil
	}
	r := &run{client: client{Options: s.Options}}
	defer r.client.close()
	return r.tidy(ctx, over)
}

// Ping says which version of GMP answers, and whether it lets us in.
func (s Scanner) Ping(ctx context.Context) (string, error) {
	if s.User == "" || s.Password == "" {
		return "", errors.New("SCANLEDGER_GMP_USER and SCANLEDGER_GMP_PASSWORD are needed too")
	}
	c := client{Options: s.Options}
	defer c.close()
	var v version
	if err := c.once(ctx, "get_version", nothing{}, &v); err != nil {
		return "", err
	}
	return "GMP " + scanners.Plain(strings.TrimSpace(v.Version)), nil
}
