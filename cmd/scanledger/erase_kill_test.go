package main

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestDeleteUserKilled kills a deletion in the middle. The account is gone
// already, and a server does what is left.
func TestDeleteUserKilled(t *testing.T) {
	const scans = 400
	dir := dataFolder(t)
	options := settings(t, dir, "--roles", "api")
	server := startServer(t, options)
	with := func(args ...string) []string { return append(args, options...) }
	account, key := plantedUser(t, with)
	url := postgresOf(t, options, dir)
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := postgres.NewLog(pool)
	defer log.Close()
	for range scans {
		plantScan(t, log, account)
	}
	due := postgres.NewErasures(pool)
	erased := func() int {
		n, err := due.ErasedOf(t.Context(), account, domain.ScanFamily)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	cmd := exec.Command(os.Args[0], with("admin", "delete-user", "--email", plantedEmail)...)
	cmd.Env, cmd.Stderr = append(os.Environ(), asProgram+"=1"), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := now().Add(time.Minute); erased() == 0; {
		if now().After(deadline) {
			t.Fatal("nothing is erased")
		}
	}
	cmd.Process.Kill()
	_ = cmd.Wait() // killed
	if n := erased(); n == 0 || n == scans {
		t.Fatalf("%d of %d scans are erased, and it was to be killed in the middle", n, scans)
	}
	download(t, key, server.url+"/api/v1/scan", http.StatusForbidden)
	server.stop()

	pool.Close()
	options = settings(t, dir)
	startServer(t, options)
	url = postgresOf(t, options, dir)
	until(t, time.Minute, func() (bool, string) {
		left := dump(t, url, "forgetting") + dump(t, url, "reports")
		return left == "" && !strings.Contains(dump(t, url, "events"), "planted"), left
	})
	wantForgotten(t, url, account)
	if all := answerOf[verification](t, append([]string{"verify", "all"}, options...)...); !all.OK || all.Checked.Erased != 2*scans {
		t.Errorf("verified: %+v", all.Verdict)
	}
}

// plantScan appends a scan that is over, and keeps evidence of it.
func plantScan(t *testing.T, log *postgres.Log, account uuid.UUID) {
	t.Helper()
	target, err := domain.ParseURL("https://example.com/?mail=planted-query")
	if err != nil {
		t.Fatal(err)
	}
	scan := newID()
	w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, scan), Owner: account}
	for i, e := range []domain.Event{
		domain.ScanRequested{Scan: scan, Account: account, Contract: domain.IsSafeSite, Target: target, Profile: domain.Quick, Probes: domain.Quick.Tools()},
		domain.ScanFailed{Reason: "planted-query"},
	} {
		w.Events = append(w.Events, domain.Envelope{ID: newID(), Stream: w.Stream, Version: i + 1, Owner: account, At: now(), Actor: "operator", Event: e})
	}
	if _, err := log.Append(t.Context(), w); err != nil {
		t.Fatal(err)
	}
}
