package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/counting"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// planted is personal data that must be found nowhere afterwards.
var planted = []string{"planted-ann", "Plantedfirst", "Plantedlast", "planted laptop", "planted-query", "203.0.113.77", "planted-host", "Planted shop", "planted remark", "planted reason", "Planted Holder", "planted-link", "planted-tag", "planted-word"}

const plantedEmail = "planted-ann@example.com"

// plantedUser makes the account to be deleted, with a key.
func plantedUser(t *testing.T, with func(...string) []string) (account uuid.UUID, key string) {
	t.Helper()
	account = answerOf[struct{ ID uuid.UUID }](t, with("admin", "create-user", "--email", plantedEmail, "--password", "correct horse battery",
		"--first-name", "Plantedfirst", "--last-name", "Plantedlast")...).ID
	answerOf[map[string]any](t, with("admin", "set-plan", "--email", plantedEmail, "--contract", "issafesite", "--plan", "internal",
		"--reason", "planted reason")...)
	key = answerOf[struct{ Key string }](t, with("admin", "create-key", "--email", plantedEmail, "--name", "planted laptop",
		"--allow-ip", "127.0.0.0/8", "--allow-ip", "203.0.113.77")...).Key
	return account, key
}

// TestDeleteUser deletes an account that has scans, one of which still runs, and
// looks for it in all that is kept.
func TestDeleteUser(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir, registries(t, map[string]string{"planted-host": "Planted Holder", "planted-free": "Somebody"})...)
	with := func(args ...string) []string { return append(args, options...) }
	server := startServer(t, options)
	account, key := plantedUser(t, with)
	stranger := user(t, options, "issafesite")
	ask := func(key, site string) string {
		return call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+site+`", "depth": "QUICK"}`, http.StatusAccepted).ID
	}
	site := testSite(t).URL
	done, theirs := ask(key, site+"/?mail=planted-query"), ask(stranger, site)
	liveEvents(t, key, server.url+"/api/v1/scan/"+done+"/events")
	liveEvents(t, stranger, server.url+"/api/v1/scan/"+theirs+"/events")
	endless, asked, _ := slowSite(t, anyPort(t))
	slow := ask(key, endless.URL+"/planted-query")
	waitFor(t, asked, "a probe of the scan that is to be cancelled")
	listed := server.url + "/api/v1/targets/"
	target := call[struct{ ID int }](t, key, http.MethodPost, listed, `{"target_value": "planted-host.example", "name": "Planted shop", "description": "planted remark"}`, http.StatusCreated).ID
	call[struct{ ID int }](t, key, http.MethodPatch, fmt.Sprintf("%s%d/", listed, target), `{"target_value": "https://planted-host.example/planted-query"}`, http.StatusOK)
	call[struct{ ID string }](t, key, http.MethodPost, server.url+"/shrinkit/api/shorten/",
		`{"url": "http://127.9.9.9/planted-query", "custom_code": "planted-link", "password": "planted-word", "tags": ["planted-tag"]}`, http.StatusCreated)
	call[struct{ ID int }](t, stranger, http.MethodPost, listed, `{"target_value": "planted-free.example"}`, http.StatusCreated)
	looked := lookUps(t, key, server.url, "planted-host")
	kept := lookUps(t, stranger, server.url, "planted-free")
	counted := fmt.Sprintf("SELECT count() AS n FROM requests_v1 WHERE account = '%s'", account)
	until(t, time.Minute, func() (bool, string) {
		rows := answerOf[[]struct{ N string }](t, with("sql", strings.Replace(counted, "count()", "toString(count())", 1))...)
		return rows[0].N != "0", rows[0].N
	})

	told := answerOf[deletion](t, with("admin", "delete-user", "--email", plantedEmail)...)
	if told.ID != account || told.Scans != 2 || told.Targets != 1 || told.Links != 1 || told.Lookups != 2 || told.ClickHouse != "forgotten" {
		t.Errorf("deleted: %+v", told)
	}
	for _, id := range []string{done, slow} {
		download(t, key, server.url+"/api/v1/scan/"+id, http.StatusUnauthorized)
		for _, path := range []string{"", "/events", "/bundle"} {
			download(t, stranger, server.url+"/api/v1/scan/"+id+path, http.StatusNotFound)
		}
	}
	download(t, stranger, server.url+"/api/v1/scan/"+theirs, http.StatusOK)
	download(t, stranger, fmt.Sprintf("%s%d/", listed, target), http.StatusNotFound)
	download(t, stranger, server.url+"/lookup/"+looked[0].ID.String()+"/", http.StatusNotFound)
	if own := call[struct{ Count int }](t, stranger, http.MethodGet, listed, "", http.StatusOK).Count; own != 1 {
		t.Errorf("another account has %d targets", own)
	}
	url := postgresOf(t, options, dir)
	until(t, time.Minute, func() (bool, string) {
		left := dump(t, url, "probes")
		return left == "", left
	})
	wantForgotten(t, url, account)
	all := answerOf[verification](t, with("verify", "all")...)
	if !all.OK || all.Checked.Erased == 0 || all.Checked.Reports != 1 {
		t.Errorf("verified: %+v", all.Verdict)
	}
	if out, code := command(t, with("audit")...); code != exitOK {
		t.Errorf("after the deletion the audit says: %s", out)
	}
	history := answerOf[struct {
		Events []struct {
			Type    string
			Payload map[string]any
		}
	}](t, with("events", done)...).Events
	for i, e := range history {
		if last := i == len(history)-1; last != (e.Type == "scan.erased") || last != (e.Payload != nil) {
			t.Errorf("version %d is %+v", i+1, e)
		}
	}
	if _, code := command(t, with("admin", "delete-user", "--email", plantedEmail)...); code != exitUsage {
		t.Errorf("deleted once more: exit code %d", code)
	}
	if again := answerOf[struct{ ID uuid.UUID }](t, with("admin", "create-user", "--email", plantedEmail, "--password", "correct horse battery")...); again.ID == account {
		t.Error("the same account is back")
	}
	for _, one := range remadeBy(t, with("replay", "all", "--pace", "1", "--json")...) {
		if !one.Swapped {
			t.Errorf("made again: %+v", one)
		}
	}
	wantForgotten(t, url, account)
	if n := answerOf[[]struct{ N string }](t, with("sql", "SELECT toString(count()) AS n FROM requests WHERE account = '"+account.String()+"'")...)[0].N; n != "0" {
		t.Errorf("made again: %s calls of the account", n)
	}
	audited(t, options)
	server.stop()
	onPlatform(t, options, func(p *platform) {
		comesAgain(t, p, account)
		ofAge(t, p, uuid.MustParse(theirs), kept[0].ID)
	})
}

// dump is all that some tables have, as text.
func dump(t *testing.T, url string, tables ...string) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if len(tables) == 0 {
		rows, err := c.Query(t.Context(), "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
		if err != nil {
			t.Fatal(err)
		}
		if tables, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
	}
	var all strings.Builder
	for _, table := range tables {
		rows, err := c.Query(t.Context(), "SELECT x::text FROM "+pgx.Identifier{table}.Sanitize()+" AS x")
		if err != nil {
			t.Fatal(err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			all.WriteString(table + " " + line + "\n")
		}
	}
	return all.String()
}

// wantForgotten looks for what was planted in the whole database, in clear, in
// hex and in base64, and for a key that would open what is sealed.
func wantForgotten(t *testing.T, url string, account uuid.UUID) {
	t.Helper()
	all := strings.ToLower(dump(t, url))
	for _, text := range planted {
		for _, form := range []string{text, hex.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text))} {
			if at := strings.Index(all, strings.ToLower(form)); at >= 0 {
				t.Errorf("%q is left: …%.200s", text, all[max(at-80, 0):])
			}
		}
	}
	for _, table := range []string{"secrets", "claims", "scans", "findings", "reports", "targets", "links", "lookups", "sightings", "evidence", "forgetting"} {
		if text := dump(t, url, table); strings.Contains(text, account.String()) {
			t.Errorf("%s has the account: %.500s", table, text)
		}
	}
}

// onPlatform opens a platform with no roles on what a server has left, or beside
// one that runs, with the engines that are needed: all where none is named.
func onPlatform(t *testing.T, options []string, do func(p *platform), needed ...engine) {
	t.Helper()
	flags := serveCommand().Flags()
	if err := flags.Parse(options); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(flags)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	if len(needed) == 0 {
		needed = []engine{postgresEngine, kafkaEngine, clickhouseEngine}
	}
	e, err := openEngines(t.Context(), c, log, false, needed...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := openPlatform(t.Context(), c, log, e)
	if err != nil {
		t.Fatal(errors.Join(err, e.Close()))
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	do(p)
}

// comesAgain reads all calls from Kafka once more, those of a deleted account
// too, which a process may have stored before it was killed: they do not stay.
func comesAgain(t *testing.T, p *platform, account uuid.UUID) {
	t.Helper()
	db, err := p.engines.analytics()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	broker := p.broker()
	publisher := kafka.NewPublisher(broker)
	defer publisher.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	columns := append(append([]string{}, projections.Requests.Columns...), "topic", "partition", "offset")
	met, counter := false, counting.Counter{DB: db, Pool: p.pool, Broker: broker, Now: now}
	group := kafka.Group{Name: "again", Topics: []string{stream.Requests}}
	err = kafka.ConsumeRecords(ctx, broker, group, deadletters.Consumer{Publisher: publisher, Log: p.log}.Handle(func(ctx context.Context, batch []domain.Envelope, from []kafka.Record) error {
		if !slices.Contains(models.Accounts(projections.Requests, batch), account) {
			return nil
		}
		err := counter.Insert(ctx, projections.Requests, batch, from)
		if n := rowsOfAccount(t, db, account); n != 0 {
			t.Errorf("%d rows came again", n)
		}
		token, rows := models.Rows(projections.Requests, batch, from, nil)
		err = errors.Join(err, db.Store(ctx, "requests", columns, token+"/kept", rows))
		if n := rowsOfAccount(t, db, account); n == 0 {
			t.Error("nothing was stored that could go")
		}
		err = errors.Join(err, counter.Insert(ctx, projections.Requests, batch, from))
		if n := rowsOfAccount(t, db, account); n != 0 {
			t.Errorf("%d rows stay that were kept before", n)
		}
		met = true
		stop()
		return err
	}))
	if !met {
		t.Errorf("no call of the account was read: %v", err)
	}
}

func rowsOfAccount(t *testing.T, db *clickhouse.DB, account uuid.UUID) uint64 {
	t.Helper()
	_, rows, err := db.Query(t.Context(), fmt.Sprintf("SELECT count() FROM requests WHERE account = '%s'", account))
	if err != nil {
		t.Fatal(err)
	}
	return rows[0][0].(uint64)
}

// ofAge moves the clock: a scan and a look-up are kept for 90 days, and not for 91.
func ofAge(t *testing.T, p *platform, scan, lookup uuid.UUID) {
	t.Helper()
	const day = 24 * time.Hour
	at, name := now(), domain.NewStream(domain.ScanFamily, scan)
	var account uuid.UUID
	if err := p.pool.QueryRow(t.Context(), "SELECT owner FROM streams WHERE stream = $1", name).Scan(&account); err != nil {
		t.Fatal(err)
	}
	kept := p.config.ScanRetention
	for _, c := range []struct {
		keep string
		days time.Duration
		code domain.Code
	}{{kept, 89, ""}, {"0", 9999, ""}, {kept, 91, domain.NotFound}, {kept, 92, domain.NotFound}} {
		p.config.ScanRetention = c.keep
		eraser, err := p.eraser()
		if err == nil {
			err = eraser.Due(t.Context(), worker(), at.Add(c.days*day))
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.reader.Scan(t.Context(), account, scan); domain.CodeOf(err) != c.code {
			t.Errorf("kept for %s, after %d days: %v, want %q", c.keep, c.days, err, c.code)
		}
		if _, err := p.reader.Lookup(t.Context(), account, lookup); domain.CodeOf(err) != c.code {
			t.Errorf("a look-up kept for %s, after %d days: %v, want %q", c.keep, c.days, err, c.code)
		}
	}
	history, err := p.events.Read(t.Context(), name, 0)
	if e := history[len(history)-1]; err != nil || e.Event != (domain.ScanErased{Reason: domain.ForRetention}) {
		t.Errorf("the last event is %+v, %v", e, err)
	}
	v := new(domain.Verdict)
	signer, err := p.signer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := postgres.NewProofs(p.pool).All(t.Context(), signer.Public(), v, func() {}); err != nil || v.Count > 0 || v.Checked.Reports != 0 {
		t.Errorf("%+v, %v", v, err)
	}
}
