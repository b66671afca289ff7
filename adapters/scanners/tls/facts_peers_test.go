//go:build peers

package tls

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/domain"
)

// facts are what is compared, by words that all can say.
type facts struct {
	protocols, suites []string // suites as "TLSv1.2 NAME"
	says              map[string]string
	took              time.Duration
	blind             bool // it could not connect
}

// toTheMinute is how testssl.sh writes times.
const toTheMinute = "2006-01-02 15:04"

// ourFacts scans as a scan does, and times it.
func ourFacts(t *testing.T, port int) facts {
	t.Helper()
	began := time.Now()
	r, err := scan(t, port, "site.test")
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	e := all[domain.TLSEndpoint](r)[0]
	f := facts{took: took, says: map[string]string{}}
	for name, offered := range e.Protocols {
		if offered {
			f.protocols = append(f.protocols, name)
		}
	}
	for version, names := range e.Ciphers {
		for _, name := range names {
			f.suites = append(f.suites, version+" "+name)
		}
	}
	for _, name := range []string{"heartbleed", "ccs_injection", "robot", "client_renegotiation", "secure_renegotiation", "fallback_scsv",
		"compression", "extended_master_secret", "must_staple", "ocsp_stapling", "chain_in_order", "freak", "drown", "logjam", "sweet32", "beast", "lucky13", "rc4", "poodle", "ticketbleed", "crime"} {
		if has, told := e.Features[name]; told {
			f.says[name] = fmt.Sprint(has)
		}
	}
	if c := e.Certificate; c != nil {
		f.says["sha256"], f.says["key"] = c.SHA256, fmt.Sprintf("%s %d", c.Key, c.Bits)
		f.says["not after"], f.says["not before"] = c.NotAfter.Format(time.RFC3339), c.NotBefore.Format(time.RFC3339)
		f.says["not after (minute)"], f.says["not before (minute)"] = c.NotAfter.Format(toTheMinute), c.NotBefore.Format(toTheMinute)
		f.says["serial"], f.says["signature"] = strings.TrimLeft(c.Serial, "0"), c.Signature
		f.says["for the name"], f.says["trusted"] = fmt.Sprint(c.NameMatch), fmt.Sprint(c.Trusted && !c.Incomplete)
		f.says["subject"], f.says["issuer"] = c.Subject, c.Issuer
		f.says["names"], f.says["sent"] = strings.Join(c.Names, " "), fmt.Sprint(c.ChainLength)
	}
	for _, list := range [][]string{f.protocols, f.suites} {
		slices.Sort(list)
	}
	return f
}

// compare adds a row for each fact that the peer knows.
func (f facts) compare(table *peers.Table, where string, theirs facts) {
	if theirs.blind {
		table.Row(where+": a connection", "made", "not made")
		return
	}
	table.Row(where+": protocols", strings.Join(f.protocols, " "), strings.Join(theirs.protocols, " "))
	more, less := difference(f.suites, theirs.suites)
	ours, other := fmt.Sprintf("%d", len(f.suites)), fmt.Sprintf("%d", len(theirs.suites))
	if len(more) > 0 {
		ours += " with " + strings.Join(more, ", ")
	}
	if len(less) > 0 {
		other += " with " + strings.Join(less, ", ")
	}
	table.Row(where+": cipher suites", ours, other)
	for _, what := range sortedKeys(theirs.says) {
		have, told := f.says[what]
		if !told {
			have = "not tested"
		}
		table.Row(where+": "+what, have, theirs.says[what])
	}
}

func sortedKeys(m map[string]string) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func difference(a, b []string) (more, less []string) {
	without := func(x, y []string) []string {
		return slices.DeleteFunc(slices.Clone(x), func(s string) bool { return slices.Contains(y, s) })
	}
	return without(a, b), without(b, a)
}

// run runs a peer's program, for at most as long as the test may.
func run(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = t.TempDir(), append(os.Environ(), env...)
	if out, err := command.CombinedOutput(); err != nil && ctx.Err() != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rootFile writes the tests' root into a folder, for peers to trust.
func rootFile(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "root.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
