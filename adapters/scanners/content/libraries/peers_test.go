//go:build peers

package libraries_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/adapters/scanners/content/libraries"
)

// told is what is told of each file: "NAME VERSION", and "NAME VERSION ID" for
// what is known of it.
type told map[string][]string

// TestPeerLibrariesByFile compares with the npm package retire, file by file.
func TestPeerLibrariesByFile(t *testing.T) {
	dir := peers.Path(t, "libraries", "files")
	list := peers.RetireList(t)
	ours := tell(t, list, dir)
	theirs := retired(t, dir)
	if len(theirs) < 50 {
		t.Errorf("retire tells something of %d files only", len(theirs))
	}
	table := peers.New(t, "retire 5.7.0", nil)
	for file := range union(ours, theirs) {
		missing, more := without(theirs[file], ours[file]), without(ours[file], theirs[file])
		well := len(missing) == 0 && !slices.ContainsFunc(more, isLibrary)
		table.Better(strings.TrimPrefix(file, dir+"/"), well, strings.Join(ours[file], ", "), strings.Join(theirs[file], ", "))
	}
}

func without(all, those []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(line string) bool { return slices.Contains(those, line) })
}

// isLibrary: what is known of a library may be more, for retire drops one of
// two weaknesses that have any identifier in common, be it an issue's number
// (CVE-2018-14041 and CVE-2018-14042 of bootstrap).
func isLibrary(line string) bool { return strings.Count(line, " ") == 1 }

func union(a, b told) map[string]bool {
	all := map[string]bool{}
	for _, files := range []told{a, b} {
		for file := range files {
			all[file] = true
		}
	}
	return all
}

// tell reads all files as retire does: what their names tell, or else their texts.
func tell(t *testing.T, list, dir string) told {
	t.Helper()
	from, err := os.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	all := told{}
	l, err := libraries.Read(from)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		found := l.Named(&url.URL{Path: path})
		if len(found) == 0 {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if found, err = l.Within(t.Context(), text); err != nil {
				return err
			}
		}
		for _, f := range found {
			all.add(path, f.Name, f.Version)
			for _, w := range f.Weaknesses {
				for _, id := range w.IDs {
					all.add(path, f.Name, f.Version, id)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (all told) add(file string, words ...string) {
	line := strings.Join(words, " ")
	if at, found := slices.BinarySearch(all[file], line); !found {
		all[file] = slices.Insert(all[file], at, line)
	}
}

// retired is what the npm package tells.
func retired(t *testing.T, dir string) told {
	t.Helper()
	all := told{}
	for _, r := range peers.Retire(t, dir) {
		all.add(r.File, r.Library, r.Version)
		for _, identifiers := range r.Known {
			for _, id := range idsOf(identifiers) {
				all.add(r.File, r.Library, r.Version, id)
			}
		}
	}
	return all
}

// idsOf names a weakness as this package does.
func idsOf(identifiers map[string]any) (ids []string) {
	if cves := peers.CVEs(identifiers); len(cves) > 0 {
		return cves
	}
	for _, other := range [][2]string{{"githubID", ""}, {"bug", "bug "}, {"issue", "issue "}, {"PR", "pull request "}, {"release", "release "}, {"retid", "retire.js "}} {
		if id, ok := identifiers[other[0]].(string); ok {
			return []string{other[1] + id}
		}
	}
	return nil
}
