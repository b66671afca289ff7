// Package scantest runs scanners in tests, let out to the loopback alone, and
// remembers what they tell.
package scantest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Main is a TestMain: the certificate of httptest's servers is the system's only
// root, and goroutines that tests leave behind are a failure.
func Main(m *testing.M) {
	dir, err := os.MkdirTemp("", "roots")
	if err == nil {
		err = trustTestServers(filepath.Join(dir, "roots.pem"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func trustTestServers(path string) error {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	os.Setenv("SSL_CERT_DIR", "")
	return os.Setenv("SSL_CERT_FILE", path)
}

// Told is what a scan reported, and the evidence that it kept. Its fields are for
// when the scan is over.
type Told struct {
	mu         sync.Mutex
	Weaknesses []domain.Weakness
	Tests      []domain.ObservatoryTest
	Visits     []domain.Visit
	Coverage   map[string]domain.Coverage // by what it is of
	Percent    int                        // the most that was said
	Kept       map[domain.Hash]string
}

// See takes an observation.
func (s *Told) See(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch o := o.(type) {
	case domain.Weakness:
		s.Weaknesses = append(s.Weaknesses, o)
	case domain.ObservatoryTest:
		s.Tests = append(s.Tests, o)
	case domain.Visit:
		s.Visits = append(s.Visits, o)
	case domain.Coverage:
		s.Coverage[o.What] = o
	case domain.Advance:
		s.Percent = max(s.Percent, o.Percent)
	}
}

// Keep takes a piece of evidence, as scanners.Job has it.
func (s *Told) Keep(_ string, raw []byte) domain.Hash {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(raw)
	hash := domain.Hash(hex.EncodeToString(sum[:]))
	s.Kept[hash] = string(raw)
	return hash
}

// Seen remembers all that a scan reported, in its order. All is for when the scan
// is over.
type Seen struct {
	mu  sync.Mutex
	All []domain.Observation
}

// See takes an observation.
func (s *Seen) See(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.All = append(s.All, o)
}

// Of are the observations of one kind.
func Of[O domain.Observation](s *Seen) (all []O) {
	for _, o := range s.All {
		if o, is := o.(O); is {
			all = append(all, o)
		}
	}
	return all
}

// Job is the scan of a URL on the loopback, and what takes what it tells.
func Job(t testing.TB, address string, profile domain.Profile) (scanners.Job, *Told) {
	t.Helper()
	target, err := domain.ParseURL(address)
	if err != nil {
		t.Fatal(err)
	}
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	s := &Told{Coverage: map[string]domain.Coverage{}, Kept: map[domain.Hash]string{}}
	return scanners.Job{Target: target, Profile: profile, Net: guard.Session(), Keep: s.Keep}, s
}
