package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/domain"
)

// TestVerifyAndExport proves a scan that has really run: in the log, and from
// its file with no server; and finds what is changed in either.
func TestVerifyAndExport(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir)
	server := startServer(t, options)
	key, stranger := user(t, options, "issafesite"), user(t, options, "issafesite")
	submitted := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+rudeSite(t).URL+`", "depth": "QUICK"}`, http.StatusAccepted)
	at := server.url + "/api/v1/scan/" + submitted.ID
	liveEvents(t, key, at+"/events")
	with := func(args ...string) []string { return append(args, options...) }

	file := filepath.Join(t.TempDir(), "scan.tar")
	answerOf[map[string]any](t, with("export", submitted.ID, "--out", file)...)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/scan/", "/issafesite/api/v1/scan/"} {
		if served := download(t, key, server.url+path+submitted.ID+"/bundle", http.StatusOK); !bytes.Equal(served, raw) {
			t.Errorf("%s serves %d bytes, and %d are exported", path, len(served), len(raw))
		}
	}
	download(t, stranger, at+"/bundle", http.StatusNotFound)
	download(t, key, server.url+"/api/v1/scan/"+uuid.NewString()+"/bundle", http.StatusNotFound)
	download(t, "", at+"/bundle", http.StatusUnauthorized)
	keys := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(keys, download(t, "", server.url+"/.well-known/scanledger-keys.json", http.StatusOK), 0o644); err != nil {
		t.Fatal(err)
	}

	proven := answerOf[verification](t, "verify", file, "--keys", keys)
	if c := proven.Checked; !proven.OK || c.Events < 10 || c.Findings == 0 || c.Evidence == 0 || c.Grades != 1 || proven.Bundle.Stream.ID().String() != submitted.ID {
		t.Errorf("the file: %+v", proven)
	}
	if v := answerOf[verification](t, with("verify", "scan", submitted.ID)...); !v.OK || v.Checked.Events != proven.Checked.Events || v.Checked.Unsigned != 0 {
		t.Errorf("the scan: %+v", v.Verdict)
	}
	all := answerOf[verification](t, with("verify", "all")...)
	if !all.OK || all.Checked.Streams != 3 || all.Checkpoint == nil || all.Checkpoint.Number == 0 {
		t.Errorf("all: %+v", all)
	}
	note := fmt.Sprintf("%d:%s", all.Checkpoint.Number, all.Checkpoint.Hash)
	answerOf[verification](t, with("verify", "all", "--noted", note)...)
	fails(t, "as it was noted", with("verify", "all", "--noted", "1:"+strings.Repeat("0", 64))...)
	if text, code := command(t, "verify", file); code != exitOK || !strings.Contains(text, "everything holds") || !strings.Contains(text, proven.Bundle.Key) {
		t.Errorf("exit code %d: %s", code, text)
	}

	type told struct{ Type, At, Actor, Cause string }
	history := answerOf[struct{ Events []told }](t, with("events", submitted.ID)...).Events
	listed, code := command(t, with("events", submitted.ID)...)
	for n, line := range strings.Split(strings.TrimSpace(listed), "\n") {
		if e := history[n]; code != exitOK || e.Cause == "" || !slices.Equal(strings.Fields(line), []string{strconv.Itoa(n + 1), e.At, e.Type, e.Actor, e.Cause}) {
			t.Errorf("version %d is told as %q, and is %+v", n+1, line, e)
		}
	}

	t.Run("reports", func(t *testing.T) { sameReports(t, server.url, key, submitted.ID, with) })
	t.Run("regrades", func(t *testing.T) { regrades(t, server.url, key, submitted.ID, with) })
	t.Run("a changed file", func(t *testing.T) { changedFile(t, raw, keys) })
	t.Run("a changed log", func(t *testing.T) {
		onLog(t, options, dir, `UPDATE events SET actor = actor || 'x' WHERE stream = $1 AND version = 3`, domain.Stream("scan-"+submitted.ID))
		fails(t, "actor", with("verify", "scan", submitted.ID)...)
		fails(t, "actor", with("verify", "all")...)
		if text, code := command(t, with("verify", "scan", submitted.ID)...); code != exitFindings || !strings.Contains(text, "version 3") || !strings.Contains(text, "do not hold") {
			t.Errorf("exit code %d: %s", code, text)
		}
		other := filepath.Join(t.TempDir(), "other.tar")
		if _, code := command(t, with("export", submitted.ID, "--out", other)...); code != exitFailed {
			t.Errorf("a scan that does not hold is exported: exit code %d", code)
		}
		if left, err := os.ReadDir(filepath.Dir(other)); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		download(t, key, at+"/bundle", http.StatusInternalServerError)
		if page := download(t, "", reportAt(t, server.url, key, submitted.ID, "/verify"), http.StatusOK); !bytes.Contains(page, []byte("The report does not hold")) {
			t.Errorf("the page says %.2000s", page)
		}
	})
}

// changedFile has single bits changed, and a key that is not trusted.
func changedFile(t *testing.T, raw []byte, keys string) {
	changed := filepath.Join(t.TempDir(), "changed.tar")
	for i := 0; i < len(raw); i += len(raw)/40 + 1 {
		other := bytes.Clone(raw)
		other[i] ^= 1
		if err := os.WriteFile(changed, other, 0o644); err != nil {
			t.Fatal(err)
		}
		fails(t, "", "verify", changed)
	}
	if err := os.WriteFile(changed, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(t.TempDir(), "foreign.json")
	if err := os.WriteFile(foreign, []byte(`{"keys":[{"kid":"other","kty":"OKP","crv":"Ed25519","x":"AAAA"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	fails(t, "key of the signature", "verify", changed, "--keys", foreign)
	if _, code := command(t, "verify", changed, "--keys", changed); code != exitUsage {
		t.Errorf("a file without keys: exit code %d", code)
	}
}

// TestVerifyUsage has command lines that are none.
func TestVerifyUsage(t *testing.T) {
	for _, args := range [][]string{
		{"verify"}, {"verify", "scan"}, {"verify", "a", "b"}, {"verify", "/no/such/file"},
		{"export"}, {"export", "scan-x", "--out", "x"},
		{"report"}, {"report", "scan-x"}, {"report", uuid.NewString(), "--format"},
	} {
		if out, code := command(t, args...); code != exitUsage {
			t.Errorf("%q: exit code %d: %s", args, code, out)
		}
	}
}

// fails runs a verification that must find something to be so named.
func fails(t *testing.T, what string, args ...string) {
	t.Helper()
	out, code := command(t, append(args, "--json")...)
	var v verification
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("%q: %v: %s", args, err, out)
	}
	named := slices.ContainsFunc(v.Faults, func(f domain.Fault) bool { return strings.Contains(f.What, what) })
	if code != exitFindings || v.OK || !named {
		t.Errorf("%q: exit code %d, no %q among %+v", args, code, what, v.Faults)
	}
}

// download gets a body.
func download(t *testing.T, key, url string, want int) []byte {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Fatalf("%s: %s, %v: %.200s", url, response.Status, err, body)
	}
	return body
}

// postgresOf is the URL of a server's database.
func postgresOf(t *testing.T, options []string, dir string) string {
	t.Helper()
	if i := slices.Index(options, "--postgres-url"); i >= 0 {
		return options[i+1]
	}
	a, err := embedded.Published(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a.Postgres.URL
}

// onLog changes the log past everything that guards it.
func onLog(t *testing.T, options []string, dir, sql string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), postgresOf(t, options, dir))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), "ALTER TABLE events DISABLE TRIGGER USER"); err != nil {
		t.Fatal(err)
	}
	if tag, err := c.Exec(t.Context(), sql, args...); err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %v", sql, err)
	}
}
