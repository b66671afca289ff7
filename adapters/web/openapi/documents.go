// Package openapi holds requests to the OpenAPI documents by which the server
// answers: one of each contract below its prefix, and one of all on the root.
package openapi

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// prefixes are where the documents' paths begin, by the documents' names.
var prefixes = map[string]string{
	"scanledger": "", "7azzani": "/7azzani", "secably": "/secably", "issafesite": "/issafesite", "scanner": "/scanner",
}

// Document is an OpenAPI 3.1 document.
type Document struct {
	Name   string // "scanledger" for that of all contracts
	Prefix string // of its paths on the server; "" for the root
	YAML   []byte
	JSON   []byte         // the same
	Tree   map[string]any // as package jsonschema reads JSON
}

// Documents are all of them, compiled. They are safe for concurrent use.
type Documents struct {
	All    []Document                       // by their prefixes
	routes map[string]map[string]*operation // by Fiber's route and the method
}

// Read reads and compiles the documents, NAME.yaml and NAME.json each.
func Read(files fs.FS) (*Documents, error) {
	d := &Documents{routes: map[string]map[string]*operation{}}
	for _, name := range slices.Sorted(maps.Keys(prefixes)) {
		one, err := read(files, name)
		if err != nil {
			return nil, fmt.Errorf("OpenAPI document %s: %w", name, err)
		}
		d.All = append(d.All, one)
		if err := d.compile(one); err != nil {
			return nil, fmt.Errorf("OpenAPI document %s: %w", name, err)
		}
	}
	return d, nil
}

func read(files fs.FS, name string) (d Document, err error) {
	d.Name, d.Prefix = name, prefixes[name]
	if d.YAML, err = fs.ReadFile(files, name+".yaml"); err != nil {
		return d, err
	}
	if d.JSON, err = fs.ReadFile(files, name+".json"); err != nil {
		return d, err
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(d.JSON))
	if err != nil {
		return d, err
	}
	var ok bool
	if d.Tree, ok = tree.(map[string]any); !ok {
		return d, fmt.Errorf("it is no object")
	}
	return d, nil
}
