package secably_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// refresh spends a refresh token.
func refresh(s *webtest.Server, token string) webtest.Answer {
	return s.Post("/api/v1/auth/refresh/", `{"refresh": "`+token+`"}`, "Authorization:")
}

// TestSession follows a login to its end: tokens that are spent, shown again,
// and ended.
func TestSession(t *testing.T) {
	s := webtest.New(t, stores)
	access, first := s.LogIn("ann@example.com", "correct horse")
	bearer := "Authorization: Bearer " + access
	s.Get("/api/v1/profile/", bearer).Is(200)
	second := refresh(s, first).Is(200)
	s.Get("/api/v1/profile/", "Authorization: Bearer "+second.Field("access")).Is(200)
	told := refresh(s, first).Is(401)
	refresh(s, second.Field("refresh")).Is(401)
	s.Get("/api/v1/profile/", bearer).Is(401)
	s.Get("/api/v1/profile/", "Authorization: Bearer "+second.Field("access")).Is(401)
	if unknown := refresh(s, "rt_x").Is(401); unknown.Body != told.Body {
		t.Errorf("a spent token is told from an unknown one: %s, %s", told.Body, unknown.Body)
	}
	access, _ = s.LogIn("ann@example.com", "correct horse")
	s.Later(15*time.Minute - time.Second)
	s.Get("/api/v1/profile/", "Authorization: Bearer "+access).Is(200)
	s.Later(time.Second)
	s.Get("/api/v1/profile/", "Authorization: Bearer "+access).Is(401)
}

// TestBodies refuses each body that is none, and tells which field is wrong.
func TestBodies(t *testing.T) {
	s := webtest.New(t, stores)
	fields := map[string][]string{
		"/api/v1/auth/register/":        {"email", "password", "password_confirm"},
		"/api/v1/auth/login/":           {"email", "password"},
		"/api/v1/auth/refresh/":         {"refresh"},
		"/api/v1/auth/change-password/": {"old_password", "new_password", "new_password_confirm"},
	}
	for path, required := range fields {
		whole := map[string]any{}
		for _, f := range required {
			whole[f] = "correct horse"
		}
		for _, wrong := range []string{"", "[]", "null", `"x"`, "{", `{}{}`, "\xff{}", strings.Repeat("[", 1000)} {
			s.Later(time.Hour)
			s.Post(path, wrong).Is(400)
		}
		for _, f := range required {
			for _, c := range []struct {
				value any
				says  string
			}{{nil, f + " is required"}, {"", f + " is required"}, {7, f + " must be a string, not a number"}, {true, f + " must be a string, not true or false"}, {[]int{}, f + " must be a string, not a list"}} {
				body := maps.Clone(whole)
				body[f] = c.value
				text, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				s.Later(time.Hour)
				s.Post(path, string(text)).Is(400).Like(fmt.Sprintf(`{"error": %q}`, c.says))
			}
		}
	}
	s.Later(time.Hour)
	for _, wrong := range []string{`{"user_first_name": 1}`, `{"user_last_name": []}`, `[]`, `{"user_first_name": "a\u0000"}`, `{"user_last_name": "` + strings.Repeat("x", 151) + `"}`} {
		s.Do("PATCH", "/api/v1/profile/", wrong).Is(400)
	}
}

// TestMassAssignment sends every field of every answer, and others, with every
// write: nothing of it is taken over.
func TestMassAssignment(t *testing.T) {
	s := webtest.New(t, stores)
	paths := []string{"/api/v1/profile/", "/api/v1/stats/", "/api/v1/subscription/", "/api/v1/credits/"}
	standing := func() string {
		var all []string
		for _, path := range paths {
			var fields map[string]any
			s.Get(path).Is(200).Into(&fields)
			for _, counted := range []string{"monthly_usage", "usage"} {
				delete(fields, counted)
			}
			text, _ := json.Marshal(fields)
			all = append(all, string(text))
		}
		return strings.Join(all, "\n")
	}
	sent := map[string]any{}
	for _, path := range append(paths, "/api/v1/plans/") {
		var fields map[string]any
		s.Get(path).Is(200).Into(&fields)
		for name := range fields {
			sent[name] = "mass"
		}
	}
	for _, name := range webtest.Sensitive {
		sent[name] = "mass"
	}
	delete(sent, "user_first_name") // the two that PATCH is for
	delete(sent, "user_last_name")
	before := standing()
	for path, own := range map[string]map[string]any{
		"POST /api/v1/auth/login/":           {"email": "ann@example.com", "password": "correct horse"},
		"POST /api/v1/auth/refresh/":         {"refresh": "rt_x"},
		"POST /api/v1/auth/change-password/": {"old_password": "wrong horse", "new_password": "another horse", "new_password_confirm": "another horse"},
		"POST /api/v1/auth/register/":        {"email": "new@example.com", "password": "another horse", "password_confirm": "another horse"},
		"PATCH /api/v1/profile/":             {},
	} {
		body := maps.Clone(sent)
		maps.Copy(body, own)
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		method, path, _ := strings.Cut(path, " ")
		s.Do(method, path, string(text))
		if after := standing(); after != before {
			t.Errorf("%s %s has changed\n%s\nto\n%s", method, path, before, after)
		}
	}
	access, _ := s.LogIn("new@example.com", "another horse")
	s.Get("/api/v1/subscription/", "Authorization: Bearer "+access).Is(200).Like(`{"type": "free", "credits_remaining": 0}`)
	account, err := s.Desk.AccountByEmail(t.Context(), "new@example.com")
	if err != nil {
		t.Fatal(err)
	}
	history, err := s.Desk.Log.Read(t.Context(), domain.NewStream(domain.AccountFamily, account), 0)
	if err != nil || domain.Fold(new(domain.Account), history).Operator {
		t.Errorf("it has become an operator: %v", err)
	}
}

// TestPlansPaged leads from page to page, and to no other host.
func TestPlansPaged(t *testing.T) {
	s := webtest.New(t, stores)
	type plans struct {
		Count          int
		Next, Previous *string
		Results        []struct{ Name string }
	}
	var names []string
	var last plans
	for path := "/api/v1/plans/?page_size=2"; path != ""; {
		var p plans
		s.Get(path, "Authorization:").Is(200).Into(&p)
		for _, r := range p.Results {
			names = append(names, r.Name)
		}
		path, last = "", p
		if p.Next != nil {
			path = strings.TrimPrefix(*p.Next, s.URL)
		}
		if p.Count != 5 || len(names) > 5 {
			t.Fatalf("page %+v", p)
		}
	}
	if want := []string{"free", "indie", "startup", "business", "enterprise"}; !slices.Equal(names, want) || last.Previous == nil || *last.Previous != s.URL+"/api/v1/plans/?page=2&page_size=2" {
		t.Errorf("plans %q, and before the last page %v", names, last.Previous)
	}
	s.Get("/api/v1/plans/?page=9").Is(200).Like(`{"count": 5, "next": null, "results": []}`)
	for _, wrong := range []string{"page=0", "page=x", "page_size=0", "page_size=-1"} {
		s.Get("/api/v1/plans/?" + wrong).Is(400)
	}
}
