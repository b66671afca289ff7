package conformance

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SinkUnderTest is the table of requests, and how many rows its view has.
type SinkUnderTest struct {
	Insert func(ctx context.Context, columns []string, token string, rows [][]any) error
	Count  func(*testing.T) int
}

// Sink holds what stores counted events to its promises: a row is there once,
// however often it is sent. open returns an empty table.
func Sink(t *testing.T, open func(t *testing.T) SinkUnderTest) {
	for name, property := range map[string]func(*testing.T, SinkUnderTest){
		"rows can be read at once": func(t *testing.T, s SinkUnderTest) {
			s.send(t, "a", calls(0, 100))
			s.has(t, 100)
		},
		"a batch that is sent again is one": func(t *testing.T, s SinkUnderTest) {
			for range 3 {
				s.send(t, "a", calls(0, 100))
			}
			s.has(t, 100)
		},
		"batches that overlap have each event once": func(t *testing.T, s SinkUnderTest) {
			s.send(t, "a", calls(0, 100))
			s.send(t, "b", calls(50, 150))
			s.has(t, 150)
		},
		"a row that does not fit keeps its batch out": func(t *testing.T, s SinkUnderTest) {
			rows := calls(0, 10)
			rows[7][7] = "a status is no text"
			if err := s.Insert(t.Context(), sinkColumns, "a", rows); err == nil {
				t.Error("the batch was taken")
			}
			s.has(t, 0)
			s.send(t, "b", calls(0, 10))
			s.has(t, 10)
		},
		"an empty batch is none": func(t *testing.T, s SinkUnderTest) {
			s.send(t, "a", nil)
			s.has(t, 0)
		},
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func (s SinkUnderTest) send(t *testing.T, token string, rows [][]any) {
	t.Helper()
	if err := s.Insert(t.Context(), sinkColumns, token, rows); err != nil {
		t.Fatal(err)
	}
}

func (s SinkUnderTest) has(t *testing.T, want int) {
	t.Helper()
	if got := s.Count(t); got != want {
		t.Errorf("%d rows, want %d", got, want)
	}
}

var sinkColumns = append(append([]string{}, projections.Requests.Columns...), "topic", "partition", "offset")

// calls are the rows of requests number from to number to.
func calls(from, to int) (rows [][]any) {
	for n := from; n < to; n++ {
		e := domain.Envelope{
			ID: uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), At: time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC),
			Event: domain.RequestServed{Contract: domain.ScannerAPI, Operation: "/api/v1/scan", Method: "POST", Status: 201},
		}
		rows = append(rows, append(projections.Requests.Values(e), "scanledger.requests", int32(0), int64(n)))
	}
	return rows
}
