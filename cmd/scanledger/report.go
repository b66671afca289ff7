package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func reportCommand() *cobra.Command {
	var scan uuid.UUID
	var names []string
	for _, f := range render.Formats {
		names = append(names, f.Name)
	}
	cmd := &cobra.Command{
		Use: "report ID [--format FORMAT] [--out FILE]", Short: "Write a completed scan's report: " + strings.Join(names, ", "),
		Long:    "Write a completed scan's report, to standard output or into a file. The same events,\nfeeds and rulings on findings give the same bytes, here and from the server.",
		Example: "  scanledger report 0190a1b2-… --out report.pdf\n  scanledger report 0190a1b2-… --format csv",
		Args: func(_ *cobra.Command, args []string) (err error) {
			if len(args) != 1 {
				return usage("the id of one scan is needed")
			}
			if scan, err = uuid.Parse(args[0]); err != nil {
				return usage("%q is no scan's id", args[0])
			}
			return nil
		},
	}
	format := cmd.Flags().String("format", "pdf", strings.Join(names, ", "))
	against := cmd.Flags().String("against", "", "in SARIF, say what is new and what is gone beside this scan (an id, or previous)")
	file := cmd.Flags().String("out", "", "the file to be written (default: standard output)")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		if !slices.Contains(names, *format) {
			return usage("--format must be one of %s", strings.Join(names, ", "))
		}
		if out.json && *file == "" {
			return usage("--json needs --out: without it the report itself goes to standard output")
		}
		report, err := p.export(ctx, scan, *format, *against)
		if err != nil {
			return err
		}
		if *file == "" {
			_, err := out.out.Write(report)
			return err
		}
		size, err := writeWhole(*file, func(w io.Writer) error { _, err := w.Write(report); return err })
		if err != nil {
			return err
		}
		return out.print(map[string]any{"scan": scan, "format": *format, "file": *file, "bytes": size}, "the report of scan %s is in %s, %d bytes", scan, *file, size)
	})
}

// export draws a completed scan's report; beside another scan where one is given.
func (p *platform) export(ctx context.Context, scan uuid.UUID, format, against string) ([]byte, error) {
	r, err := p.reader.Report(ctx, scan)
	if err != nil {
		return nil, err
	}
	if r.CompletedAt == nil {
		return nil, domain.Errorf(domain.NotFound, "Scan %s is not complete, and so it has no report: it is %s", scan, r.Document.State)
	}
	k, err := p.keys(ctx)
	if err != nil {
		return nil, err
	}
	form := formatNamed(p.formats(k), format)
	if against != "" {
		other, err := projections.AgainstOf(against)
		if err != nil {
			return nil, err
		}
		if form, err = form.Compared(func(ctx context.Context, r projections.ReportRow) (projections.Difference, error) {
			return p.difference(ctx, r.Scan, other)
		}); err != nil {
			return nil, err
		}
	}
	return form.Export(ctx, r)
}
