package list_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/adapters/scanners/list"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shared are the folders beside the scanners that are none, and why.
var shared = map[string]string{
	"hostile":     "what tests of the guard and of all scanners share",
	"scantest":    "runs a scanner in tests, and remembers what it tells",
	"list":        "this list",
	"observatory": "the HTTP Observatory's tests, which headers and cookies share",
	"site":        "addresses and robots.txt, which seo and crawl share",
}

func folders(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && shared[e.Name()] == "" {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestAll holds the list to the folders, both ways.
func TestAll(t *testing.T) {
	all, err := list.All(list.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for name, s := range all {
		if s.Tool() != name {
			t.Errorf("%s is listed as %s", s.Tool(), name)
		}
		listed = append(listed, string(name))
	}
	slices.Sort(listed)
	if found := folders(t); !slices.Equal(listed, found) {
		t.Errorf("the list has %q\nand the folders are %q: enter a new scanner in list.go, and name it as its folder", listed, found)
	}
}

// TestToolIsFolder reads each scanner's name in its own folder.
func TestToolIsFolder(t *testing.T) {
	words := stringsOf(t, filepath.Join("..", "..", "..", "domain"))
	for _, folder := range folders(t) {
		p := load(t, filepath.Join("..", folder))
		if name := words[p.tool(t)]; name != folder {
			t.Errorf("the scanner in %s calls itself %q", folder, name)
		}
	}
}

func TestProfiles(t *testing.T) {
	all, err := list.All(list.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []domain.Profile{domain.Quick, domain.Standard, domain.Deep} {
		if len(p.Tools()) == 0 {
			t.Errorf("%s runs nothing", p)
		}
		for _, tool := range p.Tools() {
			if all[tool] == nil {
				t.Errorf("%s runs %s, which is not in the list", p, tool)
			}
		}
	}
}

func TestUnreadableTrustAnchor(t *testing.T) {
	if _, err := list.All(list.Options{TrustAnchor: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a list without its trust anchor")
	}
}

func TestUnreadableLists(t *testing.T) {
	none := filepath.Join(t.TempDir(), "none")
	for _, o := range []content.Options{{Libraries: none}, {Malware: []string{none}}} {
		if _, err := list.All(list.Options{Content: o}); err == nil {
			t.Errorf("a list with %+v", o)
		}
	}
}

// TestAdvisories holds what the scanners know of weaknesses to what reports,
// re-tests and subscribers rely on.
func TestAdvisories(t *testing.T) {
	seen, counted := map[string]string{}, map[string]int{}
	for _, folder := range folders(t) {
		for _, a := range load(t, filepath.Join("..", folder)).advisories(t) {
			if seen[a.ID] != "" {
				t.Errorf("%s: %s is there already, at %s", a.at, a.ID, seen[a.ID])
			}
			seen[a.ID] = a.at
			counted[folder]++
			for _, lack := range lacks(folder, a.Advisory) {
				t.Errorf("%s: %s %s", a.at, a.ID, lack)
			}
		}
	}
	for _, folder := range []string{"ports", "tls", "headers", "cookies", "content", "dns"} {
		if counted[folder] < 5 {
			t.Errorf("%s has %d advisories: are they not read any more?", folder, counted[folder])
		}
	}
}

// lacks is what an advisory of a scanner is without.
func lacks(folder string, a domain.Advisory) (faults []string) {
	for what, wrong := range map[string]bool{
		"does not begin with " + folder + "/":     !strings.HasPrefix(a.ID, folder+"/") || a.ID == folder+"/",
		"has no title in one line":                a.Title == "" || strings.Contains(a.Title, "\n") || strings.HasSuffix(a.Title, "."),
		"has no description in sentences":         !strings.HasSuffix(a.Description, "."),
		"has no remedy in sentences":              !strings.HasSuffix(a.Remedy, "."),
		"has no severity of the closed set":       !slices.Contains(domain.Severities, a.Severity),
		"has a CWE below 0":                       a.CWE < 0,
		"has no reference to a primary source":    len(a.References) == 0,
		"refers to what is no https URL":          slices.ContainsFunc(a.References, insecure),
		"names a CVE that is not in CVE's format": slices.ContainsFunc(a.CVE, func(c string) bool { return !strings.HasPrefix(c, "CVE-") }),
		"is rated far from its severity":          farRated(a),
	} {
		if wrong {
			faults = append(faults, what)
		}
	}
	return faults
}

// farRated says whether the word that CVSS has for an advisory's score is more
// than one step from its severity.
func farRated(a domain.Advisory) bool {
	score := domain.ScoreOf(a.CVSS)
	if score == nil {
		return false
	}
	steps := slices.Index(domain.Severities, domain.SeverityOf(*score)) - slices.Index(domain.Severities, a.Severity)
	return steps < -1 || steps > 1
}

func insecure(reference string) bool {
	u, err := url.Parse(reference)
	return err != nil || u.Scheme != "https" || u.Host == ""
}

// TestLacks proves that each lack is seen.
func TestLacks(t *testing.T) {
	whole := domain.Advisory{
		ID: "tls/a", Title: "A", Severity: domain.Low, CWE: 1, Description: "B.", Remedy: "C.", References: []string{"https://a.example/"},
	}
	if got := lacks("tls", whole); len(got) != 0 {
		t.Errorf("the whole one %q", got)
	}
	for name, spoil := range map[string]func(*domain.Advisory){
		"id":          func(a *domain.Advisory) { a.ID = "dns/a" },
		"title":       func(a *domain.Advisory) { a.Title = "" },
		"description": func(a *domain.Advisory) { a.Description = "" },
		"remedy":      func(a *domain.Advisory) { a.Remedy = "" },
		"severity":    func(a *domain.Advisory) { a.Severity = "bad" },
		"cwe":         func(a *domain.Advisory) { a.CWE = -1 },
		"references":  func(a *domain.Advisory) { a.References = nil },
		"http":        func(a *domain.Advisory) { a.References = []string{"http://a.example/"} },
		"cve":         func(a *domain.Advisory) { a.CVE = []string{"2020-1"} },
		"rating":      func(a *domain.Advisory) { a.CVSS = scanners.Opened },
	} {
		a := whole
		spoil(&a)
		if got := lacks("tls", a); len(got) != 1 {
			t.Errorf("without %s: %q", name, got)
		}
	}
}
