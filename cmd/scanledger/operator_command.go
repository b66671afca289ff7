package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// operatorCommand adds what all operators' commands have: the settings, --json,
// and a platform that is opened beside a running server or without one.
func operatorCommand(cmd *cobra.Command, do func(ctx context.Context, p *platform, out printer) error, needed ...engine) *cobra.Command {
	addFlags(cmd.Flags())
	asJSON := cmd.Flags().Bool("json", false, "print one JSON value and nothing else")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return withPlatform(cmd, append(needed, postgresEngine), func(ctx context.Context, p *platform) error {
			return do(ctx, p, printer{*asJSON, cmd.OutOrStdout()})
		})
	}
	if cmd.Args == nil {
		cmd.Args = noArguments
	}
	return cmd
}

// withPlatform opens the log for one command.
func withPlatform(cmd *cobra.Command, needed []engine, do func(ctx context.Context, p *platform) error) error {
	c, err := loadConfig(cmd.Flags())
	if err != nil {
		return &exit{exitUsage, err}
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	e, err := openEngines(cmd.Context(), c, log, false, needed...)
	if err != nil {
		return err
	}
	p, err := openPlatform(cmd.Context(), c, log, e)
	if err != nil {
		return errors.Join(err, e.Close())
	}
	return told(errors.Join(do(cmd.Context(), p), p.Close()))
}

// told gives a refusal the exit code of wrong usage.
func told(err error) error {
	switch domain.CodeOf(err) {
	case domain.Invalid, domain.NotFound, domain.Conflict:
		return &exit{exitUsage, err}
	default:
		return err
	}
}

// printer prints an answer for people or for programs.
type printer struct {
	json bool
	out  io.Writer
}

func (p printer) print(value any, text string, args ...any) error {
	if p.json {
		return json.NewEncoder(p.out).Encode(value)
	}
	_, err := fmt.Fprintf(p.out, text+"\n", args...)
	return err
}

// operator is who gives an operator's command.
func operator() commands.Caller { return commands.Caller{Operator: true, Request: newID().String()} }
