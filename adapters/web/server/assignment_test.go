package server_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/openapi"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// everyField are the fields of all schemas of all documents, each with a value
// of its type.
func everyField(t *testing.T) map[string]any {
	t.Helper()
	fields := map[string]any{}
	for _, o := range webtest.Operations(t) {
		schemas, _ := o.Document.At("#/components")["schemas"].(openapi.Node)
		for _, schema := range schemas {
			collect(o.Document, schema, fields)
		}
	}
	return fields
}

func collect(d openapi.Document, part any, fields map[string]any) {
	switch n := part.(type) {
	case []any:
		for _, item := range n {
			collect(d, item, fields)
		}
	case openapi.Node:
		properties, _ := n["properties"].(openapi.Node)
		for name, schema := range properties {
			if fields[name] == nil {
				fields[name] = sample(d.Follow(schema))
			}
		}
		for _, below := range n {
			collect(d, below, fields)
		}
	}
}

// sample is a value that a schema allows, more or less: the last of those that
// it lists, for that is the dearest plan and the farthest state.
func sample(schema openapi.Node) any {
	if list, ok := schema["enum"].([]any); ok && list[len(list)-1] != nil {
		return list[len(list)-1]
	}
	kind := schema["type"]
	if list, ok := kind.([]any); ok {
		kind = list[0]
	}
	switch kind {
	case "integer", "number":
		return 99_999
	case "boolean":
		return true
	case "array":
		return []any{}
	case "object":
		return map[string]any{}
	default:
		return cmp.Or(fmt.Sprint(schema["example"]), "assigned")
	}
}

// bodies are an operation's examples of what it takes, and the fields that it
// has a use for.
func bodies(o webtest.Operation) (list []map[string]any, takes map[string]any) {
	content, _ := o.Document.Follow(o.Node["requestBody"])["content"].(openapi.Node)
	of, _ := content["application/json"].(openapi.Node)
	takes = map[string]any{}
	collect(o.Document, o.Document.Follow(of["schema"]), takes)
	for _, one := range variants(o.Document, of["schema"]) {
		collect(o.Document, one, takes)
	}
	add := func(example any) {
		if body, ok := example.(map[string]any); ok {
			list = append(list, body)
		}
	}
	add(of["example"])
	examples, _ := of["examples"].(openapi.Node)
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		add(o.Document.Follow(examples[name])["value"])
	}
	return list, takes
}

func variants(d openapi.Document, schema any) (list []openapi.Node) {
	for _, word := range []string{"oneOf", "anyOf", "allOf"} {
		parts, _ := d.Follow(schema)[word].([]any)
		for _, p := range parts {
			list = append(list, d.Follow(p))
		}
	}
	return list
}

// assigned is a server with one of everything that can be written to.
type assigned struct {
	*webtest.Server
	fill map[string]any    // what stands for fields of the examples
	ids  *strings.Replacer // what stands for ids of paths, those of accounts first
}

func newAssigned(t *testing.T) assigned {
	s := unlimited(t, uncounted)
	for _, c := range []domain.Contract{domain.SecAbly, domain.IsSafeSite, domain.SevenAzzani} {
		s.Plan(c, domain.InternalPlan)
	}
	s.Operate(s.Account, true)
	target := s.Post("/api/v1/targets/", `{"name": "site", "target_value": "https://a.example"}`).Is(http.StatusCreated).Field("id")
	return assigned{s, map[string]any{
		"target_id": json.Number(target), "website_id": json.Number(target), "old_password": "correct horse",
		"refresh": s.Post("/api/v1/auth/login/", `{"email": "ann@example.com", "password": "correct horse"}`, "Authorization:").Is(200).Field("refresh"),
	}, strings.NewReplacer("/admin/accounts/{id}", "/admin/accounts/"+s.Account.String(), "{id}", target)}
}

// write sends one of an operation's examples, with more fields in it.
func (s assigned) write(t *testing.T, o webtest.Operation, body, more map[string]any) webtest.Answer {
	t.Helper()
	sent := map[string]any{}
	maps.Copy(sent, more)
	maps.Copy(sent, body)
	for name := range body {
		if value, ok := s.fill[name]; ok {
			sent[name] = value
		}
	}
	if strings.HasSuffix(o.Path, "/login/") {
		sent["email"], sent["password"] = "ann@example.com", "correct horse"
	}
	text, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	return s.Do(o.Method, s.ids.Replace(o.Document.Prefix+o.Path), string(text))
}

// state is all that an account can read of itself.
func (s assigned) state() (text string) {
	for _, path := range []string{
		"/api/v1/profile/", "/api/v1/stats/", "/api/v1/subscription/", "/api/v1/credits/", "/api/v1/targets/", "/api/v1/scans/",
		"/api/v1/keys/", "/api/v1/team/", "/api/v1/admin/accounts/", "/api/v1/admin/accounts/" + s.Account.String() + "/", "/api/v1/scans", "/api/v1/scan", "/api/scans/", "/api/scans/statistics/", "/lookup/history/", "/shrinkit/api/links/",
	} {
		text += path + " " + s.Get(path).Is(200).Body + "\n"
	}
	return hidden.ReplaceAllString(text, `"$1":"…"`)
}

// hidden are the fields whose values are drawn.
var hidden = regexp.MustCompile(`"(access|refresh|key|token|preview_url|prefix|reportUrl|monthly_usage|monthly_scans_used|last_used_at|cause|requests_this_month|short_url|short_code|stats_url)":("[^"]*"|\d+|null)`)

// TestMassAssignment sends every field that any answer has with every write:
// nothing comes of those that the write does not take.
func TestMassAssignment(t *testing.T) {
	plain, greedy := newAssigned(t), newAssigned(t)
	fields := everyField(t)
	if len(fields) < 100 {
		t.Fatalf("only %d fields", len(fields))
	}
	writes := 0
	for _, o := range webtest.Operations(t) {
		examples, takes := bodies(o)
		more := maps.Clone(fields)
		maps.DeleteFunc(more, func(name string, _ any) bool { _, taken := takes[name]; return taken })
		for _, body := range examples {
			writes++
			name := fmt.Sprintf("%s %s %v", o.Method, o.Document.Prefix+o.Path, body)
			want, got := plain.write(t, o, body, nil), greedy.write(t, o, body, more)
			if want.Header.Get("X-Short-URL") != "" { // a file that is drawn of a link whose code is
				want.Body, got.Body = "", ""
			}
			if want.Status != got.Status || hidden.ReplaceAllString(want.Body, "") != hidden.ReplaceAllString(got.Body, "") {
				t.Errorf("%s\nis answered %d %s\nand with more fields %d %s", name, want.Status, want.Body, got.Status, got.Body)
			}
			if want, got := plain.state(), greedy.state(); want != got {
				t.Fatalf("%s\nleaves\n%s\nand with more fields\n%s", name, want, got)
			}
		}
	}
	t.Logf("%d writes with %d fields each", writes, len(fields))
	if writes < 20 {
		t.Errorf("only %d writes have an example", writes)
	}
}
