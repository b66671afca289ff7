package main

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/commands"
)

func addMemberCommand() *cobra.Command {
	return memberCommand(
		&cobra.Command{
			Use: "add-member --team ADDRESS --email ADDRESS", Short: "Let an account see another one's scans, and the other way round, in Scanner's contract",
			Example: "  scanledger admin add-member --team ann@example.com --email bob@example.com",
		},
		func(ctx context.Context, p *platform, team, member uuid.UUID) error {
			return p.desk.AddMember(ctx, commands.AddMember{By: operator(), Team: team, Member: member})
		}, "%[2]s belongs to the team of %[1]s")
}

func removeMemberCommand() *cobra.Command {
	return memberCommand(
		&cobra.Command{
			Use: "remove-member --team ADDRESS --email ADDRESS", Short: "Make a member of a team a team of its own again",
			Example: "  scanledger admin remove-member --team ann@example.com --email bob@example.com",
		},
		func(ctx context.Context, p *platform, team, member uuid.UUID) error {
			return p.desk.RemoveMember(ctx, commands.RemoveMember{By: operator(), Team: team, Member: member})
		}, "%[2]s belongs to the team of %[1]s no more")
}

// memberCommand is a command about a member of a team, which is named by the
// account whose it is.
func memberCommand(cmd *cobra.Command, do func(ctx context.Context, p *platform, team, member uuid.UUID) error, says string) *cobra.Command {
	var team, email string
	cmd.Flags().StringVar(&team, "team", "", "the e-mail address of the account whose team it is")
	cmd.Flags().StringVar(&email, "email", "", "the member's e-mail address")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		of, unknown := p.desk.AccountByEmail(ctx, team)
		member, missing := p.desk.AccountByEmail(ctx, email)
		if err := errors.Join(unknown, missing); err != nil {
			return err
		}
		if err := do(ctx, p, of, member); err != nil {
			return err
		}
		return out.print(map[string]any{"team": team, "email": email}, says, team, email)
	})
}
