package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func grantCreditsCommand() *cobra.Command {
	var email string
	var amount int
	cmd := &cobra.Command{
		Use: "grant-credits --email ADDRESS --credits N", Short: "Give an account credits that stay until they are spent",
		Example: "  scanledger admin grant-credits --email ann@example.com --credits 100",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	cmd.Flags().IntVar(&amount, "credits", 0, "how many")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		if err := p.desk.GrantCredits(ctx, commands.GrantCredits{By: operator(), Account: account, Amount: amount}); err != nil {
			return err
		}
		return out.print(map[string]any{"email": email, "credits": amount}, "%s has been granted %d credits", email, amount)
	})
}

func ledgerCommand() *cobra.Command {
	var email string
	cmd := &cobra.Command{
		Use: "ledger --email ADDRESS", Short: "What an account may spend on scans, and how that came about",
		Example: "  scanledger admin ledger --email ann@example.com --json",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		l, err := p.desk.Ledger(ctx, operator(), account)
		if err != nil {
			return err
		}
		return out.print(ledgerValue(l), "%s", ledgerText(l))
	})
}

// ledgerValue is a ledger for programs, as GET /api/v1/credits/ answers it.
func ledgerValue(l *domain.Ledger) map[string]any {
	entries := make([]map[string]any, len(l.Entries))
	for i, e := range l.Entries {
		entries[i] = map[string]any{"amount": e.Amount, "kind": e.Kind, "at": e.At.UTC(), "cause": e.Cause}
	}
	return map[string]any{
		"balance": l.Balance(), "monthly_credits": l.Credits.Monthly, "purchased_credits": l.Credits.Purchased, "entries": entries,
	}
}

// ledgerText is a ledger for people: a line an entry, and the sum.
func ledgerText(l *domain.Ledger) string {
	var b strings.Builder
	for _, e := range l.Entries {
		fmt.Fprintf(&b, "%s  %+6d  %-8s  %s\n", e.At.UTC().Format(time.DateTime), e.Amount, e.Kind, e.Cause)
	}
	fmt.Fprintf(&b, "balance %d: %d of this month's plan, %d that stay", l.Balance(), l.Credits.Monthly, l.Credits.Purchased)
	return b.String()
}
