package main

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func sqlCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: `sql "SELECT …"`, Short: "Ask ClickHouse one read-only question",
		Example: `  scanledger sql "SELECT operation, status, count() FROM requests GROUP BY ALL ORDER BY 3 DESC"`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("one statement is needed")
			}
			return nil
		},
	}
	addFlags(cmd.Flags())
	asJSON := cmd.Flags().Bool("json", false, "print one JSON value and nothing else: a list of rows")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := loadConfig(cmd.Flags())
		if err != nil {
			return &exit{exitUsage, err}
		}
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
		e, err := openEngines(cmd.Context(), c, log, false, clickhouseEngine)
		if err != nil {
			return err
		}
		defer e.Close()
		db, err := e.analytics()
		if err != nil {
			return err
		}
		defer db.Close()
		columns, rows, err := db.Query(cmd.Context(), args[0])
		if err != nil {
			return &exit{exitFailed, err}
		}
		if *asJSON {
			return printer{true, cmd.OutOrStdout()}.print(objects(columns, rows), "")
		}
		table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 8, 2, ' ', 0)
		fmt.Fprintln(table, strings.Join(columns, "\t"))
		for _, row := range rows {
			fmt.Fprintln(table, strings.TrimSuffix(fmt.Sprintf(strings.Repeat("%v\t", len(row)), row...), "\t"))
		}
		return table.Flush()
	}
	return cmd
}

// objects are rows by the names of their columns.
func objects(columns []string, rows [][]any) []map[string]any {
	out := make([]map[string]any, len(rows))
	for i, row := range rows {
		out[i] = map[string]any{}
		for j, v := range row {
			if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
				v = nil // JSON has no word for it
			}
			out[i][columns[j]] = v
		}
	}
	return out
}
