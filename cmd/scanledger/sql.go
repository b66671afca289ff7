package main

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"reflect"
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
			for i, v := range row {
				row[i] = shown(reflect.ValueOf(v), false)
			}
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
			out[i][columns[j]] = shown(reflect.ValueOf(v), true)
		}
	}
	return out
}

// shown is a value as it is printed: what nullable columns point to, in lists too, and
// in JSON, which has no word for what is no number, nil for that.
func shown(v reflect.Value, asJSON bool) any {
	switch k := v.Kind(); {
	case k == reflect.Invalid, (k == reflect.Pointer || k == reflect.Interface) && v.IsNil():
		if asJSON {
			return nil
		}
		return "NULL"
	case v.Type().Implements(reflect.TypeFor[fmt.Stringer]()):
		return v.Interface()
	case k == reflect.Pointer, k == reflect.Interface:
		return shown(v.Elem(), asJSON)
	case k == reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = shown(v.Index(i), asJSON)
		}
		return list
	case k == reflect.Map:
		entries := map[string]any{}
		for key, value := range v.Seq2() {
			entries[fmt.Sprint(shown(key, false))] = shown(value, asJSON)
		}
		return entries
	case v.CanFloat() && asJSON && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)):
		return nil
	default:
		return v.Interface()
	}
}
