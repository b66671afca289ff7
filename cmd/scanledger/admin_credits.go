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
	var email, reason string
	var amount int
	cmd := &cobra.Command{
		Use: "grant-credits --email ADDRESS --credits N", Short: "Give an account credits that stay until they are spent",
		Example: "  scanledger admin grant-credits --email ann@example.com --credits 100",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	cmd.Flags().IntVar(&amount, "credits", 0, "how many")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever asks later, the account's holder too")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		if err := p.desk.GrantCredits(ctx, commands.GrantCredits{By: operator(), Account: account, Amount: amount, Reason: reason}); err != nil {
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
		reasons, err := p.desk.ReasonsOf(ctx, account, l)
		if err != nil {
			return err
		}
		return out.print(ledgerValue(l, reasons), "%s", ledgerText(l, reasons))
	})
}

// ledgerValue is a ledger for programs, as GET /api/v1/credits/ answers it.
func ledgerValue(l *domain.Ledger, reasons []string) map[string]any {
	entries := make([]map[string]any, len(l.Entries))
	for i, e := range l.Entries {
		entries[i] = map[string]any{"amount": e.Amount, "kind": e.Kind, "at": e.At.UTC(), "cause": e.Cause, "reason": reasons[i]}
	}
	return map[string]any{
		"balance": l.Balance(), "monthly_credits": l.Credits.Monthly, "purchased_credits": l.Credits.Purchased, "entries": entries,
	}
}

// ledgerText is a ledger for people: a line an entry, and the sum.
func ledgerText(l *domain.Ledger, reasons []string) string {
	var b strings.Builder
	for i, e := range l.Entries {
		line := fmt.Sprintf("%s  %+6d  %-8s  %s  %s", e.At.UTC().Format(time.DateTime), e.Amount, e.Kind, e.Cause, reasons[i])
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	fmt.Fprintf(&b, "balance %d: %d of this month's plan, %d that stay", l.Balance(), l.Credits.Monthly, l.Credits.Purchased)
	return b.String()
}
