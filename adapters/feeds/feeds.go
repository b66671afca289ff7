// Package feeds keeps what others publish about vulnerabilities: how likely one is
// to be exploited (FIRST's EPSS), and which are (CISA's catalog of known exploited
// vulnerabilities, KEV). Both are files that the operator puts here; nothing is
// fetched.
package feeds

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Chance is how likely a vulnerability is to be exploited within 30 days.
type Chance struct {
	Score      float64 // 0 to 1
	Percentile float64 // the share of vulnerabilities that are no likelier, 0 to 1
}

// Exploited is what the catalog says of a vulnerability that is exploited.
type Exploited struct {
	CVE        string
	Added      string // "2006-01-02"
	Due        string // until when agencies of the United States have to act; "" for none
	Action     string
	Ransomware bool // whether it is known to be used for ransom
}

// Told is what a feed is.
type Told struct {
	Feed string    // "epss" or "kev"
	Date time.Time // of its content, as it says itself
	CVEs int
}

// form is a feed's name, its file and what reads it.
type form struct {
	feed, file string
	read       func(raw []byte) (*content, error)
}

// files are those of all feeds.
var files = []form{
	{"epss", "epss.csv", readEPSS},
	{"kev", "kev.json", readKEV},
}

// content is what a feed says.
type content struct {
	Told
	chances   map[number]Chance
	exploited map[number]Exploited
}

// number is a CVE's year and number: a few bytes for each of hundreds of thousands.
type number uint64

// numberOf reads "CVE-2014-0160"; false for what is none.
func numberOf(cve string) (number, bool) {
	rest, found := strings.CutPrefix(strings.ToUpper(cve), "CVE-")
	year, digits, dash := strings.Cut(rest, "-")
	y, err := strconv.ParseUint(year, 10, 16)
	n, err2 := strconv.ParseUint(digits, 10, 40)
	return number(y<<40 | n), found && dash && err == nil && err2 == nil && len(year) == 4 && len(digits) >= 4
}

// Feeds reads the files of a folder. What is put there by Update is seen by the
// next question. It is safe for concurrent use.
type Feeds struct {
	dir string

	mu   sync.Mutex
	kept map[string]keptFile
}

// keptFile is a file as it was last read.
type keptFile struct {
	changed time.Time
	size    int64
	content *content
	err     error
}

// Open returns the feeds of a folder, which need not be there.
func Open(dir string) *Feeds { return &Feeds{dir: dir, kept: map[string]keptFile{}} }

// Chance is how likely the likeliest of some vulnerabilities is to be exploited,
// and the date of the feed; false where the feed knows none of them, or is not there.
func (f *Feeds) Chance(cves []string) (c Chance, of time.Time, known bool) {
	content, err := f.content("epss")
	if err != nil {
		return c, of, false
	}
	for _, cve := range cves {
		n, ok := numberOf(cve)
		if got, there := content.chances[n]; ok && there && (!known || got.Score > c.Score) {
			c, known = got, true
		}
	}
	return c, content.Date, known
}

// Exploited is the one of some vulnerabilities that has been in the catalog for
// longest; false where none is, or the feed is not there.
func (f *Feeds) Exploited(cves []string) (e Exploited, known bool) {
	content, err := f.content("kev")
	if err != nil {
		return e, false
	}
	for _, cve := range cves {
		n, ok := numberOf(cve)
		if got, there := content.exploited[n]; ok && there && (!known || got.Added < e.Added) {
			e, known = got, true
		}
	}
	return e, known
}

// Tell says what there is, in the order of the feeds' names. A feed that is not
// there is left out; of one that cannot be read it answers the error.
func (f *Feeds) Tell() (all []Told, err error) {
	for _, known := range files {
		content, failed := f.content(known.feed)
		switch {
		case errors.Is(failed, os.ErrNotExist):
		case failed != nil:
			err = errors.Join(err, failed)
		default:
			all = append(all, content.Told)
		}
	}
	return all, err
}

// content reads a feed's file, if it is another one than before.
func (f *Feeds) content(feed string) (*content, error) {
	known := files[slices.IndexFunc(files, func(k form) bool { return k.feed == feed })]
	path := filepath.Join(f.dir, known.file)
	about, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if k, met := f.kept[feed]; met && k.changed.Equal(about.ModTime()) && k.size == about.Size() {
		return k.content, k.err
	}
	raw, err := os.ReadFile(path)
	k := keptFile{changed: about.ModTime(), size: about.Size()}
	if err == nil {
		k.content, err = known.read(raw)
	}
	if err != nil {
		k.err = fmt.Errorf("%s: %w", path, err)
	}
	f.kept[feed] = k
	return k.content, k.err
}
