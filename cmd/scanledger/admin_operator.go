package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/commands"
)

// setOperatorCommand makes an account an operator, or none.
func setOperatorCommand(name string, operates bool) *cobra.Command {
	var email string
	short, told := "Let an account administer the installation", "%s is an operator"
	if !operates {
		short, told = "Let an account administer the installation no more, by any key or login", "%s is no operator"
	}
	cmd := &cobra.Command{Use: name + " --email ADDRESS", Short: short, Example: "  scanledger admin " + name + " --email ann@example.com"}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		if err := p.desk.SetOperator(ctx, commands.SetOperator{By: operator(), Account: account, Operator: operates}); err != nil {
			return err
		}
		return out.print(map[string]any{"email": email, "operator": operates}, told, email)
	})
}
