//go:build peers

package seo

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
)

// TestPeerSEO sets our audits beside lighthouse's, on the same pages. With
// SCANLEDGER_KEEP=1 what lighthouse says is kept for TestPagesAsLighthouse.
func TestPeerSEO(t *testing.T) {
	examples := load[[]example](t, "pages.json")
	var addresses []string
	for _, e := range examples {
		addresses = append(addresses, serveExample(t, e))
	}
	var told []outcomes
	peers.Lighthouse(t, "seo", addresses, &told)
	theirs := map[string]outcomes{}
	for i, e := range examples {
		theirs[e.Name] = told[i]
	}
	if os.Getenv("SCANLEDGER_KEEP") != "" {
		raw, err := json.MarshalIndent(theirs, "", " ")
		if err == nil {
			err = os.WriteFile("testdata/lighthouse.json", append(raw, '\n'), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	} else if !reflect.DeepEqual(theirs, load[map[string]outcomes](t, "lighthouse.json")) {
		t.Error("lighthouse says something else than what is kept of it: run with SCANLEDGER_KEEP=1")
	}
	table := peers.New(t, "lighthouse 13.5.0", otherwise)
	for i, e := range examples {
		ours := auditExample(t, addresses[i])
		for _, a := range audits {
			table.Row(e.Name+" / "+a.id, ours[a.id], theirs[e.Name][a.id])
		}
	}
}
