package main

import (
	"context"

	"github.com/scanledger/scanledger/adapters/web/server"
)

// readiness is what GET /readyz tells.
func (p *platform) readiness(ctx context.Context, draining <-chan struct{}) server.Readiness {
	r := server.Readiness{Status: "ready", Engines: map[string]string{"postgres": "ok", "kafka": "ok"}}
	away := func(engine, status string) {
		r.Engines[engine] = "away"
		r.Status = status
	}
	if p.config.has(roleCount) {
		r.Engines["clickhouse"] = "ok"
		if _, err := lookAtClickHouse(ctx, p.engines); err != nil {
			away("clickhouse", "degraded")
		}
	}
	if _, err := lookAtKafka(ctx, p.engines); err != nil {
		away("kafka", "degraded")
	}
	looking, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if err := p.pool.Ping(looking); err != nil {
		away("postgres", "unready")
	}
	select {
	case <-draining:
		r.Status = "unready"
	default:
	}
	return r
}
