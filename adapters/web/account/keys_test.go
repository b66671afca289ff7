package account_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
)

// issue makes a key over HTTP.
func issue(s *webtest.Server, body string, headers ...string) webtest.Answer {
	return s.Post("/api/v1/keys/", body, headers...)
}

// bearer is the header that has a key.
func bearer(a webtest.Answer) string { return "Authorization: Bearer " + a.Field("key") }

// TestKeys makes a key with a login, uses it, sees it listed, and ends it.
func TestKeys(t *testing.T) {
	s := webtest.New(t, stores)
	access, _ := s.LogIn("ann@example.com", "correct horse")
	as := "Authorization: Bearer " + access
	s.Later(time.Second)
	made := issue(s, `{"name": " laptop ", "allow_ip": ["127.0.0.1", "203.0.113.9/24"], "expires_in": 3600}`, as).Is(201).Like(`{
		"name": "laptop", "allow_ip": ["127.0.0.1/32", "203.0.113.0/24"], "status": "active", "created_at": "2026-04-03T12:00:01Z",
		"expires_at": "2026-04-03T13:00:01Z", "revoked_at": null, "last_used_at": null, "message": "Keep the key: it is not shown again."}`)
	key, id := made.Field("key"), made.Field("id")
	if made.Field("prefix") != key[:8] {
		t.Errorf("prefix %s of %s", made.Field("prefix"), key)
	}
	s.Get("/api/v1/profile/", bearer(made)).Is(200).Like(`{"user_email": "ann@example.com"}`)
	s.Get("/api/scans/", bearer(made)).Is(200)
	list := s.Get("/api/v1/keys/", as).Is(200).Like(`{"count": 2, "next": null, "results": [{"id": "` + id + `", "name": "laptop", "status": "active", "last_used_at": "2026-04-03T12:00:01Z"}, {"name": "test"}]}`)
	if strings.Contains(list.Body, key) || strings.Contains(s.Logged(), key) {
		t.Error("the key is shown again")
	}
	s.Later(time.Hour)
	s.Get("/api/v1/profile/", bearer(made)).Is(401)
	access, _ = s.LogIn("ann@example.com", "correct horse")
	as = "Authorization: Bearer " + access
	s.Get("/secably/api/v1/keys", as).Is(200).Like(`{"results": [{"status": "expired"}, {"status": "active"}]}`)
	s.Later(time.Second)
	forever := issue(s, `{"name": "ci"}`, as).Is(201).Like(`{"expires_at": null, "allow_ip": []}`)
	for range 2 {
		if a := s.Do(http.MethodDelete, "/api/v1/keys/"+forever.Field("id")+"/", "", as); a.Status != 204 || a.Body != "" {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	s.Get("/api/v1/profile/", bearer(forever)).Is(401)
	s.Get("/api/v1/keys/?page_size=1", as).Is(200).Like(`{"count": 3, "results": [{"name": "ci", "status": "revoked", "revoked_at": "2026-04-03T13:00:02Z"}]}`)
}

// TestKeyBodies refuses what makes no key, and says why.
func TestKeyBodies(t *testing.T) {
	s := webtest.New(t, stores)
	for body, says := range map[string]string{
		`[]`: "The body must be a JSON object", `{}`: "name is required", `{"name": "a\u0000b"}`: "name must have 1 to 100 characters, and none of them a control character", `{"name": ""}`: "name is required", `{"name": "  "}`: "name must have 1 to 100 characters, and none of them a control character",
		`{"name": 1}`: "name must be a string, not a number", `{"name": "` + strings.Repeat("x", 101) + `"}`: "name must have 1 to 100 characters, and none of them a control character",
		`{"name": "k", "allow_ip": "127.0.0.1"}`:                                       "allow_ip must be a list, not a string",
		`{"name": "k", "allow_ip": ["10.0.0.0/33"]}`:                                   `"10.0.0.0/33" is no address or CIDR such as 203.0.113.0/24`,
		`{"name": "k", "expires_in": 0}`:                                               "expires_in must be a number of seconds from 1 to 316224000",
		`{"name": "k", "expires_in": 316224001}`:                                       "expires_in must be a number of seconds from 1 to 316224000",
		`{"name": "k", "expires_in": "1h"}`:                                            "expires_in must be a whole number, not a string",
		`{"name": "k", "expires_at": "tomorrow"}`:                                      "expires_at must be a time such as 2027-01-31T12:00:00Z",
		`{"name": "k", "expires_at": "2026-04-03T12:00:00Z"}`:                          "the time at which the key expires must be one to come",
		`{"name": "k", "expires_at": "2027-01-31T12:00:00+01:00", "expires_in": 3600}`: "expires_at and expires_in say the same: send one of them",
	} {
		issue(s, body).Is(400).Like(fmt.Sprintf(`{"error": %q}`, says))
	}
	issue(s, `{"name": "k", "expires_at": "2027-01-31T12:00:00+01:00"}`).Is(201).Like(`{"expires_at": "2027-01-31T11:00:00Z"}`)
	issue(s, `{"name": "k", "expires_in": 3.6e3}`).Is(201).Like(fmt.Sprintf(`{"expires_at": %q}`, s.Now().Add(time.Hour).Format(time.RFC3339)))
	s.Get("/api/v1/keys/").Is(200).Like(`{"count": 3}`)
}

// TestBoundKeys end themselves, and make and end no other.
func TestBoundKeys(t *testing.T) {
	s := webtest.New(t, stores)
	for _, restriction := range []string{`"expires_in": 3600`, `"allow_ip": ["127.0.0.0/8"]`} {
		bound := issue(s, `{"name": "bound", `+restriction+`}`).Is(201)
		for _, body := range []string{`{"name": "free"}`, `{"name": "bound", ` + restriction + `}`} {
			issue(s, body, bearer(bound)).Is(403).Like(`{"error": "A key that expires or is bound to addresses may not do this: log in and use the access token, or use a key without restrictions"}`)
		}
		other := issue(s, `{"name": "free"}`).Is(201) // by a key without restrictions
		s.Do(http.MethodDelete, "/api/v1/keys/"+other.Field("id"), "", bearer(bound)).Is(403)
		s.Post("/api/v1/team/", `{"email": "ann@example.com"}`, bearer(bound)).Is(403)
		s.Do(http.MethodDelete, "/api/v1/team/", `{"email": "ann@example.com"}`, bearer(bound)).Is(403)
		s.Get("/api/v1/keys/", bearer(bound)).Is(200)
		s.Do(http.MethodDelete, "/api/v1/keys/"+bound.Field("id"), "", bearer(bound)).Is(204)
		s.Get("/api/v1/keys/", bearer(bound)).Is(401)
		issue(s, `{"name": "more"}`, bearer(other)).Is(201)
	}
}

// TestForeignKeys are as keys that nobody has.
func TestForeignKeys(t *testing.T) {
	s := webtest.New(t, stores)
	key, id := s.Issue(s.Register("bob@example.com"))
	for _, of := range []string{id.String(), uuid.NewString(), "1", "7AZ_x"} {
		s.Do(http.MethodDelete, "/api/v1/keys/"+of, "").Is(404).Like(`{"error": "Key not found"}`)
	}
	s.Get("/api/v1/keys/", "Authorization: Bearer "+key).Is(200).Like(`{"count": 1}`)
	s.Get("/api/v1/keys/", "Authorization:").Is(401)
	s.Get("/api/v1/team/", "Authorization: Bearer 7AZ_wrong").Is(401)
}

// TestFullMonth lets whoever has used up the month's requests revoke a key.
func TestFullMonth(t *testing.T) {
	s := webtest.New(t, stores)
	_, id := s.Issue(s.Account)
	for range 100 {
		s.Get("/api/v1/profile/").Is(200)
	}
	s.Get("/api/v1/profile/").Is(429)
	s.Do(http.MethodDelete, "/api/v1/keys/"+id.String()+"/", "").Is(204).Has("X-RateLimit-Limit: 1000")
	s.Get("/api/v1/keys/").Is(200).Has(`RateLimit-Policy: "hour";q=1000;w=3600`)
}

// TestKeyAssignment sends all that a key's answer has: nothing of it is taken
// but what may be chosen.
func TestKeyAssignment(t *testing.T) {
	s := webtest.New(t, stores)
	var fields map[string]any
	issue(s, `{"name": "k"}`).Is(201).Into(&fields)
	fields["account"], fields["account_id"], fields["name"] = uuid.NewString(), uuid.NewString(), "second"
	fields["key"], fields["status"], fields["prefix"] = "7AZ_chosen", "revoked", "7AZ_chos"
	for _, name := range webtest.Sensitive {
		if _, ok := fields[name]; !ok {
			fields[name] = "mass"
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	second := issue(s, string(text)).Is(201).Like(`{"name": "second", "status": "active"}`)
	if second.Field("id") == fields["id"] || second.Field("key") == fields["key"] || second.Field("prefix") == fields["prefix"] {
		t.Errorf("made as it was asked for: %s", second.Body)
	}
	if grant, err := s.Desk.GrantOf(t.Context(), second.Field("key")); err != nil || grant.Account != s.Account {
		t.Errorf("it opens %+v, %v", grant, err)
	}
}
