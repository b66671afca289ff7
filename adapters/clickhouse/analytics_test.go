package clickhouse_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/domain"
)

// TestAnalytics asks each question of the analysts' document, and compares the
// columns that it names with those of the views.
func TestAnalytics(t *testing.T) {
	text, err := os.ReadFile("../../schemas/analytics.md")
	if err != nil {
		t.Fatal(err)
	}
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	all := visits(hot, 0, 300)
	for n := range all {
		c, _ := all[n].Event.(domain.LinkClicked)
		c.Agent, c.Code = []domain.Agent{domain.Person, domain.Person, domain.Bot}[rand.IntN(3)], "spring"
		all[n].Event, all[n].At = c, time.Now().Add(-time.Duration(n)*time.Hour)
	}
	mustStore(t, db, all, 0)
	store(t, db, requests(0, 300))
	measured := domain.SpeedTestCompleted{Origin: domain.FromServer, Server: "local", Samples: domain.SpeedSamples{Idle: []float64{4, 5}, Download: []domain.Transfer{{Size: 1000, MS: 20}}}}
	if err := storeSpeedTests(t.Context(), db, domain.Envelope{ID: uuid.New(), At: time.Now(), Event: measured}); err != nil {
		t.Fatal(err)
	}
	questions := regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(questions) < 12 {
		t.Errorf("only %d questions", len(questions))
	}
	for _, q := range questions {
		columns, rows, err := db.Query(t.Context(), q[1])
		if err != nil || len(rows) == 0 || len(columns) < 3 {
			t.Errorf("%s\n%d rows, %v", q[1], len(rows), err)
		}
	}
	for _, part := range strings.Split(string(text), "\n## ")[1:] {
		view, _, _ := strings.Cut(part, "\n")
		if strings.Contains(view, " ") {
			continue
		}
		var told []string
		for _, row := range regexp.MustCompile(`(?m)^\| (`+"`.*?`"+`) \| `).FindAllStringSubmatch(part, -1) {
			told = append(told, strings.Split(strings.ReplaceAll(row[1], "`", ""), ", ")...)
		}
		columns, _, err := db.Query(t.Context(), "SELECT * FROM "+view+" LIMIT 1")
		if err != nil || !slices.Equal(columns, told) {
			t.Errorf("%s has the columns %q, and told are %q, %v", view, columns, told, err)
		}
	}
}
