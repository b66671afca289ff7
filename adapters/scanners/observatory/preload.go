package observatory

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Preload knows for which hosts browsers use https before they ever saw an
// HSTS header.
type Preload interface {
	// Preloaded says whether host, or a domain above it that includes its
	// subdomains, is on the list.
	Preloaded(host string) bool
	// Complete says whether a host that is not on the list is not preloaded;
	// else the list knows only some of the hosts.
	Complete() bool
}

// BuiltIn knows only the top-level domains that are preloaded as a whole, by
// their registries' wish (policy "public-suffix" in Chromium's list).
type BuiltIn struct{}

// Preloaded implements Preload.
func (BuiltIn) Preloaded(host string) bool {
	switch host[strings.LastIndexByte(host, '.')+1:] {
	case "android", "app", "bank", "chrome", "dev", "foo", "gle", "gmail", "google",
		"hangout", "insurance", "meet", "new", "page", "play", "search", "youtube":
		return true
	}
	return false
}

// Complete implements Preload.
func (BuiltIn) Complete() bool { return false }

// List is a preload list: the hosts, and whether each includes its subdomains.
type List map[string]bool

// Preloaded implements Preload.
func (l List) Preloaded(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, listed := l[host]; listed {
		return true
	}
	for {
		_, parent, found := strings.Cut(host, ".")
		if !found {
			return false
		}
		if l[parent] {
			return true
		}
		host = parent
	}
}

// Complete implements Preload.
func (List) Complete() bool { return true }

// maxList bounds a preload list; Chromium's has about 15 MB.
const maxList = 64 << 20

// ReadList reads a preload list in the form of Chromium's
// net/http/transport_security_state_static.json, comment lines and all. Only
// entries with the mode "force-https" count.
func ReadList(r io.Reader) (List, error) {
	clean, err := dropComments(io.LimitReader(r, maxList))
	if err != nil {
		return nil, fmt.Errorf("preload list: %w", err)
	}
	var file struct {
		Entries []struct {
			Name       string `json:"name"`
			Mode       string `json:"mode"`
			Subdomains bool   `json:"include_subdomains"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(clean, &file); err != nil {
		return nil, fmt.Errorf("preload list: %w", err)
	}
	list := make(List, len(file.Entries))
	for _, e := range file.Entries {
		if e.Mode == "force-https" {
			list[strings.ToLower(strings.TrimSpace(e.Name))] = e.Subdomains
		}
	}
	return list, nil
}

// dropComments returns what r holds without the lines that are comments.
func dropComments(r io.Reader) ([]byte, error) {
	var clean bytes.Buffer
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if line := bytes.TrimSpace(lines.Bytes()); !bytes.HasPrefix(line, []byte("//")) {
			clean.Write(line)
			clean.WriteByte('\n')
		}
	}
	return clean.Bytes(), lines.Err()
}
