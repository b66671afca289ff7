//go:build peers

package observatory

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
)

// TestPeerHeaders sets our tests beside those of @mdn/mdn-http-observatory, on
// the same sites. With SCANLEDGER_KEEP=1 what the package says is kept for
// TestSetsAsThePeer.
func TestPeerHeaders(t *testing.T) {
	sets := load[[]set](t, "header-sets.json")
	type site struct {
		Name  string `json:"name"`
		HTTP  string `json:"http"`
		HTTPS string `json:"https"`
	}
	var sites []site
	starts := map[string][2]*url.URL{}
	for _, s := range sets {
		overHTTP, overHTTPS := serveSet(t, s)
		starts[s.Name] = [2]*url.URL{overHTTP, overHTTPS}
		sites = append(sites, site{s.Name, overHTTP.Port(), overHTTPS.Port()})
	}
	asked, err := json.Marshal(sites)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", peers.Script(t, "headers.mjs"), peers.Path(t, "npm", "mdn-http-observatory"))
	node.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+os.Getenv("SSL_CERT_FILE"))
	node.Stdin, node.Stderr = bytes.NewReader(asked), os.Stderr
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	var theirs map[string]words
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("SCANLEDGER_KEEP") != "" {
		if err := os.WriteFile("testdata/header-peer.json", out, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !reflect.DeepEqual(theirs, load[map[string]words](t, "header-peer.json")) {
		t.Error("the package says something else than what is kept of it: run with SCANLEDGER_KEEP=1")
	}
	table := peers.New(t, "@mdn/mdn-http-observatory 1.4.8", otherwise)
	for _, s := range sets {
		ours := judge(t, starts[s.Name][0], starts[s.Name][1])
		for _, test := range Tests() {
			if !newer[test.Name] {
				table.Row(s.Name+" / "+test.Name, ours[test.Name], theirs[s.Name][test.Name])
			}
		}
	}
}
