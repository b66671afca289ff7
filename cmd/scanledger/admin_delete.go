package main

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/erasing"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// deletion is what delete-user prints.
type deletion struct {
	ID         uuid.UUID `json:"id"`
	Scans      int       `json:"scans"`           // that are erased, also before
	Targets    int       `json:"targets"`         // as well
	Links      int       `json:"links"`           // as well
	Lookups    int       `json:"lookups"`         // as well
	Rows       uint64    `json:"clickhouse_rows"` // that this run removed
	ClickHouse string    `json:"clickhouse"`      // "forgotten", or why it waits
}

func deleteUserCommand() *cobra.Command {
	var email string
	cmd := &cobra.Command{
		Use: "delete-user --email ADDRESS", Short: "Delete an account, with its scans and all that is known of it",
		Long: `Delete an account: the key that its personal data is encrypted with is
destroyed, its password and API keys are gone and its address is free, at once.
Then its scans, targets, links and look-ups are erased, and ClickHouse forgets it. The log's chain of hashes
still holds. What a run was cut off from is done by the next one, or by a server.`,
		Example: "  scanledger admin delete-user --email ann@example.com",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if domain.CodeOf(err) == domain.NotFound {
			if _, unfinished := p.finishDeletions(ctx, uuid.Nil); unfinished != nil {
				return unfinished
			}
		}
		if err == nil {
			err = p.desk.DeleteAccount(ctx, commands.DeleteAccount{By: operator(), Account: account})
		}
		if err != nil {
			return err
		}
		done, err := p.finishDeletions(ctx, account)
		if err != nil {
			return fmt.Errorf("account %s is deleted; the rest waits for the next run or for a server: %w", account, err)
		}
		return out.print(done, "account %s is deleted, with %d scans, %d targets, %d links, %d look-ups and %d rows in ClickHouse (%s)",
			account, done.Scans, done.Targets, done.Links, done.Lookups, done.Rows, done.ClickHouse)
	}, clickhouseEngine)
}

// finishDeletions erases what the given account has left, and deleted ones
// before it.
func (p *platform) finishDeletions(ctx context.Context, account uuid.UUID) (deletion, error) {
	done, due := deletion{ID: account, ClickHouse: "forgotten"}, postgres.NewErasures(p.pool)
	eraser, err := p.eraser()
	if err != nil {
		return done, err
	}
	for family, erased := range map[string]*int{
		domain.ScanFamily: &done.Scans, domain.TargetFamily: &done.Targets, domain.LinkFamily: &done.Links, domain.LookupFamily: &done.Lookups,
	} {
		var err error
		if account != uuid.Nil {
			_, err = eraser.Each(ctx, operator(), family, domain.ForAccount, func() ([]uuid.UUID, error) { return due.Of(ctx, account, family, erasing.Batch) })
		}
		if err == nil {
			err = eraser.Orphans(ctx, operator(), family)
		}
		if err == nil {
			*erased, err = due.ErasedOf(ctx, account, family)
		}
		if err != nil {
			return done, err
		}
	}
	db, missing := p.engines.analytics()
	if missing != nil {
		done.ClickHouse = missing.Error()
		return done, nil
	}
	defer db.Close()
	done.Rows, err = erasing.Forget(ctx, p.pool, db)
	return done, err
}
