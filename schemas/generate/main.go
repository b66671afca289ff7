// Generate writes the schemas of what is new, and words that are better now.
// It never changes the shape of what has been published.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/schemas"
)

// overview is the AsyncAPI document. It is no schema, and may change.
const overview = "asyncapi.json"

func main() {
	if err := run("schemas", "domain"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, source string) error {
	words, err := schemas.ReadWords(source)
	if err != nil {
		return err
	}
	documents, err := documents(words)
	if err != nil {
		return err
	}
	return write(dir, documents)
}

// documents are all files that the Go types give, by their paths.
func documents(words schemas.Words) (map[string][]byte, error) {
	all := map[string]any{}
	for _, e := range domain.Catalog {
		all[schemas.Path(e)] = schemas.Event(e, words)
	}
	for name, zero := range domain.FactNames {
		all[schemas.FactPath(name)] = schemas.Fact(name, reflect.TypeOf(zero), words)
	}
	topics, err := asyncAPI(domain.Catalog, stream.Topics)
	if err != nil {
		return nil, err
	}
	all[overview] = topics
	out := make(map[string][]byte, len(all))
	for path, document := range all {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(document); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out[path] = b.Bytes()
	}
	return out, nil
}

// state is how a file stands to the Go types.
type state int

const (
	fresh    state = iota
	missing        // there is none
	reworded       // it says the same in other words
	changed        // it is published and has another shape
)

// compare says how the file at a path stands to what it should be.
func compare(dir, path string, want []byte) (state, error) {
	have, err := os.ReadFile(filepath.Join(dir, path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing, nil
	case err != nil:
		return changed, err
	case bytes.Equal(have, want):
		return fresh, nil
	case path == overview || sameShape(have, want):
		return reworded, nil
	default:
		return changed, nil
	}
}

func sameShape(a, b []byte) bool {
	var one, other any
	return json.Unmarshal(a, &one) == nil && json.Unmarshal(b, &other) == nil &&
		reflect.DeepEqual(schemas.Shape(one), schemas.Shape(other))
}

// write writes what is missing or has better words. It refuses to touch what
// is published in another shape, and says so of every such file.
func write(dir string, documents map[string][]byte) error {
	var faults []error
	for path, content := range documents {
		s, err := compare(dir, path, content)
		switch {
		case err != nil:
			faults = append(faults, err)
		case s == changed:
			faults = append(faults, refusal(path))
		case s == missing, s == reworded:
			faults = append(faults, os.WriteFile(filepath.Join(dir, path), content, 0o644))
		}
	}
	return errors.Join(faults...)
}

func refusal(path string) error {
	return fmt.Errorf("%s is published and differs from the Go type: give the event a new version, or the fact a new name", path)
}
