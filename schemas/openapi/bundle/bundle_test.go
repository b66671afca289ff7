package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestFresh holds the documents to their parts.
func TestFresh(t *testing.T) {
	all, err := documents("../parts")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 10 {
		t.Errorf("there are %d documents", len(all))
	}
	for name, want := range all {
		have, err := os.ReadFile(filepath.Join("..", name))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is not what its parts say: run make schemas (%v)", name, err)
		}
	}
}
