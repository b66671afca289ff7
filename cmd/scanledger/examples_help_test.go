package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestHelpHasExamples: every command that does something shows how it is called, with
// flags that it has.
func TestHelpHasExamples(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, c := range cmd.Commands() {
			walk(c)
		}
		if !cmd.HasParent() || cmd.HasSubCommands() {
			return
		}
		if !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s has no example: %q", cmd.CommandPath(), cmd.Example)
		}
		for _, word := range strings.Fields(cmd.Example) {
			name, isFlag := strings.CutPrefix(word, "--")
			if name, _, _ = strings.Cut(name, "="); isFlag && name != "" && cmd.Flags().Lookup(name) == nil {
				t.Errorf("an example of %s has the flag --%s, which there is not", cmd.CommandPath(), name)
			}
		}
	}
	walk(root())
}
