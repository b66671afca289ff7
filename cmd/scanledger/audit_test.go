package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/cmd/scanledger/audit"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/domain"
)

// audited runs an audit, which must name these invariants and no others.
func audited(t *testing.T, options []string, violated ...string) map[string]*domain.Invariant {
	t.Helper()
	out, code := command(t, append([]string{"audit", "--json"}, options...)...)
	var a domain.Audit
	decode(t, out, &a)
	want := exitOK
	if len(violated) > 0 {
		want = exitFindings
	}
	found := map[string]*domain.Invariant{}
	for _, i := range a.Invariants {
		found[i.Name] = i
		if (i.Count > 0) != slices.Contains(violated, i.Name) || i.NotChecked != "" {
			t.Errorf("%s: %d violations, not checked: %q: %+v", i.Name, i.Count, i.NotChecked, i.Violations)
		}
	}
	if code != want || len(found) != len(domain.Invariants) {
		t.Errorf("exit code %d, want %d; looked at %d invariants", code, want, len(found))
	}
	return found
}

// produce puts a message of anybody's into a topic, and returns where it lies.
func produce(t *testing.T, brokers []string, topic, key string, value []byte, headers map[string]string) deadletters.Place {
	t.Helper()
	config := sarama.NewConfig()
	config.Producer.Return.Successes, config.Producer.Compression, config.Producer.MaxMessageBytes = true, sarama.CompressionGZIP, 8<<20
	producer, err := sarama.NewSyncProducer(brokers, config)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	m := &sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder(key)}
	if value != nil {
		m.Value = sarama.ByteEncoder(value)
	}
	for name, v := range headers {
		m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(name), Value: []byte(v)})
	}
	partition, offset, err := producer.SendMessage(m)
	if err != nil {
		t.Fatal(err)
	}
	return deadletters.Place{Topic: topic, Partition: partition, Offset: offset}
}

// headersOf are the headers of an event's message.
func headersOf(kind, stream string, version int, more ...string) map[string]string {
	h := map[string]string{
		"ce_specversion": "1.0", "ce_id": uuid.NewString(), "ce_source": "/scanledger", "ce_type": kind, "ce_time": "2026-11-01T00:00:00Z",
		"ce_dataschema": kind + ".v1.json", "ce_subject": stream, "ce_sequence": fmt.Sprintf("%010d", version), "content-type": "application/json",
	}
	for i := 0; i+1 < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

// clickhouse has the embedded engine run a statement that writes.
func (s auditSystem) clickhouse(t *testing.T, sql string) {
	t.Helper()
	a, err := embedded.Published(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(a.ClickHouse.URL+"/?database=scanledger&mutations_sync=1&query="+url.QueryEscape(sql), "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v: %s", sql, response.Status, err, text)
	}
}

// auditSystem is a server with some finished scans.
type auditSystem struct {
	options   []string
	dir, key  string
	server    testServer
	scans     []string
	requested []string // X-Request-IDs
}

func newAuditSystem(t *testing.T, scans int) auditSystem {
	t.Helper()
	s := auditSystem{dir: dataFolder(t)}
	s.options = settings(t, s.dir)
	s.server = startServer(t, s.options)
	s.key = user(t, s.options, "issafesite", "scanner")
	site := testSite(t)
	for range scans {
		s.scans = append(s.scans, s.submit(t, site.URL))
	}
	for _, scan := range s.scans {
		finished(t, s.key, s.server.url, scan)
	}
	return s
}

func (s *auditSystem) submit(t *testing.T, site string) string {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, s.server.url+"/api/v1/scan", strings.NewReader(`{"url": "`+site+`", "depth": "QUICK"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var v scanView
	if err := json.NewDecoder(response.Body).Decode(&v); err != nil || response.StatusCode != http.StatusAccepted {
		t.Fatalf("%s, %v", response.Status, err)
	}
	s.requested = append(s.requested, response.Header.Get("X-Request-ID"))
	return v.ID
}

// sql changes the log behind everybody's back.
func (s auditSystem) sql(t *testing.T, sql string, args ...any) {
	t.Helper()
	onLog(t, s.options, s.dir, sql, args...)
}

// TestAudit breaks one thing after another in a running system, and mends it
// again where that can be done.
func TestAudit(t *testing.T) {
	s := newAuditSystem(t, 3)
	brokers, scan := brokersOf(t, s.options, s.dir), "scan-"+s.scans[0]
	until(t, 30*time.Second, func() (bool, string) { // the last calls are counted soon
		out, code := command(t, append([]string{"sql", "SELECT count() AS n FROM requests WHERE status = 202", "--json"}, s.options...)...)
		return code == exitOK && strings.Contains(out, "3"), out
	})
	found := audited(t, s.options)
	for name, what := range map[string]string{
		domain.VersionsInvariant: "events", domain.AcknowledgedInvariant: "event ids", domain.KafkaInvariant: "messages",
		domain.ReadModelsInvariant: "rows of findings", domain.ClickHouseInvariant: "rows of requests",
	} {
		if found[name].Counts[what] == 0 {
			t.Errorf("%s: no %s were looked at: %v", name, what, found[name].Counts)
		}
	}

	t.Run("the journal", func(t *testing.T) { s.journals(t) })
	t.Run("versions", func(t *testing.T) {
		s.sql(t, "UPDATE streams SET version = version + 1 WHERE stream = $1", scan)
		audited(t, s.options, domain.VersionsInvariant)
		s.sql(t, "UPDATE streams SET version = version - 1 WHERE stream = $1", scan)
	})
	t.Run("an event deleted", func(t *testing.T) {
		s.sql(t, "CREATE TABLE kept AS SELECT * FROM events WHERE stream = $1 AND version = 5 AND true", scan)
		s.sql(t, "DELETE FROM events WHERE stream = $1 AND version = 5", scan)
		audited(t, s.options, domain.VersionsInvariant)
		s.sql(t, "INSERT INTO events OVERRIDING SYSTEM VALUE SELECT * FROM kept")
	})
	t.Run("a read model", func(t *testing.T) {
		s.sql(t, "UPDATE scans SET progress = 99 WHERE stream = $1", scan)
		audited(t, s.options, domain.ReadModelsInvariant)
		s.sql(t, "UPDATE scans SET progress = 100 WHERE stream = $1", scan)
	})
	t.Run("rows that never came", func(t *testing.T) {
		s.sql(t, "CREATE TABLE kept_scans AS SELECT * FROM scans WHERE stream = $1 AND true", scan)
		s.sql(t, "DELETE FROM scans WHERE stream = $1", scan)
		s.sql(t, "UPDATE projected SET version = 0 WHERE projection = 'scans' AND stream = $1", scan)
		audited(t, s.options, domain.ReadModelsInvariant)
		s.sql(t, "INSERT INTO scans SELECT * FROM kept_scans")
		s.sql(t, "UPDATE projected SET version = (SELECT version FROM streams WHERE stream = $1) WHERE projection = 'scans' AND stream = $1", scan)
	})
	t.Run("a claim", func(t *testing.T) {
		s.sql(t, "INSERT INTO claims VALUES ('running:x', $1)", scan)
		audited(t, s.options, domain.AcknowledgedInvariant)
		s.sql(t, "DELETE FROM claims WHERE name = 'running:x'")
	})
	t.Run("a scan that hangs", func(t *testing.T) { s.hangs(t) })
	t.Run("a healthy message among the dead letters", func(t *testing.T) { s.buriesHealthy(t, brokers) })
	audited(t, s.options)

	t.Run("what a row of ClickHouse says", func(t *testing.T) {
		const change = "ALTER TABLE requests_v1 UPDATE status = status %s 1 WHERE event_id IN (SELECT min(event_id) FROM requests)"
		s.clickhouse(t, fmt.Sprintf(change, "+"))
		if i := audited(t, s.options, domain.ClickHouseInvariant)[domain.ClickHouseInvariant]; i.Count != 1 || i.Violations[0].What != "requests: status" {
			t.Errorf("named: %+v", i.Violations)
		}
		if out, code := command(t, append([]string{"replay", "requests", "--pace", "1"}, s.options...)...); code != exitFindings || !strings.Contains(out, "1 are others there") {
			t.Errorf("made again: exit code %d: %s", code, out)
		}
		s.clickhouse(t, fmt.Sprintf(change, "-"))
		audited(t, s.options)
	})
	t.Run("a row of ClickHouse", func(t *testing.T) {
		s.clickhouse(t, "ALTER TABLE requests_v1 DELETE WHERE event_id IN (SELECT min(event_id) FROM requests)")
		audited(t, s.options, domain.ClickHouseInvariant)
	})
	t.Run("a message of nobody's", func(t *testing.T) {
		account := domain.NewStream(domain.AccountFamily, uuid.New())
		produce(t, brokers, "scanledger.accounts", string(account), []byte(`{}`), headersOf("key.revoked", string(account), 1))
		if i := audited(t, s.options, domain.ClickHouseInvariant, domain.KafkaInvariant)[domain.KafkaInvariant]; i.Count != 1 || i.Violations[0].Stream != account {
			t.Errorf("named: %+v", i.Violations)
		}
	})

	t.Run("messages that say something else", func(t *testing.T) { s.forges(t, brokers) })

	s.server.stop()
	audited(t, s.options, domain.ClickHouseInvariant, domain.KafkaInvariant)
	t.Run("messages that never came", func(t *testing.T) {
		onPlatform(t, s.options, func(p *platform) { s.skips(t, p) })
	})
}

// journals looks for acknowledged commands, one of which was none.
func (s auditSystem) journals(t *testing.T) {
	file := filepath.Join(t.TempDir(), "journal.jsonl")
	var lines strings.Builder
	for i, request := range s.requested {
		fmt.Fprintf(&lines, `{"request": %q, "stream": "scan-%s", "types": ["scan.requested"]}`+"\n"+`{"request": %q}`+"\n", request, s.scans[i], request)
	}
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	with := append([]string{"--journal", file}, s.options...)
	write(lines.String() + `{"request": "cut o`)
	if i := audited(t, with)[domain.AcknowledgedInvariant]; i.Counts["acknowledged commands"] != 2*len(s.scans) {
		t.Errorf("looked at %v", i.Counts)
	}
	write(lines.String() + `{"request": "lost"}`)
	if i := audited(t, with, domain.AcknowledgedInvariant)[domain.AcknowledgedInvariant]; i.Count != 1 || i.Violations[0].ID != "lost" {
		t.Errorf("named: %+v", i.Violations)
	}
	for _, bad := range []string{"{}\n", "no JSON\n{}\n", `{"event": "x"}` + "\n"} {
		write(bad)
		if out, code := command(t, append([]string{"audit"}, with...)...); code != exitUsage {
			t.Errorf("the journal %q: exit code %d: %s", bad, code, out)
		}
	}
}

// beside is the platform as a command has it that runs beside the server.
func (s auditSystem) beside(t *testing.T) *platform {
	t.Helper()
	flags := auditCommand().Flags()
	if err := flags.Parse(s.options); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(flags)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	e, err := openEngines(t.Context(), c, log, false, postgresEngine, kafkaEngine, clickhouseEngine)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPlatform(t.Context(), c, log, e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// hangs takes a running scan's probes away, so that nothing ends it, and
// cancels it in the end.
func (s auditSystem) hangs(t *testing.T) {
	site, asked, release := slowSite(t, anyPort(t))
	defer release()
	id := s.submit(t, site.URL)
	scan := "scan-" + id
	waitFor(t, asked, "a request of the scan")
	s.sql(t, "DELETE FROM probes WHERE scan::text = $1", id)
	audited(t, s.options) // it is only some seconds old
	p := s.beside(t)
	until(t, time.Minute, func() (bool, string) { // the workers notice, and write no more
		a, err := p.audited().Look(t.Context(), audit.Options{Grace: time.Second})
		if err != nil {
			return false, err.Error()
		}
		hangs := false
		for _, i := range a.Invariants {
			for _, v := range i.Violations {
				if hangs = i.Name == domain.UnfinishedInvariant && string(v.Stream) == scan && v.What == "end of the scan"; !hangs {
					t.Errorf("%s: %s", i.Name, sentence(v))
				}
			}
		}
		return hangs, fmt.Sprintf("nothing hangs: %+v", a.Invariants)
	})
	call[map[string]any](t, s.key, http.MethodPost, s.server.url+"/scanner/api/v1/scan/"+id+"/cancel", "", http.StatusOK)
}

// buriesHealthy puts an event of the log among the dead letters, and sends it
// again.
func (s auditSystem) buriesHealthy(t *testing.T, brokers []string) {
	e := s.history(t, 0)[1]
	stream := "scan-" + s.scans[0]
	payload, headers := messageOf(t, e)
	maps.Copy(headers, map[string]string{"reason": "none", "topic": "scanledger.scans", "partition": "0", "offset": "0", "original-reason": "its own"})
	produce(t, brokers, "scanledger.dead-letters", stream, payload, headers)
	if i := audited(t, s.options, domain.DeadLettersInvariant)[domain.DeadLettersInvariant]; i.Count != 1 || i.Violations[0].Stream != domain.Stream(stream) {
		t.Errorf("named: %+v", i.Violations)
	}
	list := answerOf[struct{ Letters []deadletters.Letter }](t, append([]string{"dead-letters", "list"}, s.options...)...).Letters
	if len(list) != 1 || !list[0].Readable || list[0].Reason != "none" || list[0].ID != e.ID.String() || list[0].Key != stream {
		t.Fatalf("listed: %+v", list)
	}
	sent := answerOf[struct{ Sent int }](t, append([]string{"dead-letters", "replay", fmt.Sprint(list[0].Number)}, s.options...)...)
	again := answerOf[struct{ Sent int }](t, append([]string{"dead-letters", "replay", "--all"}, s.options...)...)
	if sent.Sent != 1 || again.Sent != 0 {
		t.Errorf("sent %d, and then %d more", sent.Sent, again.Sent)
	}
	if _, code := command(t, append([]string{"dead-letters", "replay", "99"}, s.options...)...); code != exitUsage {
		t.Errorf("a letter that is not there: exit code %d", code)
	}
}

// TestAuditWithoutEngines has what cannot be looked at not taken for well.
func TestAuditWithoutEngines(t *testing.T) {
	broker := startBroker(t)
	options := settings(t, dataFolder(t), "--kafka-brokers", broker.address, "--clickhouse-url", "http://"+freeAddress(t))
	broker.kill()
	out, code := command(t, append([]string{"audit", "--json"}, options...)...)
	var a domain.Audit
	decode(t, out, &a)
	away := map[string]bool{}
	for _, i := range a.Invariants {
		away[i.Name] = i.NotChecked != ""
		if i.OK == away[i.Name] || i.Count > 0 {
			t.Errorf("%+v", i)
		}
	}
	if code != exitFailed || a.OK || !away[domain.KafkaInvariant] || !away[domain.ClickHouseInvariant] || !away[domain.DeadLettersInvariant] || away[domain.VersionsInvariant] {
		t.Errorf("exit code %d: %s", code, out)
	}
}

// TestAuditUnderLoad audits again and again while scans are asked for, run and
// cancelled.
func TestAuditUnderLoad(t *testing.T) {
	s := newAuditSystem(t, 1)
	site := testSite(t)
	stop, done := make(chan struct{}), make(chan int)
	for range 4 {
		go func() {
			n := 0
			defer func() { done <- n }()
			for ; n < 12; n++ { // or a slow machine has ever more to audit
				select {
				case <-stop:
					return
				default:
				}
				scan := s.submit(t, site.URL)
				if n%3 == 0 {
					post(t, s.key, s.server.url+"/scanner/api/v1/scan/"+scan+"/cancel")
				}
				finished(t, s.key, s.server.url, scan)
			}
		}()
	}
	for range 4 {
		audited(t, s.options)
	}
	close(stop)
	if n := <-done + <-done + <-done + <-done; n < 8 {
		t.Errorf("%d scans were asked for", n)
	}
	audited(t, s.options)
}

// post makes a call that may be refused: a scan that is to be cancelled can be
// over already.
func post(t *testing.T, key, url string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		t.Error(err)
		return
	}
	request.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Error(err)
		return
	}
	answer.Body.Close()
}
