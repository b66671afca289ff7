// Bundle makes each OpenAPI document whole from its parts: what it refers to
// in other files is copied into it, what every operation has is added to each,
// and the document of all is put together from those of the contracts.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// contracts are those of which there are parts, in the order in which the
// document of all has them, with what their names become before those of
// components in it.
var contracts = []struct{ name, prefix string }{
	{"7azzani", "SevenAzzani"}, {"secably", "SecAbly"}, {"issafesite", "IsSafeSite"}, {"scanner", "Scanner"},
}

// all is the document of all contracts; beside is its own part.
const (
	all    = "scanledger"
	beside = "beside"
)

func main() {
	if err := run("schemas/openapi"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	documents, err := documents(filepath.Join(dir, "parts"))
	if err != nil {
		return err
	}
	var faults []error
	for name, text := range documents {
		faults = append(faults, os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	return errors.Join(faults...)
}

// documents are all bundled documents, by the names of their files.
func documents(parts string) (map[string][]byte, error) {
	from := files{dir: parts, read: map[string]*yaml.Node{}}
	out := map[string][]byte{}
	whole, err := from.bundle(beside)
	if err != nil {
		return nil, err
	}
	for _, c := range contracts {
		document, err := from.bundle(c.name)
		if err != nil {
			return nil, err
		}
		if err := write(out, c.name, plain(document)); err != nil {
			return nil, err
		}
		shared, err := from.shared()
		if err != nil {
			return nil, err
		}
		if err := join(whole, document, c.prefix, shared); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return out, write(out, all, whole)
}

// write puts a document down as YAML and as JSON.
func write(out map[string][]byte, name string, document *yaml.Node) (err error) {
	for prune(document) {
	}
	var b bytes.Buffer
	b.WriteString("# Bundled from parts/ by make schemas: change it there.\n")
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(document); err != nil {
		return err
	}
	out[name+".yaml"] = b.Bytes()
	out[name+".json"], err = asJSON(document)
	return err
}
