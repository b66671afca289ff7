package main

import (
	"runtime/debug"

	"github.com/spf13/cobra"
)

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "version", Short: "Show the version", Example: "  scanledger version --json", Args: noArguments}
	asJSON := cmd.Flags().Bool("json", false, "print one JSON value and nothing else")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		version, revision := "devel", ""
		if info, ok := debug.ReadBuildInfo(); ok {
			version = info.Main.Version
			for _, s := range info.Settings {
				if s.Key == "vcs.revision" {
					revision = s.Value
				}
			}
		}
		return printer{*asJSON, cmd.OutOrStdout()}.print(map[string]string{"version": version, "revision": revision}, "scanledger %s %s", version, revision)
	}
	return cmd
}
