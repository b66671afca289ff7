package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// stories appends n whole scans, a target, a link and a look-up.
func stories(t *testing.T, log *postgres.Log, n int) {
	t.Helper()
	whole := func(family string, id uuid.UUID, events []domain.Event) commands.Write {
		w := commands.Write{Stream: domain.NewStream(family, id)}
		for v, e := range events {
			w.Events = append(w.Events, domain.Envelope{ID: newID(), Stream: w.Stream, Version: v + 1, At: now(), Event: e})
		}
		return w
	}
	writes := []commands.Write{
		whole(domain.TargetFamily, newID(), conformance.TargetStory("https://example.com/")),
		whole(domain.LinkFamily, newID(), conformance.LinkStory("mylink")),
		whole(domain.LookupFamily, newID(), conformance.LookupStory("example.com")),
	}
	for range n {
		id := newID()
		writes = append(writes, whole(domain.ScanFamily, id, conformance.Story(id, "https://example.com/")))
	}
	if _, err := log.Append(context.WithoutCancel(t.Context()), writes...); err != nil {
		t.Error(err)
	}
}

// projectedAll waits until the read models have everything that the log has.
func projectedAll(t *testing.T, db *pgx.Conn) {
	t.Helper()
	until(t, 2*time.Minute, func() (bool, string) {
		var behind int
		err := db.QueryRow(t.Context(), `SELECT count(*) FROM streams s, models m LEFT JOIN LATERAL
			(SELECT p.version FROM projected p WHERE p.projection = m.model AND p.stream = s.stream) p ON true
			WHERE s.stream LIKE CASE m.model WHEN 'targets' THEN 'target-%' WHEN 'links' THEN 'link-%' WHEN 'lookups' THEN 'lookup-%' ELSE 'scan-%' END AND coalesce(p.version, 0) < s.version`).Scan(&behind)
		return err == nil && behind == 0, fmt.Sprintf("%d places are behind, %v", behind, err)
	})
}

// TestJourneyReplay makes all read models again while scans are appended and
// read: one replay is killed half-way, another is begun beside it, the last one
// goes on where the killed one was. From the log and from Kafka the rows are the
// same.
func TestJourneyReplay(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir)
	server := startServer(t, append(slices.Clone(options), "--roles", "api,relay,project,count"))
	key := user(t, options, "issafesite", "7azzani")
	scan := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "http://127.0.0.1:1/", "depth": "QUICK"}`, http.StatusAccepted)
	shortened(t, server.url, key, `{"url": "https://example.com/", "custom_code": "spring"}`)
	visits(t, server.url, "spring", firefox, 3)
	clickedTimes(t, server.url, key, "spring", 3)
	speedTested(t, key, server.url, options)
	db := connect(t, options, dir)
	pool, err := postgres.Open(t.Context(), db.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := postgres.NewLog(pool)
	defer log.Close()
	for range 4 {
		stories(t, log, 180)
	}
	projectedAll(t, db)

	end := make(chan struct{})
	var work sync.WaitGroup
	defer work.Wait()
	stop := sync.OnceFunc(func() { close(end) })
	defer stop()
	again := func(do func()) {
		work.Go(func() {
			for tick := time.NewTicker(20 * time.Millisecond); ; {
				select {
				case <-end:
					tick.Stop()
					return
				case <-tick.C:
					do()
				}
			}
		})
	}
	again(func() { stories(t, log, 1) })
	again(func() { reads(t, key, server.url, scan.ID) })

	with := func(args ...string) []string { return append(args, options...) }
	killHalfWay(t, db, with("replay", "scans", "--pace", "0.02"), with("replay", "scans"))
	for i, one := range remadeBy(t, with("replay", "all", "--pace", "1", "--json")...) {
		if !one.Swapped || one.Rows == 0 || one.Events == 0 || one.Checksum == "" || (one.Mode == "resumed") != (i == 0) {
			t.Errorf("%+v", one)
		}
	}
	stop()
	work.Wait()
	projectedAll(t, db)

	fromLog := remadeBy(t, with("replay", "scans", "findings", "reports", "targets", "links", "lookups", "sightings", "--pace", "1", "--json")...)
	fromKafka := remadeBy(t, with("replay", "scans", "findings", "reports", "targets", "links", "lookups", "sightings", "--pace", "1", "--from", "kafka", "--json")...)
	for i, one := range fromLog {
		if other := fromKafka[i]; one.Checksum != other.Checksum || one.Rows != other.Rows || one.Events != other.Events || other.From != "kafka" || other.Lost != 0 {
			t.Errorf("from the log %+v\nfrom Kafka %+v", one, other)
		}
	}
	var left, rows int
	err = db.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_class WHERE relname ~ '_v[0-9]+$' AND relkind = 'r'), (SELECT count(*) FROM scans)`).Scan(&left, &rows)
	if err != nil || left != len(models.Tables(nil)) || int64(rows) != fromLog[0].Rows {
		t.Errorf("%d tables are left, with %d rows of scans, %v", left, rows, err)
	}
	reads(t, key, server.url, scan.ID)
}

// reads wants a scan and the list that it is in.
func reads(t *testing.T, key, url, scan string) {
	for _, path := range []string{"/api/v1/scan/" + scan, "/api/v1/scan?limit=5"} {
		request, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("Authorization", "Bearer "+key)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Error(err)
			return
		}
		var v struct {
			ID   string
			Data []scanView
		}
		err = json.NewDecoder(response.Body).Decode(&v)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || v.ID != scan && (len(v.Data) != 1 || v.Data[0].ID != scan) {
			t.Errorf("%s: %s, %+v, %v", path, response.Status, v, err)
		}
	}
}

// killHalfWay kills a replay that has copied something, after another one that
// was begun meanwhile was told so.
func killHalfWay(t *testing.T, db *pgx.Conn, args, second []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, func() (bool, string) {
		var state string
		err := db.QueryRow(t.Context(), "SELECT state FROM models WHERE model = 'scans' AND building IS NOT NULL AND state->>'after' <> ''").Scan(&state)
		return err == nil, fmt.Sprint(state, err)
	})
	if out, code := command(t, second...); code != exitUsage {
		t.Errorf("the second ends with %d: %s", code, out)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the first had ended: %v", err)
	}
}

func remadeBy(t *testing.T, args ...string) []remade {
	t.Helper()
	return answerOf[struct{ Models []remade }](t, args...).Models
}

func TestReplayUsage(t *testing.T) {
	for _, args := range [][]string{
		{}, {"nothing"}, {"scans", "all"}, {"scans", "--from", "paper"}, {"requests", "--from", "log"}, {"scans", "--pace", "0"}, {"scans", "--pace", "1.5"},
	} {
		if out, code := command(t, append([]string{"replay"}, args...)...); code != exitUsage {
			t.Errorf("replay %v ends with %d: %s", args, code, out)
		}
	}
}
