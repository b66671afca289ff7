package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
)

// metrics are what GET /metrics shows.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	audit    *auditGauges // of the role relay, which audits; else nil
}

// scrapeTime bounds what one scrape may ask of the database.
const scrapeTime = 2 * time.Second

func newMetrics(p *platform, s *spools) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "scanledger_requests_total", Help: "API calls.",
		}, []string{"contract", "operation", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "scanledger_request_duration_seconds", Help: "How long API calls took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5},
		}, []string{"contract", "operation"}),
	}
	relay := &postgres.Relay{Pool: p.pool}
	m.registry.MustRegister(m.requests, m.duration, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		gauge("scanledger_relay_lag_events", "Committed events that are not on Kafka yet.", func(ctx context.Context) (float64, error) {
			n, _, err := relay.Lag(ctx)
			return float64(n), err
		}),
		gauge("scanledger_relay_lag_seconds", "Age of the oldest event that is not on Kafka yet.", func(ctx context.Context) (float64, error) {
			_, age, err := relay.Lag(ctx)
			return age.Seconds(), err
		}),
		gauge("scanledger_probes_waiting", "Probes that no worker has.", func(ctx context.Context) (float64, error) {
			return number(ctx, p, "SELECT count(*) FROM probes WHERE NOT dropped AND (lease_until IS NULL OR lease_until < now())")
		}),
		gauge("scanledger_probes_leased", "Probes that a worker has.", func(ctx context.Context) (float64, error) {
			return number(ctx, p, "SELECT count(*) FROM probes WHERE lease_until >= now()")
		}),
		gauge("scanledger_spool_bytes", "Events on disk that wait for Kafka.", func(context.Context) (float64, error) {
			return float64(s.stats().Waiting), nil
		}),
		gauge("scanledger_spool_lost_events", "Events that could be neither sent nor spooled since the start.", func(context.Context) (float64, error) {
			return float64(s.stats().Lost), nil
		}),
	)
	if p.config.has(roleRelay) {
		m.audit = newAuditGauges()
		m.registry.MustRegister(m.audit.violations, m.audit.last)
	}
	return m
}

func number(ctx context.Context, p *platform, sql string) (n float64, err error) {
	err = p.pool.QueryRow(ctx, sql).Scan(&n)
	return n, err
}

// gauge reads its value when it is scraped; -1 says that it cannot be read.
func gauge(name, help string, read func(context.Context) (float64, error)) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
		defer cancel()
		v, err := read(ctx)
		if err != nil {
			return -1
		}
		return v
	})
}

// served counts a call and hands it on.
func (m *metrics) served(next func(domain.Envelope) error, log *slog.Logger) func(domain.Envelope) {
	return func(e domain.Envelope) {
		if r, ok := e.Event.(domain.RequestServed); ok {
			m.requests.WithLabelValues(string(r.Contract), r.Operation, r.Method, strconv.Itoa(r.Status)).Inc()
			m.duration.WithLabelValues(string(r.Contract), r.Operation).Observe(float64(r.DurationUS) / 1e6)
		}
		if err := next(e); err != nil {
			log.Error("a call is not counted", "event", e.ID, "error", err)
		}
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
