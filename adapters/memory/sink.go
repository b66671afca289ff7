package memory

import (
	"context"
	"fmt"
	"reflect"
	"sync"
)

// Sink keeps the rows of one table, each one once. The first column is what a
// row is known by; the first row decides of what types the columns are.
type Sink struct {
	mu    sync.Mutex
	types []reflect.Type
	rows  map[any][]any
}

// Insert stores a batch, or nothing of it when a value does not fit.
func (s *Sink) Insert(_ context.Context, columns []string, _ string, rows [][]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = map[any][]any{}
	}
	for i, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("row %d has %d values for %d columns", i, len(row), len(columns))
		}
		if s.types == nil {
			for _, v := range row {
				s.types = append(s.types, reflect.TypeOf(v))
			}
		}
		for j, v := range row {
			if reflect.TypeOf(v) != s.types[j] {
				return fmt.Errorf("row %d: column %s takes %s, not %T", i, columns[j], s.types[j], v)
			}
		}
	}
	for _, row := range rows {
		s.rows[row[0]] = row
	}
	return nil
}

// Count is how many rows there are.
func (s *Sink) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}
