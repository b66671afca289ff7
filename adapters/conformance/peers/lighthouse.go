//go:build peers

package peers

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
)

// Lighthouse has lighthouse look at pages, for "seo" or "vitals", and reads
// what deploy/peers/lighthouse.mjs says of each into the list results.
func Lighthouse(t *testing.T, what string, addresses []string, results any) {
	t.Helper()
	asked, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	node := exec.Command("node", Script(t, "lighthouse.mjs"), Path(t, "npm", "lighthouse"), what)
	node.Stdin, node.Stderr = bytes.NewReader(asked), os.Stderr
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			node.Env = append(os.Environ(), "CHROME_PATH="+found)
			break
		}
	}
	out, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, results); err != nil {
		t.Fatal(err)
	}
}
