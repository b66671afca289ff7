package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/openrdap/rdap/bootstrap"

	"github.com/scanledger/scanledger/domain"
)

const (
	ianaBootstrap = "https://data.iana.org/rdap/" // where IANA publishes who serves what (RFC 9224)
	ianaRDAP      = "https://rdap.iana.org/"      // who serves top-level domains, of whom its files say nothing
)

const (
	bootstrapAge   = 24 * time.Hour  // after which a file is asked for again
	bootstrapPause = 5 * time.Minute // between tries at a server that is away
)

// bootstrapFiles are who serves RDAP for what. Files are asked for when they are
// needed, again once a day, and then only if they have changed. Where the server
// is away, those from before serve on.
type bootstrapFiles struct {
	client *Client
	base   string
	root   string // who serves top-level domains, where the files do not say it; "" for nobody

	mu    sync.Mutex
	files map[string]*bootstrapFile
}

// bootstrapFile is one of the files; its fields are what is kept of it on disk.
type bootstrapFile struct {
	Base    string          `json:"base"` // where it is from: of another place it is none of ours
	Body    json.RawMessage `json:"body"`
	ETag    string          `json:"etag"`
	Changed string          `json:"last_modified"`
	At      time.Time       `json:"at"` // when it was asked for, or known not to have changed

	registry bootstrap.Registry
	tried    time.Time
	fault    error // of the last try
}

func newBootstrap(c *Client) *bootstrapFiles {
	base, root := c.Bootstrap, ""
	if base == "" {
		base, root = ianaBootstrap, ianaRDAP
	}
	return &bootstrapFiles{client: c, base: strings.TrimSuffix(base, "/") + "/", root: root, files: map[string]*bootstrapFile{}}
}

// servers are the base URLs of those who serve a subject, the best first, and what
// is to be said of how that is known. None is no error: there is nobody.
func (b *bootstrapFiles) servers(ctx context.Context, s domain.LookupSubject) (urls []string, aside string, err error) {
	name, kind := bootstrapName(s)
	file, err := b.file(ctx, name, kind)
	if err != nil {
		return nil, "", err
	}
	if file.fault != nil {
		aside = fmt.Sprintf("%s is of %s: %s", name, file.At.Format(time.DateOnly), file.fault)
	}
	asked := s.Name
	if s.TopLevel() {
		asked = "" // the root has it: who serves the names in it is another
	}
	answer, err := file.registry.Lookup(&bootstrap.Question{RegistryType: kind, Query: asked})
	if err != nil {
		return nil, aside, err
	}
	var plain []string
	for _, u := range answer.URLs {
		switch address := strings.TrimSuffix(u.String(), "/") + "/"; u.Scheme {
		case "https":
			urls = append(urls, address)
		case "http":
			plain = append(plain, address)
		}
	}
	if urls = append(urls, plain...); len(urls) == 0 && s.TopLevel() && b.root != "" {
		urls = []string{b.root}
	}
	return urls, aside, nil
}

func bootstrapName(s domain.LookupSubject) (string, bootstrap.RegistryType) {
	switch addr := s.Addr(); {
	case s.Kind == domain.ASSubject:
		return "asn.json", bootstrap.ASN
	case addr.Is4():
		return "ipv4.json", bootstrap.IPv4
	case addr.Is6():
		return "ipv6.json", bootstrap.IPv6
	default:
		return "dns.json", bootstrap.DNS
	}
}

// file is one of the files, as new as it has to be. One that is older than that has
// a fault.
func (b *bootstrapFiles) file(ctx context.Context, name string, kind bootstrap.RegistryType) (bootstrapFile, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.files[name]
	if f == nil {
		f = b.read(name, kind)
		b.files[name] = f
	}
	now := b.client.Now()
	if now.Sub(f.At) >= bootstrapAge && now.Sub(f.tried) >= bootstrapPause {
		f.tried = now
		f.fault = b.fetch(ctx, f, name, kind)
		var limited limitedError
		if ctx.Err() != nil || errors.As(f.fault, &limited) { // it was not asked
			f.tried = time.Time{}
		}
	}
	if f.registry == nil {
		return *f, fmt.Errorf("%s cannot be had: %w", name, f.fault)
	}
	return *f, nil
}

// fetch asks for a file, unless it is as it was.
func (b *bootstrapFiles) fetch(ctx context.Context, f *bootstrapFile, name string, kind bootstrap.RegistryType) error {
	header := map[string]string{"Accept": "application/json"}
	if f.registry != nil {
		header["If-None-Match"], header["If-Modified-Since"] = f.ETag, f.Changed
	}
	p, err := b.client.get(ctx, b.client.Home, b.base+name, header)
	switch {
	case err != nil:
		return plain(err)
	case p.status == http.StatusNotModified && f.registry != nil:
	case p.status != http.StatusOK:
		return fmt.Errorf("%s answers %d", b.base, p.status)
	default:
		registry, err := readBootstrap(p.body, kind)
		if err != nil {
			return err
		}
		f.registry, f.Base, f.Body, f.ETag, f.Changed = registry, b.base, p.body, p.header.Get("ETag"), p.header.Get("Last-Modified")
	}
	f.At = b.client.Now()
	return b.write(name, f)
}

// readBootstrap reads a file of one kind.
func readBootstrap(body []byte, kind bootstrap.RegistryType) (registry bootstrap.Registry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file cannot be read: %v", p)
		}
	}()
	switch kind {
	case bootstrap.ASN:
		return bootstrap.NewASNRegistry(body)
	case bootstrap.IPv4:
		return bootstrap.NewNetRegistry(body, 4)
	case bootstrap.IPv6:
		return bootstrap.NewNetRegistry(body, 6)
	default:
		return bootstrap.NewDNSRegistry(body)
	}
}

// read is a file as it was kept on disk; an empty one where there is none of the place
// of the settings.
func (b *bootstrapFiles) read(name string, kind bootstrap.RegistryType) *bootstrapFile {
	f := new(bootstrapFile)
	if b.client.CacheDir == "" {
		return f
	}
	raw, err := os.ReadFile(filepath.Join(b.client.CacheDir, name))
	if err != nil || json.Unmarshal(raw, f) != nil || f.Base != b.base {
		return new(bootstrapFile)
	}
	if f.registry, err = readBootstrap(f.Body, kind); err != nil {
		return new(bootstrapFile)
	}
	return f
}

// write keeps a file on disk. It replaces what was there at one stroke, also where
// several processes do.
func (b *bootstrapFiles) write(name string, f *bootstrapFile) error {
	if b.client.CacheDir == "" {
		return nil
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.client.CacheDir, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(b.client.CacheDir, name+".*")
	if err != nil {
		return err
	}
	_, err = file.Write(raw)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(b.client.CacheDir, name))
	}
	if err != nil {
		os.Remove(file.Name()) // nobody reads it
	}
	return err
}

// covers says whether a range that is written as two addresses has one in it.
func covers(first, last string, addr netip.Addr) bool {
	a, errA := netip.ParseAddr(strings.TrimSpace(first))
	b, errB := netip.ParseAddr(strings.TrimSpace(last))
	return errA == nil && errB == nil && a.Compare(addr) <= 0 && addr.Compare(b) <= 0
}
