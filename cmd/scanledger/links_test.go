package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// blockedOnward has a site send its readers elsewhere once a link leads to it, and no
// more: the server finds out both by itself.
func blockedOnward(t *testing.T, server, key string) {
	t.Helper()
	const inside = "http://10.0.0.1/x"
	var turned atomic.Bool
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if turned.Load() {
			http.Redirect(w, r, inside, http.StatusFound)
		}
	}))
	defer site.Close()
	shortened(t, server, key, fmt.Sprintf(`{"url": %q, "custom_code": "astray"}`, site.URL))
	type link struct {
		Blocked *struct{ URL, Reason string }
	}
	for _, turn := range []bool{true, false} {
		turned.Store(turn)
		until(t, time.Minute, func() (bool, string) {
			seen := call[link](t, key, http.MethodGet, server+"/shrinkit/api/links/astray/", "", http.StatusOK)
			return (seen.Blocked != nil) == turn && (!turn || seen.Blocked.URL == inside && seen.Blocked.Reason == "forbidden"), fmt.Sprintf("%+v", seen.Blocked)
		})
	}
}

// TestMayAsk asks no host too often, and none for a link that leads nowhere.
func TestMayAsk(t *testing.T) {
	to := func(destination string) projections.LinkRow {
		return projections.LinkRow{Enabled: true, Details: domain.LinkDetails{Destination: destination, Fallback: "https://over.example"}}
	}
	off, harm, onward := to("https://a.example"), to("https://a.example"), to("https://a.example")
	off.Enabled = false
	harm.Blocked = &domain.Blocking{Destination: "https://a.example"}
	onward.Blocked = &domain.Blocking{Destination: "https://harm.example"}
	asked := map[string]int{}
	for what, c := range map[string]struct {
		row  projections.LinkRow
		want bool
	}{"on": {to("https://a.example"), true}, "off": {off, false}, "blocked for itself": {harm, false}, "blocked for where it leads on": {onward, true}} {
		if got := mayAsk(asked, c.row); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	if asked["a.example"] != 2 || asked["over.example"] != 2 {
		t.Errorf("asked were %v", asked)
	}
	asked["over.example"] = asksOfHost - 1
	if !mayAsk(asked, to("https://b.example")) || mayAsk(asked, to("https://c.example")) || asked["c.example"] != 0 {
		t.Errorf("asked were %v", asked)
	}
}
