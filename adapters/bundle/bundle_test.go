package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/domain"
)

var (
	fixedScan = uuid.MustParse("0190a1b2-c3d4-7e5f-8a6b-0c1d2e3f4a5b")
	fixedKey  = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	banner    = []byte("HTTP/1.1 200 OK\r\n\r\n\x00\xff")
	unnamed   = []byte("seen, and named by no event")
)

// fixedEvents are a scan's, the same in every run. Change may change one
// before it is chained.
func fixedEvents(t testing.TB, change func(*domain.Kept)) []domain.Kept {
	t.Helper()
	var out []domain.Kept
	var before []byte
	folded := new(domain.Scan)
	at := time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC)
	owner := uuid.Nil
	for i, e := range conformance.Story(fixedScan, "https://example.com/") {
		switch event := e.(type) {
		case domain.ScanRequested:
			owner = event.Account
		case domain.FindingRaised:
			event.Evidence = domain.HashOf(banner)
			e = event
		case domain.ScanCompleted:
			e = domain.ScanCompleted{Scores: domain.Grade(folded.Measured())}
		}
		schema, payload, err := domain.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		k := domain.Kept{Stored: domain.Stored{Type: e.Kind(), Schema: schema, Payload: payload}}
		k.ID, k.Stream, k.Version, k.Owner = uuid.UUID{15: byte(i + 1)}, domain.NewStream(domain.ScanFamily, fixedScan), i+1, owner
		k.At, k.Actor, k.Cause, k.Event = at.Add(time.Duration(i)*time.Second), "worker:w", "line\nbreak", e
		if change != nil {
			change(&k)
		}
		folded.Apply(k.Envelope)
		k.Sum = k.Digest()
		before = k.ChainHash(before)
		k.Hash = before
		out = append(out, k)
	}
	return out
}

// signed is a checkpoint of a head among others.
func signed(t testing.TB, h domain.Head, key ed25519.PrivateKey) domain.SignedCheckpoint {
	t.Helper()
	c := domain.Checkpoint{
		Number: 17, At: time.Date(2026, 2, 3, 5, 0, 0, 0, time.UTC), Key: domain.KeyID(key.Public().(ed25519.PublicKey)),
		Before: strings.Repeat("ab", 32), Xid: "812", Position: 4711, Heads: []string{strings.Repeat("01", 32), h.Leaf()},
	}
	s, err := c.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sealed builds a bundle of events.
func sealed(t testing.TB, events []domain.Kept, key ed25519.PrivateKey, pieces ...[]byte) ([]byte, error) {
	t.Helper()
	last := events[len(events)-1]
	head := domain.Head{Stream: last.Stream, Version: last.Version, Hash: last.Hash}
	b := NewBuilder(head, domain.PublicKeys(key.Public().(ed25519.PublicKey)), signed(t, head, key))
	for _, k := range events {
		if err := b.Add(k); err != nil {
			return nil, err
		}
	}
	bodies := map[domain.Hash][]byte{}
	var list []Piece
	for _, p := range pieces {
		bodies[domain.HashOf(p)] = p
		list = append(list, Piece{domain.HashOf(p), int64(len(p))})
	}
	slices.SortFunc(list, func(a, b Piece) int { return strings.Compare(string(a.Hash), string(b.Hash)) })
	write, err := b.Seal(list, func(_ context.Context, h domain.Hash) ([]byte, error) { return bodies[h], nil })
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = write(t.Context(), &out)
	return out.Bytes(), err
}

func fixedBundle(t testing.TB) []byte {
	t.Helper()
	raw, err := sealed(t, fixedEvents(t, nil), fixedKey, banner, unnamed)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func archiveOf(raw []byte) archive { return archive{bufio.NewReader(bytes.NewReader(raw))} }

func verify(raw []byte, trusted ...domain.PublicKey) (*domain.Verdict, Proven) {
	v := new(domain.Verdict)
	proven := Verify(bytes.NewReader(raw), domain.KeySet{Keys: trusted}, v)
	v.Close()
	return v, proven
}

// TestOldBundles verifies what earlier versions of this program have written.
// These files are never written again: a change that breaks them needs a new
// format beside the old one.
func TestOldBundles(t *testing.T) {
	raw, err := os.ReadFile("testdata/scan-1.tar")
	if err != nil {
		t.Fatal(err)
	}
	v, proven := verify(raw)
	c := v.Checked
	if !v.OK || c.Events != 16 || c.Evidence != 2 || c.Unnamed != 1 || c.Findings != 2 || c.Ports != 1 || c.Grades != 1 || c.Reports != 1 || c.Checkpoints != 1 {
		t.Errorf("%+v", v)
	}
	if proven.Checkpoint != 17 || proven.Stream.ID() != fixedScan || proven.Version != 16 || proven.Key == "" || proven.SignedAt.IsZero() {
		t.Errorf("%+v", proven)
	}
}

// TestSameBytes writes a bundle twice, and has any program for archives read it.
func TestSameBytes(t *testing.T) {
	raw := fixedBundle(t)
	if !bytes.Equal(raw, fixedBundle(t)) {
		t.Error("the same scan gives other bytes")
	}
	archive := tar.NewReader(bytes.NewReader(raw))
	var names []string
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if len(names) != 7 || names[0] != manifestName {
		t.Errorf("files %q", names)
	}
}

// TestEveryByte changes one bit in every region, and cuts the file off in
// every region: it never verifies.
func TestEveryByte(t *testing.T) {
	raw := fixedBundle(t)
	for i := 0; i < len(raw); i += 11 {
		changed := bytes.Clone(raw)
		changed[i] ^= 1 << (i % 8)
		if v, _ := verify(changed); v.OK || len(v.Faults) == 0 {
			t.Errorf("byte %d changed from %q to %q: ok", i, raw[i], changed[i])
		}
		if i%5 == 0 {
			if v, _ := verify(raw[:i]); v.OK {
				t.Errorf("cut off at %d: ok", i)
			}
		}
	}
	if v, _ := verify(append(bytes.Clone(raw), 0)); v.OK {
		t.Error("with a byte more: ok")
	}
}

// forged replaces text in files of a bundle, and gives the manifest the hashes
// and sizes that they then have, as a careful forger would.
func forged(t *testing.T, raw []byte, edit func(name, body string) string) []byte {
	t.Helper()
	archive := tar.NewReader(bytes.NewReader(raw))
	var m manifest
	var out bytes.Buffer
	for {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == manifestName {
			if err := json.Unmarshal(body, &m); err != nil {
				t.Fatal(err)
			}
			continue
		}
		body = []byte(edit(h.Name, string(body)))
		for i := range m.Files {
			if f := &m.Files[i]; f.Name == h.Name && !strings.HasPrefix(f.Name, evidenceFolder) {
				f.Size, f.SHA256 = int64(len(body)), string(domain.HashOf(body))
			}
		}
		if err := put(&out, h.Name, body); err != nil {
			t.Fatal(err)
		}
	}
	first, err := line(m)
	if err != nil {
		t.Fatal(err)
	}
	var whole bytes.Buffer
	if err := put(&whole, manifestName, first); err != nil {
		t.Fatal(err)
	}
	whole.Write(out.Bytes())
	whole.Write(make([]byte, 2*blockSize))
	return whole.Bytes()
}

// TestForgeries changes a bundle with care, and has what was changed named.
func TestForgeries(t *testing.T) {
	raw := fixedBundle(t)
	for _, c := range []struct {
		name, file, old, new, what string
		version                    int
	}{
		{"payload", eventsName, `\"port\":443,\"protocol\":\"tcp\"}`, `\"port\":444,\"protocol\":\"tcp\"}`, "payload", 4},
		{"actor", eventsName, `"version":16,"owner":"11111111-1111-4111-8111-111111111111","type":"scan.completed","schema":1,"at":"2026-02-03T04:05:21.789012Z","actor":"worker:w"`,
			`"version":16,"owner":"11111111-1111-4111-8111-111111111111","type":"scan.completed","schema":1,"at":"2026-02-03T04:05:21.789012Z","actor":"worker:v"`, "actor", 16},
		{"time", eventsName, `"at":"2026-02-03T04:05:08.789012Z"`, `"at":"2026-02-03T04:05:08.789013Z"`, "time", 3},
		{"owner", eventsName, `"version":5,"owner":"1`, `"version":5,"owner":"2`, "owner", 5},
		{"report", reportName, `"severity":"high"`, `"severity":"low"`, "report: document.findings[1].severity", 17},
		{"report's spelling", reportName, "\n", " \n", "report: spelling", 17},
		{"evidence", evidenceFolder + string(domain.HashOf(banner)), "200 OK", "404 OK", "evidence/", 12},
		{"signature", checkpointName, `"signature":"`, `"signature":"AAAA`, "checkpoint", 17},
		{"statement", checkpointName, `4711`, `4712`, "checkpoint", 17},
		{"key", keysName, `"x":"`, `"x":"A`, "bundle", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			edited := 0
			v, _ := verify(forged(t, raw, func(name, body string) string {
				if name == c.file && strings.Contains(body, c.old) {
					edited++
					return strings.Replace(body, c.old, c.new, 1)
				}
				return body
			}))
			named := slices.ContainsFunc(v.Faults, func(f domain.Fault) bool {
				return strings.Contains(f.What, c.what) && f.Version == c.version
			})
			if v.OK || !named || edited != 1 {
				t.Errorf("no %q at version %d among %+v (%d edits)", c.what, c.version, v.Faults, edited)
			}
		})
	}
}

// TestOwnKey verifies a bundle that somebody has made and signed with a key of
// their own: it holds in itself, and not by the keys that are trusted.
func TestOwnKey(t *testing.T) {
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	raw, err := sealed(t, fixedEvents(t, nil), other, banner)
	if err != nil {
		t.Fatal(err)
	}
	ours := domain.PublicKeys(fixedKey.Public().(ed25519.PublicKey)).Keys
	if v, _ := verify(raw); !v.OK {
		t.Errorf("by itself: %+v", v.Faults)
	}
	if v, _ := verify(raw, ours...); v.OK || v.Faults[0].What != "key of the signature" {
		t.Errorf("by our keys: %+v", v.Faults)
	}
	if v, _ := verify(fixedBundle(t), ours...); !v.OK {
		t.Errorf("ours by our keys: %+v", v.Faults)
	}
}

// TestErased has a scan that is erased: the chain holds by its digests, and the
// count says that something is gone.
func TestErased(t *testing.T) {
	events := fixedEvents(t, nil)
	whole := len(events)
	last := events[whole-1]
	last.Version, last.Type, last.Payload = last.Version+1, "scan.erased", []byte(`{"reason":"account"}`)
	last.Sum, last.Hash = last.Digest(), last.ChainHash(events[whole-1].Hash)
	for i := range events {
		events[i].Payload = nil
	}
	raw, err := sealed(t, append(events, last), fixedKey)
	if err != nil {
		t.Fatal(err)
	}
	if v, _ := verify(raw); !v.OK || v.Checked.Erased != whole {
		t.Errorf("%+v", v)
	}
}

// TestNotSealed has scans that do not hold: they are no bundles.
func TestNotSealed(t *testing.T) {
	unsaid := fixedEvents(t, nil)
	unsaid[4].Payload = nil
	for name, events := range map[string][]domain.Kept{
		"a grade that does not follow": fixedEvents(t, func(k *domain.Kept) {
			if k.Type == "scan.completed" {
				k.Payload = bytes.Replace(k.Payload, []byte(`"security":`), []byte(`"security":1`), 1)
			}
		}),
		"a payload that is gone without a word": unsaid,
		"a gap":                                 slices.Delete(fixedEvents(t, nil), 3, 4),
		"no request":                            fixedEvents(t, nil)[1:],
		"of an other":                           fixedEvents(t, func(k *domain.Kept) { k.Stream = domain.NewStream(domain.AccountFamily, fixedScan) }),
	} {
		if raw, err := sealed(t, events, fixedKey, banner); err == nil {
			t.Errorf("%s: %d bytes", name, len(raw))
		}
	}
	if _, err := sealed(t, fixedEvents(t, nil), fixedKey, banner, banner); err == nil {
		t.Error("evidence twice")
	}
}

// FuzzVerify reads foreign bytes: it never panics, and nothing but what was
// signed verifies with the key that is trusted.
func FuzzVerify(f *testing.F) {
	raw := fixedBundle(f)
	old, err := os.ReadFile("testdata/scan-1.tar")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(old)
	f.Add(raw[:4096])
	f.Add([]byte{})
	ours := domain.PublicKeys(fixedKey.Public().(ed25519.PublicKey)).Keys
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, _ := verify(b, ours...); v.OK && !bytes.Equal(b, raw) && !bytes.Equal(b, old) {
			t.Error("it verifies")
		}
	})
}

// FuzzEvents reads foreign lines of events in an archive that is in order.
func FuzzEvents(f *testing.F) {
	archive := tar.NewReader(bytes.NewReader(fixedBundle(f)))
	for {
		h, err := archive.Next()
		if err != nil {
			break
		}
		if h.Name == eventsName {
			body, err := io.ReadAll(archive)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(body)
		}
	}
	m := manifest{Stream: domain.NewStream(domain.ScanFamily, fixedScan), Version: 16, Head: strings.Repeat("00", 32)}
	f.Fuzz(func(t *testing.T, b []byte) {
		v := new(domain.Verdict)
		c := &check{verdict: v, manifest: m, proof: newProof(m, v)}
		if err := c.takeEvents(bytes.NewReader(b)); err == nil && v.Count == 0 {
			t.Error("a head of zeros verifies")
		}
	})
}
