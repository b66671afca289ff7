package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// ledgerView is what scripts read of a ledger.
type ledgerView struct {
	Balance int
	Entries []struct {
		Amount                  int
		Kind, At, Cause, Reason string
	}
}

// TestLedger grants credits beside a running server, and reads the same ledger
// from the terminal and over HTTP.
func TestLedger(t *testing.T) {
	options := settings(t, dataFolder(t))
	server := startServer(t, options)
	with := func(args ...string) []string { return append(args, options...) }
	email := []string{"--email", "ann@example.com"}
	answerOf[map[string]any](t, with(append([]string{"admin", "create-user", "--password", "correct horse battery"}, email...)...)...)
	answerOf[map[string]any](t, with(append([]string{"admin", "grant-credits", "--credits", "5", "--reason", "a gift"}, email...)...)...)
	answerOf[map[string]any](t, with(append([]string{"admin", "set-plan", "--contract", "secably", "--plan", "indie"}, email...)...)...)
	answerOf[map[string]any](t, with(append([]string{"admin", "set-plan", "--contract", "7azzani", "--plan", "internal"}, email...)...)...)
	key := answerOf[struct{ Key string }](t, with(append([]string{"admin", "create-key", "--name", "test"}, email...)...)...).Key

	told := answerOf[ledgerView](t, with(append([]string{"admin", "ledger"}, email...)...)...)
	sum := 0
	for _, e := range told.Entries {
		sum += e.Amount
	}
	if told.Balance != 15 || sum != 15 || len(told.Entries) != 2 || told.Entries[0].Cause == "" || told.Entries[0].At == "" {
		t.Errorf("ledger %+v", told)
	}
	for _, at := range []string{"/api/v1/credits/", "/secably/api/v1/credits"} {
		if got := call[ledgerView](t, key, http.MethodGet, server.url+at, "", http.StatusOK); !reflect.DeepEqual(got, told) {
			t.Errorf("%s\n got %+v\nwant %+v", at, got, told)
		}
	}
	for _, step := range []struct {
		name     string
		operator bool
	}{{"add-operator", true}, {"remove-operator", false}} {
		if now := answerOf[struct{ Operator bool }](t, with(append([]string{"admin", step.name}, email...)...)...); now.Operator != step.operator {
			t.Errorf("%s: %+v", step.name, now)
		}
	}
	text, code := command(t, with(append([]string{"admin", "ledger"}, email...)...)...)
	if code != exitOK || !strings.Contains(text, "balance 15: 10 of this month's plan, 5 that stay") || !strings.Contains(text, "a gift") || json.Valid([]byte(text)) {
		t.Errorf("for people it is %q", text)
	}
}
