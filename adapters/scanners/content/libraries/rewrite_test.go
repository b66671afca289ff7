package libraries

import (
	"strings"
	"testing"
)

func TestRewrite(t *testing.T) {
	for _, c := range []struct {
		expression, text string
		want             string // the first group; "-" where nothing matches
	}{
		{`v([0-9.]+)`, "v1.2", "1.2"},
		{`="([0-9.]+)",.{5,30}(.)\.fn=(\2)\.proto`, `="1.2",abcdefg;k.fn=k.proto`, "1.2"},
		{`="([0-9.]+)",.{5,30}(.)\.fn=(\2)\.proto`, `="1.2",abcdefg;k.fn=x.proto`, "-"},
		{`([a-z])="([0-9.]+)";\1`, `a="1.2";a`, "a"},
		{`([a-z])="([0-9.]+)";\1`, `a="1.2";b`, "-"},
		{`="([0-9.a-z]+)(?<=[0-9]\.[0-9])"`, `="1.2"`, "1.2"},
		{`="([0-9.a-z]+)(?<=[0-9]\.[0-9])"`, `="12"`, "-"},
		{`="([0-9.a-z]+)(?<!x)"`, `="1.2x"`, "-"},
		{`([0-9.]+)(?= end)`, "1.2 end", "1.2"},
		{`([0-9.]+)(?= end)`, "1.2 start", "-"},
		{`([0-9]+);(?!no)`, "12;no", "-"},
		{`([0-9]+);(?!no)`, "12;yes", "12"},
		{`(?<major>[0-9]+)\.`, "12.", "12"},
		{`([0-9.]+)\u00e9`, "1.2é", "1.2"},
		{`([0-9.]+)[\s\S]{1,5000}end`, "1.2" + strings.Repeat("x", 4999) + "end", "1.2"},
		{`([0-9.]+);[\s\S]{1,5000}end`, "1.2;" + strings.Repeat("x", 5001) + "end", "-"},
		{`([0-9.]+).{0,1200}?l=`, "1.2" + strings.Repeat("x", 1200) + "l=", "1.2"},
		{`{a:([0-9.]+)}`, "{a:1.2}", "1.2"},
		{`a{2}([0-9.]+)`, "aa1.2", "1.2"},
		{`[\]\)(](\d)`, ")1", "1"},
		{`(?:a|b)+(\d)`, "abab1", "1"},
		{`v([0-9]+)`, strings.Repeat("é", shortText) + "v7", "7"},
		{`([a-z])=([0-9]);(\1)`, strings.Repeat("x=1;y ", 900) + strings.Repeat("é", shortText) + "z=2;z", "z"},
	} {
		p, err := rewrite(c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		got := "-"
		if found := p.find(t.Context(), c.text); len(found) > 0 {
			got = p.group(c.text, found[0], 1)
		}
		if got != c.want {
			t.Errorf("%s finds %q, want %q", c.expression, got, c.want)
		}
	}
}

// TestRewriteLeaves what could only be had wrong.
func TestRewriteLeaves(t *testing.T) {
	for _, expression := range []string{
		`(a+)\1`, `((a))\1`, `\1(a)`, `(ab){1,5000}`, `a{1,90000}`, `a{2000,3000}`, `(?=a`, `(?=a(?=b))`, `(`, `)`, `[a`, `a\`, `\uzzzz`, `*`,
	} {
		if p, err := rewrite(expression); err == nil {
			t.Errorf("%s is %s", expression, p.re)
		}
	}
}

func TestRequired(t *testing.T) {
	for expression, want := range map[string]string{
		`/\*!? jQuery v([0-9]+)`: " jQuery v",
		`(?:abc|abd)x`:           "ab",
		`(abc)+d`:                "abc",
		`(abc)*d`:                "d",
		`(?i)abc`:                "",
		`a|b`:                    "",
		`(?:long text){2}a`:      "long text",
	} {
		if got := required(expression); got != want && !(want == "ab" && got == "x") {
			t.Errorf("%s needs %q, want %q", expression, got, want)
		}
	}
}

func TestAtOrAbove(t *testing.T) {
	for _, c := range []struct {
		version, than string
		want          bool
	}{
		{"1.9.0", "1.9.0", true}, {"1.10.0", "1.9.0", true}, {"1.8.3", "1.9.0", false}, {"1.9", "1.9.0", true}, {"1.9.0", "1.9", true},
		{"1.9.0b1", "1.9.0", false}, {"1.9.0", "1.9.0b1", true}, {"3.0.0-rc.1", "3.0.0", false}, {"3.0.0", "3.0.0-rc.1", true},
		{"3.0.0-beta1", "3.0.0-rc.1", false}, {"1.010", "1.10", true}, {"99999999999999999999.0", "99999999999999999998", true}, {"1..2", "1.0.2", false},
	} {
		if got := atOrAbove(c.version, c.than); got != c.want {
			t.Errorf("atOrAbove(%s, %s) = %v", c.version, c.than, got)
		}
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add(`="(v)(?<=[0-9]{1,2})",.{50,3000}(.)\.fn=(\2)[\]a]\u00e9`, "text")
	f.Fuzz(func(t *testing.T, expression, text string) {
		p, err := rewrite(expression)
		if err != nil {
			return
		}
		for _, m := range p.find(t.Context(), text) {
			for i := range p.groups {
				p.group(text, m, i)
			}
		}
	})
}
