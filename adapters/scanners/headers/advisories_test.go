package headers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestAdvisoriesAreWhole(t *testing.T) {
	seen := map[string]string{}
	for word, a := range advisories {
		if seen[a.ID] != "" {
			t.Errorf("%s stands for %s and %s", a.ID, seen[a.ID], word)
		}
		seen[a.ID] = word
		if !strings.HasPrefix(a.ID, "headers/") || a.Title == "" || a.Description == "" || a.Remedy == "" ||
			!slices.Contains(domain.Severities, a.Severity) || len(a.References) == 0 {
			t.Errorf("%s is not whole: %+v", word, a)
		}
		for _, r := range a.References {
			if !strings.HasPrefix(r, "https://") {
				t.Errorf("%s refers to %q", a.ID, r)
			}
		}
	}
}

func TestLeaking(t *testing.T) {
	for line, want := range map[string]string{
		"Server: nginx":               "",
		"Server: Microsoft-IIS/10.0":  "server",
		"Server: Apache 2":            "server",
		"Server: Werkzeug/v3":         "server",
		"Server: cloudflare":          "",
		"Server: h2o":                 "",
		"X-Powered-By: Express":       "x-powered-by",
		"X-Powered-By:":               "",
		"X-AspNet-Version: 4.0.30319": "x-aspnet-version",
		"X-AspNetMvc-Version: 5.2":    "x-aspnetmvc-version",
		"X-Generator: Drupal 10":      "x-generator",
	} {
		name, value, _ := strings.Cut(line, ":")
		got := ""
		for _, w := range leaking(http.Header{http.CanonicalHeaderKey(name): {strings.TrimSpace(value)}}) {
			got += w.Where
		}
		if got != want {
			t.Errorf("%q leaks %q, want %q", line, got, want)
		}
	}
}

func TestTextIsFitToBeShown(t *testing.T) {
	for raw, want := range map[string]string{
		"nginx":                        "nginx",
		"a\x1b[31m\r\nb\x00\u202e":     "a[31mb",
		"\xff\xfe":                     "",
		strings.Repeat("ö", maxText):   strings.Repeat("ö", maxText/2),
		"x" + strings.Repeat("ö", 256): "x" + strings.Repeat("ö", 255),
	} {
		if got := text(raw); got != want {
			t.Errorf("text(%q) = %q, want %q", raw, got, want)
		}
	}
}
