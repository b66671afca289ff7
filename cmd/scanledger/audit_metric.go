package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scanledger/scanledger/cmd/scanledger/audit"
	"github.com/scanledger/scanledger/domain"
)

// auditGauges are what the newest audit in the background found.
type auditGauges struct {
	violations *prometheus.GaugeVec
	last       prometheus.Gauge
}

func newAuditGauges() *auditGauges {
	g := &auditGauges{
		violations: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "scanledger_audit_violations", Help: "Violations that the newest audit found; -1 when the invariant was not checked.",
		}, []string{"invariant"}),
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "scanledger_audit_last_run_timestamp_seconds", Help: "When the newest audit ended, in Unix time; 0 before the first.",
		}),
	}
	for _, name := range domain.Invariants {
		g.violations.WithLabelValues(name).Set(-1)
	}
	return g
}

// tell shows what an audit found.
func (g *auditGauges) tell(a *domain.Audit) {
	for _, i := range a.Invariants {
		n := float64(i.Count)
		if i.NotChecked != "" && i.Count == 0 {
			n = -1
		}
		g.violations.WithLabelValues(i.Name).Set(n)
	}
	g.last.Set(float64(now().Unix()))
}

// auditRegularly audits in the background until ctx ends: what is new since
// the last two times, so that a look costs as much as the traffic does and not
// as the log is long.
func (p *platform) auditRegularly(ctx context.Context, g *auditGauges) error {
	every := time.Duration(p.config.AuditInterval) * time.Minute
	if every == 0 {
		return nil
	}
	for wait := every / 10; ; wait = every {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
		a, err := p.audited().Look(ctx, audit.Options{Since: 2 * every})
		if err != nil {
			return quiet(err)
		}
		g.tell(a)
		for _, i := range a.Invariants {
			for _, v := range i.Violations {
				p.log.Error("invariant is violated", "invariant", i.Name, "violation", sentence(v))
			}
			if i.NotChecked != "" {
				p.log.Warn("invariant is not checked", "invariant", i.Name, "reason", i.NotChecked)
			}
		}
	}
}
