package observatory

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// List is an HSTS preload list: the hosts for which browsers use https before
// they ever saw the header. The zero value has none. It is safe for concurrent
// use.
type List struct {
	// text has a line for each host, sorted: the host, and " *" behind it where
	// its subdomains are included.
	text string
	asOf time.Time
}

// The list that is built in is Chromium's of 1 January 2025, out of the package
// hstspreload 2025.1.1 of PyPI (BSD-3-Clause, see preload.LICENSE), as a sorted
// text. A newer one is made of Chromium's transport_security_state_static.json by
//
//	grep -v '^ *//' | jq -r '.entries[] | select(.mode == "force-https") | .name + (if .include_subdomains then " *" else "" end)' |
//		LC_ALL=C sort -u | gzip -n9 >preload.txt.gz
var (
	//go:embed preload.txt.gz
	builtIn     []byte
	builtInAsOf = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
)

// BuiltIn is the list that the program brings.
var BuiltIn = sync.OnceValues(func() (*List, error) {
	packed, err := gzip.NewReader(bytes.NewReader(builtIn))
	if err != nil {
		return nil, fmt.Errorf("preload list: %w", err)
	}
	text, err := io.ReadAll(packed)
	if err != nil {
		return nil, fmt.Errorf("preload list: %w", err)
	}
	return &List{string(text), builtInAsOf}, nil
})

// NewList makes a list of hosts, each with whether its subdomains are included.
func NewList(hosts map[string]bool, asOf time.Time) *List {
	lines := make([]string, 0, len(hosts))
	for host, below := range hosts {
		if host != "" && !strings.ContainsAny(host, " \n") {
			lines = append(lines, host+map[bool]string{true: all}[below])
		}
	}
	slices.Sort(lines) // as the hosts are: a blank comes before whatever a name has
	return &List{strings.Join(append(lines, ""), "\n"), asOf}
}

const all = " *"

// AsOf is the day of the list; the zero time where nobody knows.
func (l *List) AsOf() time.Time { return l.asOf }

// Preloaded says whether host, or a domain above it that includes its
// subdomains, is on the list.
func (l *List) Preloaded(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if listed, _ := l.find(host); listed {
		return true
	}
	for {
		_, parent, found := strings.Cut(host, ".")
		if !found {
			return false
		}
		if _, below := l.find(parent); below {
			return true
		}
		host = parent
	}
}

// find looks a host up, by halves.
func (l *List) find(host string) (listed, below bool) {
	for low, high := 0, len(l.text); low < high; {
		middle := low + (high-low)/2
		begin := strings.LastIndexByte(l.text[:middle], '\n') + 1
		line, _, _ := strings.Cut(l.text[begin:], "\n")
		name, below := strings.CutSuffix(line, all)
		switch cmp.Compare(host, name) {
		case 0:
			return host != "", below
		case -1:
			high = begin
		default:
			low = begin + len(line) + 1
		}
	}
	return false, false
}

// ReadList reads a preload list in the form of Chromium's
// net/http/transport_security_state_static.json, comment lines and all. Only
// entries with the mode "force-https" count.
func ReadList(r io.Reader, asOf time.Time) (*List, error) {
	clean, err := dropComments(r)
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
	hosts := make(map[string]bool, len(file.Entries))
	for _, e := range file.Entries {
		if e.Mode == "force-https" {
			hosts[strings.ToLower(strings.TrimSpace(e.Name))] = e.Subdomains
		}
	}
	return NewList(hosts, asOf), nil
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

// Preload is where the scanners have their preload list from: a file of the
// operator that is read again when it has changed, or the one that is built in.
type Preload struct{ file scanners.File[*List] }

// NewPreload reads the file, so that a fault in it is told at the start; ""
// stands for the list that is built in.
func NewPreload(path string) (*Preload, error) {
	p := &Preload{scanners.File[*List]{Path: path, Read: func(raw []byte, modified time.Time) (*List, error) {
		return ReadList(bytes.NewReader(raw), modified)
	}}}
	_, err := p.Get()
	return p, err
}

// Get is the list now; with an error, the last one that could be read. Of a nil
// Preload it is the one that is built in.
func (p *Preload) Get() (*List, error) {
	if p == nil || p.file.Path == "" {
		return BuiltIn()
	}
	return p.file.Get()
}

// OldList says that the newest list could not be read.
func OldList(err error) domain.Coverage {
	return domain.Coverage{What: "newest HSTS preload list", Outcome: domain.Failed, Reason: "it cannot be read, and the one before it is used: " + plain(err.Error())}
}
