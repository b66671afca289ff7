package main

import (
	"context"

	"github.com/spf13/cobra"
)

func migrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "migrate", Short: "Bring the tables of Postgres and ClickHouse up to date",
		Long:    "Bring the tables of Postgres and ClickHouse up to date. The server does the\nsame when it starts; this is for whoever wants it done before.",
		Example: "  scanledger migrate --postgres-url postgres://scanledger@db.example/scanledger",
	}
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		done := map[string]string{"postgres": "ok", "clickhouse": "ok"}
		if db, err := p.engines.analytics(); err != nil {
			done["clickhouse"] = err.Error()
		} else {
			defer db.Close()
			if err := db.Migrate(ctx); err != nil {
				return err
			}
		}
		return out.print(done, "postgres: %s\nclickhouse: %s", done["postgres"], done["clickhouse"])
	}, clickhouseEngine)
}
