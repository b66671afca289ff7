package models

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Accounts are those whose events are in a batch.
func Accounts(r projections.Rows, batch []domain.Envelope) []uuid.UUID {
	seen := map[uuid.UUID]bool{uuid.Nil: true}
	accounts := []uuid.UUID{}
	for _, e := range batch {
		if account := r.Account(e); !seen[account] {
			seen[account] = true
			accounts = append(accounts, account)
		}
	}
	return accounts
}

// Columns are those of the table: the event's, and where it was read.
func Columns(r projections.Rows) []string {
	return append(slices.Clone(r.Columns), "topic", "partition", "offset")
}

// Rows puts a batch's events into rows, each with where it was read, and
// with a token by which ClickHouse knows a batch that is sent again. Of deleted
// accounts there are none.
func Rows(r projections.Rows, batch []domain.Envelope, from []kafka.Record, deleted []uuid.UUID) (token string, rows [][]any) {
	ids := sha256.New()
	for i, e := range batch {
		if e.Event.Kind() != r.Kind || slices.Contains(deleted, r.Account(e)) {
			continue
		}
		ids.Write(e.ID[:])
		rows = append(rows, append(r.Values(e), from[i].Topic(), from[i].Partition(), from[i].Offset()))
	}
	first, last := from[0], from[len(from)-1]
	return fmt.Sprintf("%s/%d/%d-%d/%s", first.Topic(), first.Partition(), first.Offset(), last.Offset(), hex.EncodeToString(ids.Sum(nil))), rows
}
