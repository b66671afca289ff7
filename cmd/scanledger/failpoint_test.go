//go:build !failpoint

package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

// TestNoFailpoints looks for what the list says of its steps in this program,
// which was built without the tag and comes through all of them. It reads that
// from the list's source, as the list itself would bring it along.
func TestNoFailpoints(t *testing.T) {
	list, err := os.ReadFile("../../adapters/failpoint/steps.go")
	if err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile(`\{"([a-z.]+)", "([^"]+)"\}`).FindAllSubmatch(list, -1)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) < 20 {
		t.Fatalf("only %d steps were found in the list", len(steps))
	}
	for _, s := range steps {
		if bytes.Contains(text, s[2]) {
			t.Errorf("the program has %q in it", s[2])
		}
	}
}
