// Package geoip tells the country of an address by the operator's MaxMind file.
package geoip

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Map is a MaxMind file of countries or of cities. It is read again when another
// one has taken its place, within a minute. It is safe for concurrent use.
type Map struct {
	path string
	log  *slog.Logger
	now  atomic.Pointer[maxminddb.Reader]

	looked   atomic.Int64 // Unix seconds
	mu       sync.Mutex
	modified time.Time
}

// lookEvery is how often the file is looked at, in seconds.
const lookEvery = 60

// Open reads a file. The error says what is wrong with it.
func Open(path string, log *slog.Logger) (*Map, error) {
	m := &Map{path: path, log: log}
	if err := m.read(); err != nil {
		return nil, err
	}
	return m, nil
}

// read reads the file as a whole: one that is replaced meanwhile changes nothing.
func (m *Map) read() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	info, err := os.Stat(m.path)
	if err != nil {
		return err
	}
	if m.modified.Equal(info.ModTime()) {
		return nil
	}
	raw, err := os.ReadFile(m.path)
	if err != nil {
		return err
	}
	reader, err := maxminddb.OpenBytes(raw)
	if err != nil {
		return fmt.Errorf("%s is no MaxMind file: %w", m.path, err)
	}
	m.modified = info.ModTime()
	m.now.Store(reader)
	return nil
}

// refresh reads the file again where it has changed, for one of those who come after
// a while. What cannot be read leaves what was.
func (m *Map) refresh() {
	looked, now := m.looked.Load(), time.Now().Unix()
	if now-looked < lookEvery || !m.looked.CompareAndSwap(looked, now) {
		return
	}
	if err := m.read(); err != nil {
		m.log.Warn("the map of addresses cannot be read, and the one before it is used", "error", err)
	}
}

var code = regexp.MustCompile(`^[A-Z]{2}$`)

// Country is the country that an address is in (ISO 3166-1 alpha-2), else the one
// that it is registered in, "" where the file has neither.
func (m *Map) Country(address netip.Addr) string {
	m.refresh()
	var found struct {
		Country struct {
			Code string `maxminddb:"iso_code"`
		} `maxminddb:"country"`
		Registered struct {
			Code string `maxminddb:"iso_code"`
		} `maxminddb:"registered_country"`
	}
	if err := m.now.Load().Lookup(address).Decode(&found); err != nil {
		return ""
	}
	for _, c := range []string{found.Country.Code, found.Registered.Code} {
		if code.MatchString(c) {
			return c
		}
	}
	return ""
}
