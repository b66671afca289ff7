package scanners_test

import (
	"slices"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
)

func TestCVEs(t *testing.T) {
	got := scanners.CVEs("cve-2021-44228", " CVE-2021-44228 ", "CVE-2020-1", "CVE-2020-12345", "", "x CVE-2020-1234", "CVE-2020-1234<b>")
	if want := []string{"CVE-2021-44228", "CVE-2020-12345"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCWE(t *testing.T) {
	for _, c := range []struct {
		texts []string
		want  int
	}{
		{[]string{"79"}, 79}, {[]string{"cwe-200", "CWE-79"}, 200}, {[]string{"-1"}, 0}, {[]string{"0"}, 0}, {nil, 0},
		{[]string{"NVD-CWE-noinfo", "CWE-22"}, 22}, {[]string{"999999"}, 0},
	} {
		if got := scanners.CWE(c.texts...); got != c.want {
			t.Errorf("%q is %d, want %d", c.texts, got, c.want)
		}
	}
}

func TestLinks(t *testing.T) {
	got := scanners.Links("https://a.example/", "javascript:alert(1)", "http://b.example/x", "https://a.example/", "c.example", "ftp://d.example/", "")
	if want := []string{"https://a.example/", "http://b.example/x"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
