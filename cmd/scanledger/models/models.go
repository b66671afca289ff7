// Package models names the read models, in Postgres and in ClickHouse, says which
// consumer group fills each, and makes them again from the log or from Kafka.
package models

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Table is a read model in Postgres.
type Table interface {
	postgres.Model
	Family() string
	Rebuild(ctx context.Context, how projections.Rebuilding) (projections.Rebuilt, error)
	DropAbandoned(ctx context.Context, idle time.Duration) error
}

// Tables are the read models in Postgres.
func Tables(pool *pgxpool.Pool) []Table {
	return []Table{
		postgres.NewTable(pool, projections.Scans),
		postgres.NewTable(pool, projections.Findings),
		postgres.NewTable(pool, projections.Reports),
		postgres.NewTable(pool, projections.Targets),
		postgres.NewTable(pool, projections.Sightings),
		postgres.NewTable(pool, projections.Links),
		postgres.NewTable(pool, projections.Lookups),
	}
}

// ByFamily are the groups that fill them, by the family of the streams that they are
// made of.
var ByFamily = map[string]groups.Group{
	domain.ScanFamily: groups.Scans, domain.TargetFamily: groups.Targets, domain.LinkFamily: groups.Links, domain.LookupFamily: groups.Lookups,
}

// Of are tables, whatever is done with them.
func Of(tables []Table) (list []postgres.Model) {
	for _, t := range tables {
		list = append(list, t)
	}
	return list
}

// Counted is a read model in ClickHouse, of events that bypass the log, with the
// group that fills it.
type Counted struct {
	Rows  projections.Rows
	Group groups.Group
}

// AllCounted are all of them.
var AllCounted = []Counted{{projections.Requests, groups.Requests}, {projections.Clicks, groups.Clicks}, {projections.SpeedTests, groups.SpeedTests}}

// Names are all read models.
func Names() (names []string) {
	for _, t := range Tables(nil) {
		names = append(names, t.Name())
	}
	for _, m := range AllCounted {
		names = append(names, m.Rows.Name)
	}
	return names
}

// BypassesLog says of a read model that its events are only on Kafka.
func BypassesLog(name string) bool {
	return slices.ContainsFunc(AllCounted, func(m Counted) bool { return m.Rows.Name == name })
}
