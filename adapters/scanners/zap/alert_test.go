package zap

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestTranslate(t *testing.T) {
	site, _ := url.Parse("https://site.example/")
	for _, c := range []struct {
		name, alert string
		rule, where string // "" for no weakness
	}{
		{"a header", `{"pluginId":"10038","alertRef":"10038-1","sourceid":"3","risk":"Medium","url":"https://site.example/a"}`, "zap/10038-1", ""},
		{"no case", `{"pluginId":10021,"sourceid":3,"risk":"Low","url":"https://site.example/a"}`, "zap/10021", ""},
		{"a cookie", `{"pluginId":"10010","sourceid":"3","risk":"Low","param":"sid","url":"https://site.example/a"}`, "zap/10010", "sid"},
		{"a page", `{"pluginId":"10033","sourceid":"3","risk":"Low","url":"https://site.example/a/?C=N"}`, "zap/10033", "/a/"},
		{"a parameter", `{"pluginId":"40012","sourceid":"1","risk":"High","param":"q","attack":"<x>","url":"https://site.example/s?q=%3Cx%3E"}`, "zap/40012", "/s?q"},
		{"a hostile parameter", `{"pluginId":"40012","sourceid":"1","risk":"High","param":"a&b=\u001b","url":"https://site.example/s"}`, "zap/40012", "/s?a%26b%3D%1B"},
		{"a file", `{"pluginId":"40034","sourceid":"1","risk":"Medium","url":"https://site.example/.env"}`, "zap/40034", "/.env"},
		{"another site", `{"pluginId":"10038","sourceid":"3","risk":"Medium","url":"https://other.example/"}`, "", ""},
		{"another port", `{"pluginId":"10038","sourceid":"3","risk":"Medium","url":"https://site.example:8443/"}`, "", ""},
		{"by hand", `{"pluginId":"-1","sourceid":"3","risk":"Medium","url":"https://site.example/"}`, "", ""},
		{"false", `{"pluginId":"10038","sourceid":"3","risk":"Medium","confidence":"False Positive","url":"https://site.example/"}`, "", ""},
		{"no risk", `{"pluginId":"10038","sourceid":"3","risk":"Huge","url":"https://site.example/"}`, "", ""},
		{"no address", `{"pluginId":"10038","sourceid":"3","risk":"Low","url":"%zz"}`, "", ""},
	} {
		var a alert
		if err := json.Unmarshal([]byte(c.alert), &a); err != nil {
			t.Fatal(err)
		}
		w := translate(site, a)
		switch {
		case w == nil && c.rule != "":
			t.Errorf("%s is nothing", c.name)
		case w != nil && (w.Advisory.ID != c.rule || w.Where != c.where):
			t.Errorf("%s is %q at %q", c.name, w.Advisory.ID, w.Where)
		}
	}
}

// TestStated takes over what ZAP states, of each kind what is in its form.
func TestStated(t *testing.T) {
	site, _ := url.Parse("https://site.example/")
	var a alert
	err := json.Unmarshal([]byte(`{"pluginId":"10003","sourceid":"3","risk":"High","confidence":"Medium","method":"GET","url":"https://site.example/j.js","alert":"Vulnerable JS Library",
		"cweid":"1395","description":"D.","solution":"S.","reference":"https://a.example/1\njavascript:alert(1)\nhttps://a.example/2",
		"tags":{"CVE-2020-11023":"https://nvd.nist.gov/","OWASP_2021_A06":"","CVE-2020-11022":""},"evidence":"secret"}`), &a)
	if err != nil {
		t.Fatal(err)
	}
	w := translate(site, a)
	got := w.Advisory
	if got.Title != "Vulnerable JS Library" || got.Severity != domain.High || got.CWE != 1395 || got.Description != "D." || got.Remedy != "S." {
		t.Errorf("%+v", got)
	}
	if !slices.Equal(got.CVE, []string{"CVE-2020-11022", "CVE-2020-11023"}) || !slices.Equal(got.References, []string{"https://a.example/1", "https://a.example/2"}) {
		t.Errorf("%q, %q", got.CVE, got.References)
	}
	if w.Detail != "ZAP saw it at GET /j.js, with medium confidence." {
		t.Errorf("%q", w.Detail)
	}
}

// TestWitness: what ZAP sees is the same finding as what we see ourselves.
func TestWitness(t *testing.T) {
	target, err := domain.ParseURL("https://site.example/")
	if err != nil {
		t.Fatal(err)
	}
	site, _ := url.Parse("https://site.example/")
	for _, c := range []struct{ alert, rule, where string }{
		{`{"pluginId":"10035","alertRef":"10035-1","sourceid":"3","risk":"Low","url":"https://site.example/x"}`, "headers/hsts/missing", ""},
		{`{"pluginId":"10038","alertRef":"10038-1","sourceid":"3","risk":"Medium","url":"https://site.example/x"}`, "headers/csp/missing", ""},
		{`{"pluginId":"10010","sourceid":"3","risk":"Low","param":"sid","url":"https://site.example/x"}`, "cookies/httponly/missing-session", "sid"},
		{`{"pluginId":"10033","sourceid":"3","risk":"Medium","url":"https://site.example/files/"}`, "content/directory-listing", "/files/"},
	} {
		var a alert
		if err := json.Unmarshal([]byte(c.alert), &a); err != nil {
			t.Fatal(err)
		}
		w := translate(site, a)
		if domain.FingerprintOf(target, w.Advisory.ID, w.Where) != domain.FingerprintOf(target, c.rule, c.where) {
			t.Errorf("%s at %q is another finding than %s at %q", w.Advisory.ID, w.Where, c.rule, c.where)
		}
	}
}

// FuzzAlert: whatever ZAP says, a weakness has a rule of ZAP's and a place on the site.
func FuzzAlert(f *testing.F) {
	var all struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	if err := json.Unmarshal(session(f, "https://site.example")["alert/view/alerts"], &all); err != nil {
		f.Fatal(err)
	}
	for _, a := range all.Alerts {
		f.Add([]byte(a))
	}
	f.Add([]byte(`{"pluginId":[],"tags":{"a":1}}`))
	site, _ := url.Parse("https://site.example/")
	f.Fuzz(func(t *testing.T, raw []byte) {
		var a alert
		if json.Unmarshal(raw, &a) != nil {
			return
		}
		w := translate(site, a)
		if w == nil {
			return
		}
		if !strings.HasPrefix(w.Advisory.ID, "zap/") || !slices.Contains(domain.Severities, w.Advisory.Severity) || w.Advisory.CWE < 0 {
			t.Errorf("%+v", w)
		}
		for _, link := range w.Advisory.References {
			if !strings.HasPrefix(link, "http") {
				t.Errorf("a link to %q", link)
			}
		}
	})
}
