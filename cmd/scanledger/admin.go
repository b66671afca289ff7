package main

import (
	"context"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func adminCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "admin", Short: "Accounts, keys, plans, teams and credits", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(createUserCommand(), deleteUserCommand(), createKeyCommand(), revokeKeyCommand(), setPlanCommand(), grantCreditsCommand(), ledgerCommand())
	cmd.AddCommand(listKeysCommand(), addMemberCommand(), removeMemberCommand(), setOperatorCommand("add-operator", true), setOperatorCommand("remove-operator", false))
	return cmd
}

func createUserCommand() *cobra.Command {
	var c commands.RegisterAccount
	cmd := &cobra.Command{
		Use: "create-user --email ADDRESS --password PASSWORD", Short: "Make an account",
		Example: "  scanledger admin create-user --email ann@example.com --password 'correct horse battery'",
	}
	cmd.Flags().StringVar(&c.Email, "email", "", "its e-mail address")
	cmd.Flags().StringVar(&c.Password, "password", "", "its password, 8 characters or more")
	cmd.Flags().StringVar(&c.FirstName, "first-name", "", "first name")
	cmd.Flags().StringVar(&c.LastName, "last-name", "", "last name")
	cmd.Flags().BoolVar(&c.Operator, "operator", false, "may administer the installation")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		c.By = operator()
		id, err := p.desk.RegisterAccount(ctx, c)
		if err != nil {
			return err
		}
		return out.print(map[string]any{"id": id, "email": c.Email}, "account %s for %s", id, c.Email)
	})
}

func createKeyCommand() *cobra.Command {
	var c commands.IssueKey
	var email string
	cmd := &cobra.Command{
		Use: "create-key --email ADDRESS --name NAME", Short: "Make an API key; it is shown once",
		Example: "  scanledger admin create-key --email ann@example.com --name laptop --expires 720h --allow-ip 203.0.113.0/24",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	cmd.Flags().StringVar(&c.Name, "name", "", "what the key is for")
	cmd.Flags().StringSliceVar(&c.AllowIP, "allow-ip", nil, "CIDR from which alone it may be used; may be given again")
	cmd.Flags().DurationVar(&c.Expires, "expires", 0, "how long it holds, such as 24h (default: for ever)")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		c.By, c.Account = operator(), account
		id, key, err := p.desk.IssueKey(ctx, c)
		if err != nil {
			return err
		}
		return out.print(map[string]any{"id": id, "key": key}, "key %s\n\n  %s\n\nKeep it: it is not shown again.", id, key)
	})
}

func revokeKeyCommand() *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use: "revoke-key --id ID", Short: "End an API key at once",
		Example: "  scanledger admin revoke-key --id 01a22324-bb5c-7e3a-94b0-dbcf03fbfc91",
	}
	cmd.Flags().StringVar(&id, "id", "", "the key's id")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		key, err := uuid.Parse(id)
		if err != nil {
			return usage("--id must be a key's id")
		}
		if err := p.desk.RevokeKey(ctx, commands.RevokeKey{By: operator(), Key: key}); err != nil {
			return err
		}
		return out.print(map[string]any{"id": key, "revoked": true}, "key %s is revoked", key)
	})
}

func setPlanCommand() *cobra.Command {
	var email, contract, plan, reason string
	cmd := &cobra.Command{
		Use: "set-plan --email ADDRESS --contract CONTRACT --plan NAME", Short: "Move an account to another plan",
		Example: "  scanledger admin set-plan --email ann@example.com --contract issafesite --plan pro",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	cmd.Flags().StringVar(&contract, "contract", "", "7azzani, secably, issafesite or scanner")
	cmd.Flags().StringVar(&plan, "plan", "", "the plan's name; internal has no limits")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for whoever asks later")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		err = p.desk.SetPlan(ctx, commands.SetPlan{By: operator(), Account: account, Contract: domain.Contract(contract), Plan: plan, Reason: reason})
		if err != nil {
			return err
		}
		return out.print(map[string]any{"email": email, "contract": contract, "plan": plan}, "%s has the plan %s of %s", email, plan, contract)
	})
}
