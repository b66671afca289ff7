//go:build peers

package peers

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Retired is what retire tells of one library in a file.
type Retired struct {
	File    string
	Library string
	Version string
	Known   []map[string]any // the identifiers of each weakness, as its list has them
}

// RetireList is retire's list of vulnerable libraries.
func RetireList(t *testing.T) string {
	t.Helper()
	return Path(t, "npm", "code-analyzer-retirejs-engine", "node_modules/@salesforce/code-analyzer-retirejs-engine/vulnerabilities/RetireJsVulns.json")
}

// Retire has retire look at the files of a folder by its list.
func Retire(t *testing.T, dir string) (all []Retired) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report.json")
	out, err := exec.Command("node", Path(t, "npm", "retire", "node_modules/retire/lib/cli.js"), "--jsrepo", RetireList(t),
		"--jspath", dir, "--outputformat", "json", "--outputpath", report, "--exitwith", "0", "--verbose").CombinedOutput()
	if err != nil {
		t.Fatalf("retire: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var said struct {
		Data []struct {
			File    string `json:"file"`
			Results []struct {
				Component       string `json:"component"`
				Version         string `json:"version"`
				Vulnerabilities []struct {
					Identifiers map[string]any `json:"identifiers"`
				} `json:"vulnerabilities"`
			} `json:"results"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	for _, d := range said.Data {
		for _, r := range d.Results {
			found := Retired{File: d.File, Library: r.Component, Version: r.Version}
			for _, v := range r.Vulnerabilities {
				found.Known = append(found.Known, v.Identifiers)
			}
			all = append(all, found)
		}
	}
	return all
}

// CVEs are those of a weakness, by its identifiers.
func CVEs(identifiers map[string]any) (all []string) {
	cves, _ := identifiers["CVE"].([]any)
	for _, cve := range cves {
		if text, ok := cve.(string); ok {
			all = append(all, text)
		}
	}
	return all
}
