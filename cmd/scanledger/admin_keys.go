package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/projections"
)

// keyValue is an API key as list-keys shows it.
type keyValue struct {
	ID       uuid.UUID  `json:"id"`
	Name     string     `json:"name"`
	Prefix   string     `json:"prefix"`
	AllowIP  []string   `json:"allow_ip"`
	Created  time.Time  `json:"created_at"`
	Expires  *time.Time `json:"expires_at"`
	Revoked  *time.Time `json:"revoked_at"`
	LastUsed *time.Time `json:"last_used_at"` // to the minute; null for never
}

func listKeysCommand() *cobra.Command {
	var email string
	cmd := &cobra.Command{
		Use: "list-keys --email ADDRESS", Short: "An account's API keys, and when each was last used",
		Example: "  scanledger admin list-keys --email ann@example.com",
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		account, err := p.desk.AccountByEmail(ctx, email)
		if err != nil {
			return err
		}
		keys, err := p.keysOf(ctx, account)
		if err != nil {
			return err
		}
		return out.print(map[string]any{"keys": keys}, "%s", keyText(keys, now()))
	})
}

// keysOf are an account's keys, the newest first.
func (p *platform) keysOf(ctx context.Context, account uuid.UUID) ([]keyValue, error) {
	story, err := p.desk.KeyStory(ctx, account)
	if err != nil {
		return nil, err
	}
	keys, err := projections.OpenKeys(story.History, story.Used, story.Open)
	values := make([]keyValue, len(keys))
	for i, k := range keys {
		values[i] = keyValue{
			ID: k.Key, Name: k.Name, Prefix: k.Prefix, AllowIP: k.AllowIP, Created: k.IssuedAt, Expires: k.Expires, Revoked: k.RevokedAt, LastUsed: k.LastUsed,
		}
	}
	return values, err
}

// keyText is a line for each key.
func keyText(keys []keyValue, now time.Time) string {
	if len(keys) == 0 {
		return "no keys"
	}
	lines := make([]string, len(keys))
	for i, k := range keys {
		state, used := "stands", "never used"
		switch {
		case k.Revoked != nil:
			state = "revoked"
		case k.Expires != nil && !now.Before(*k.Expires):
			state = "expired"
		}
		if k.LastUsed != nil {
			used = "last used " + k.LastUsed.UTC().Format(time.DateTime)
		}
		lines[i] = fmt.Sprintf("%s  %s…  %-7s  %s  %s", k.ID, k.Prefix, state, used, k.Name)
	}
	return strings.Join(lines, "\n")
}
