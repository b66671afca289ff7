package conformance

import (
	"slices"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// seenAtOnce changes on one process what a key opens, while both are shown the
// key again and again: whatever is acknowledged there, the other one knows.
func seenAtOnce(t *testing.T, d desks) {
	by := d.register(t, 0)
	member, err := d[0].RegisterAccount(t.Context(), commands.RegisterAccount{Email: "bob@example.com", Password: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	id, key, err := d[0].IssueKey(t.Context(), commands.IssueKey{Account: by.Account, Name: "key"})
	if err != nil {
		t.Fatal(err)
	}
	var over atomic.Bool
	shown := make(chan struct{})
	go func() {
		defer close(shown)
		atOnce(8, func(i int) {
			for !over.Load() {
				if _, err := d[i%2].GrantOf(t.Context(), key); err != nil && domain.CodeOf(err) != domain.BadKey {
					t.Errorf("show the key: %v", err)
				}
			}
		})
	}()
	for round := range 6 {
		from, to := d[round%2], d[(round+1)%2]
		plan := []string{"pro", "enterprise"}[round%2]
		if err := from.SetPlan(t.Context(), commands.SetPlan{Account: by.Account, Contract: domain.IsSafeSite, Plan: plan}); err != nil {
			t.Fatal(err)
		}
		if g := granted(t, to, key); g.Standing.Plan(domain.IsSafeSite).Name != plan {
			t.Errorf("round %d: the plan is %s, want %s", round, g.Standing.Plan(domain.IsSafeSite).Name, plan)
		}
		if err := from.AddMember(t.Context(), commands.AddMember{By: by, Team: by.Account, Member: member}); err != nil {
			t.Fatal(err)
		}
		wantTeam(t, to, key, member)
		if err := from.RemoveMember(t.Context(), commands.RemoveMember{By: by, Team: by.Account, Member: member}); err != nil {
			t.Fatal(err)
		}
		wantTeam(t, to, key)
	}
	if err := d[0].RevokeKey(t.Context(), commands.RevokeKey{By: by, Key: id}); err != nil {
		t.Fatal(err)
	}
	_, err = d[1].GrantOf(t.Context(), key)
	wantCode(t, "a revoked key", err, domain.BadKey)
	over.Store(true)
	<-shown
}

func granted(t *testing.T, d commands.Desk, key string) commands.Grant {
	t.Helper()
	g, err := d.GrantOf(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func wantTeam(t *testing.T, d commands.Desk, key string, want ...uuid.UUID) {
	t.Helper()
	team, err := d.TeamOf(t.Context(), granted(t, d, key))
	if err != nil || !slices.Equal(team, want) {
		t.Errorf("the team is %v, %v, want %v", team, err, want)
	}
}

// deletedAtOnce deletes an account on one process after the other one has seen
// its key.
func deletedAtOnce(t *testing.T, d desks) {
	by := d.register(t, 0)
	_, key, err := d[0].IssueKey(t.Context(), commands.IssueKey{Account: by.Account, Name: "key"})
	if err != nil {
		t.Fatal(err)
	}
	granted(t, d[1], key)
	if err := d[0].DeleteAccount(t.Context(), commands.DeleteAccount{Account: by.Account}); err != nil {
		t.Fatal(err)
	}
	for i := range d {
		_, err := d[i].GrantOf(t.Context(), key)
		wantCode(t, "a key of nobody", err, domain.BadKey)
	}
}
