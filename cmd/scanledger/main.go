package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

// The exit codes of every command.
const (
	exitOK       = 0
	exitFindings = 1 // something was found that was not to be found
	exitUsage    = 2
	exitFailed   = 3
)

// exit ends a command with a code; its text, if there is one, goes to stderr.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exit{exitUsage, fmt.Errorf(format, args...)}
}

// noArguments refuses what stands behind a command that takes nothing there.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("%s does not take %q; see %s --help", cmd.CommandPath(), args[0], cmd.CommandPath())
	}
	return nil
}

func main() {
	uuid.EnableRandPool() // the system is asked once for sixteen ids
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, root())
	stop()
	os.Exit(code)
}

// run executes a command line and returns its exit code.
func run(ctx context.Context, cmd *cobra.Command) int {
	err := cmd.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	code := exitFailed
	var e *exit
	if errors.As(err, &e) {
		code = e.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "scanledger: "+text)
	}
	return code
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "scanledger",
		Short:         "Scan sites and hosts, and prove every answer from the event log",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &exit{exitUsage, err} })
	cmd.AddCommand(serveCommand(), scanCommand(), adminCommand(), eventsCommand(), exportCommand(), reportCommand(), diffCommand(), feedsCommand(), verifyCommand(), auditCommand(), replayCommand(), regradeCommand(), deadLettersCommand(), doctorCommand(),
		migrateCommand(), sqlCommand(), versionCommand())
	return cmd
}
