package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/schemas"
)

const (
	published = ".."
	source    = "../../domain"
)

func generated(t *testing.T) map[string][]byte {
	t.Helper()
	words, err := schemas.ReadWords(source)
	if err != nil {
		t.Fatal(err)
	}
	all, err := documents(words)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestPublished holds every file to the Go types, and the Go types to every
// file.
func TestPublished(t *testing.T) {
	wanted := generated(t)
	for path, content := range wanted {
		switch s, err := compare(published, path, content); {
		case err != nil:
			t.Error(err)
		case s == missing:
			t.Errorf("%s is missing: run make schemas", path)
		case s == reworded:
			t.Errorf("%s is in old words: run make schemas", path)
		case s == changed:
			t.Error(refusal(path))
		}
	}
	for _, path := range files(t, published) {
		of := strings.TrimSuffix(path, ".example.json")
		if wanted[path] == nil && wanted[of+".json"] == nil {
			t.Errorf("%s has no entry in the catalog any more: old events could no longer be read", path)
		}
	}
}

func files(t *testing.T, dir string) (paths []string) {
	t.Helper()
	for _, folder := range []string{"events", "facts"} {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			paths = append(paths, folder+"/"+e.Name())
		}
	}
	return paths
}

// TestWrite writes what is missing and what has better words, and leaves what
// is published in another shape as it is.
func TestWrite(t *testing.T) {
	const path = "events/scan.started.v1.json"
	want := generated(t)[path]
	differing := strings.Replace(string(want), `"worker": {`, `"workers": {`, 1)
	for name, c := range map[string]struct {
		have    string
		refused bool
	}{
		"missing":  {"", false},
		"fresh":    {string(want), false},
		"reworded": {strings.Replace(string(want), "scan.started says", "scan.started said", 1), false},
		"changed":  {differing, true},
		"no JSON":  {"{", true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), filepath.FromSlash(path))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if c.have != "" {
				if err := os.WriteFile(file, []byte(c.have), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			err := write(filepath.Dir(filepath.Dir(file)), map[string][]byte{path: want})
			if (err != nil) != c.refused || err != nil && !strings.Contains(err.Error(), "give the event a new version") {
				t.Errorf("error %v", err)
			}
			got, err := os.ReadFile(file)
			if kept := c.refused && string(got) == c.have; err != nil || !kept && string(got) != string(want) {
				t.Errorf("now it is %s, %v", got, err)
			}
		})
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for _, folder := range []string{"events", "facts"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(dir, source); err != nil {
		t.Fatal(err)
	}
	if err := run(dir, source); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if got := len(files(t, dir)); got != len(domain.Catalog)+len(domain.FactNames) {
		t.Errorf("%d files of %d events and %d facts", got, len(domain.Catalog), len(domain.FactNames))
	}
}

// TestShape keeps properties that are called description.
func TestShape(t *testing.T) {
	a := `{"description":"one","properties":{"description":{"type":"string","description":"one"}},"oneOf":[{"description":"one"}]}`
	if b := strings.ReplaceAll(a, `"one"`, `"two"`); !sameShape([]byte(a), []byte(b)) {
		t.Error("other words are another shape")
	}
	if b := strings.Replace(a, `{"type"`, `{"format":"uuid","type"`, 1); sameShape([]byte(a), []byte(b)) {
		t.Error("another property is no other shape")
	}
}

// TestAsyncAPI finds every event on one topic, and everything that is referred to.
func TestAsyncAPI(t *testing.T) {
	var document map[string]any
	if err := json.Unmarshal(generated(t)[overview], &document); err != nil {
		t.Fatal(err)
	}
	on := map[string]int{}
	channels := document["channels"].(map[string]any)
	for _, c := range channels {
		for name := range c.(map[string]any)["messages"].(map[string]any) {
			on[name]++
		}
	}
	for _, e := range domain.Catalog {
		if name := strings.TrimSuffix(filepath.Base(schemas.Path(e)), ".json"); on[name] != 1 {
			t.Errorf("%s is on %d topics", name, on[name])
		}
	}
	if len(channels) != len(stream.Topics) || len(on) != len(domain.Catalog)+1 {
		t.Errorf("%d channels, %d messages", len(channels), len(on))
	}
	resolve(t, document, document)
}

func resolve(t *testing.T, document map[string]any, part any) {
	t.Helper()
	switch p := part.(type) {
	case []any:
		for _, v := range p {
			resolve(t, document, v)
		}
	case map[string]any:
		for key, v := range p {
			if to, ok := v.(string); ok && key == "$ref" && !there(document, to) {
				t.Errorf("%s is not there", to)
			}
			resolve(t, document, v)
		}
	}
}

func there(document map[string]any, to string) bool {
	pointer, inside := strings.CutPrefix(to, "#/")
	if !inside {
		_, err := os.Stat(filepath.Join(published, filepath.FromSlash(to)))
		return err == nil
	}
	var at any = document
	for _, key := range strings.Split(pointer, "/") {
		at = at.(map[string]any)[key]
		if at == nil {
			return false
		}
	}
	return true
}

func TestAsyncAPIOfAnOldVersion(t *testing.T) {
	old := domain.Entry{Kind: "scan.started", Version: 1}
	if message(old, "scan.started.v1")["deprecated"] != true {
		t.Error("an old version is not deprecated")
	}
	if _, err := asyncAPI([]domain.Entry{{Kind: "moon.landed", Version: 1, Type: reflect.TypeFor[int]()}}, nil); err == nil {
		t.Error("an event of no family has a topic")
	}
}
