//go:build peers

package content_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/domain"
)

// olderPages are pages, each with the numbers of the lines of
// deploy/peers/libraries.txt whose files it loads: a file under its own name,
// one whose number is negative under a name that tells nothing.
var olderPages = [][]int{
	{1}, {-1}, {2, 7}, {3, 11}, {-4, -12}, {5}, {6, 16}, {8, 10}, {-9}, {13, 14}, {-13, -14, -15}, {17, 18},
	{-19, 20}, {21, -22}, {23}, {-24, 25}, {26, -27, 28}, {29, 30}, {31, -32, 33}, {34, 1, -14},
}

// TestPeerLibraries compares what is told of whole pages with what the npm
// package retire tells of the files that they load.
func TestPeerLibraries(t *testing.T) {
	list := peers.RetireList(t)
	dir := t.TempDir()
	pages := lay(t, dir)
	theirs := retired(t, dir)
	table := peers.New(t, "retire 5.7.0", nil)
	cves := 0
	for i, p := range pages {
		ours := vulnerable(t, list, p)
		their := theirs[i]
		var wrong []string
		for lib, known := range their {
			for _, id := range append([]string{""}, known...) {
				if found, ok := ours[lib]; !ok || id != "" && !slices.Contains(found, id) {
					wrong = append(wrong, lib+" "+id)
				}
			}
			cves += len(known)
		}
		for lib := range ours {
			if _, ok := their[lib]; !ok {
				wrong = append(wrong, "more: "+lib)
			}
		}
		table.Better(fmt.Sprintf("page %d", i+1), len(wrong) == 0, ours, their)
	}
	if cves < 100 {
		t.Errorf("retire knows %d CVEs only", cves)
	}
}

// lay writes each page's files into a folder of its own, and returns the sites.
func lay(t *testing.T, dir string) (sites []site) {
	t.Helper()
	lines, err := os.ReadFile(peers.Path(t, "libraries", "list"))
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Split(strings.TrimSpace(string(lines)), "\n")
	for i, numbers := range olderPages {
		s, html := site{}, "<!doctype html><title>x</title>"
		folder := filepath.Join(dir, string(rune('a'+i))) // a number would be taken for a version
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, n := range numbers {
			name := fmt.Sprintf("%d.js", -n)
			from := peers.Path(t, "libraries", "files", "plain", fmt.Sprintf("%d.js", max(n, -n)))
			if n > 0 {
				_, path, _ := strings.Cut(files[n-1], " ")
				name = filepath.Base(path)
			}
			text, err := os.ReadFile(from)
			if err == nil {
				err = os.WriteFile(filepath.Join(folder, name), text, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			s["/"+name] = string(text)
			html += `<script src="/` + name + `"></script>`
		}
		s["/"] = html
		sites = append(sites, s)
	}
	return sites
}

// vulnerable are the libraries of a page that have weaknesses, with their CVEs.
func vulnerable(t *testing.T, list string, s site) map[string][]string {
	t.Helper()
	seen, err := scan(t.Context(), t, content.Options{Libraries: list}, serve(t, httptest.NewServer, s), domain.Standard)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, w := range seen.Weaknesses {
		if lib, ok := strings.CutPrefix(w.Advisory.ID, "content/library/"); ok {
			all[lib] = w.Advisory.CVE
		}
	}
	return all
}

// retired is the same by the package, by page.
func retired(t *testing.T, dir string) map[int]map[string][]string {
	t.Helper()
	all := map[int]map[string][]string{}
	for _, r := range peers.Retire(t, dir) {
		page, lib := int(strings.TrimPrefix(r.File, dir+"/")[0]-'a'), r.Library+"@"+r.Version
		for _, identifiers := range r.Known {
			if all[page] == nil {
				all[page] = map[string][]string{}
			}
			all[page][lib] = append(all[page][lib], peers.CVEs(identifiers)...)
		}
	}
	return all
}
