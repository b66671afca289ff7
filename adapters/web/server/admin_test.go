package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

const allAccounts = "/api/v1/admin/accounts/"

// administered is a server whose Account is an operator's, and another account.
func administered(t *testing.T) (*webtest.Server, uuid.UUID) {
	t.Helper()
	s := unlimited(t)
	s.Operate(s.Account, true)
	return s, s.Register("bob@example.com")
}

func TestAccountsAreListed(t *testing.T) {
	s, bob := administered(t)
	s.Get(allAccounts).Is(200).Like(`{"count": 2, "next": null, "previous": null, "results": [
		{"id": "` + bob.String() + `", "email": "bob@example.com", "operator": false, "balance": 0, "plans": {"secably": "free", "issafesite": "free", "scanner": "free", "7azzani": "free"}},
		{"id": "` + s.Account.String() + `", "email": "ann@example.com", "operator": true, "plans": {"issafesite": "internal"}}]}`)
	s.Get(allAccounts + "?page_size=1&page=2").Is(200).Like(`{"count": 2, "next": null, "results": [{"email": "ann@example.com"}]}`)
	for search, found := range map[string]int{
		"bob@example.com": 1, "BOB%40example.com": 1, bob.String(): 1, "%20bob@example.com%20": 1, "": 2, "bo@example.com": 0, nobody: 0, "bob@example.com&page=2": 1,
	} {
		a := s.Get(allAccounts + "?search=" + search).Is(200)
		if got := a.Field("count"); got != fmt.Sprint(found) {
			t.Errorf("%q finds %s, want %d: %s", search, got, found, a.Body)
		}
	}
	for _, wrong := range []string{"bob", "bob@", "@", "%25"} {
		s.Get(allAccounts + "?search=" + wrong).Is(400)
	}
}

func TestAccountIsAdministered(t *testing.T) {
	s, bob := administered(t)
	at := allAccounts + bob.String() + "/"
	key, _ := s.Issue(bob)
	s.Post(at+"plan/", `{"contract": "secably", "plan": "indie", "reason": "Invoice 4711"}`).Is(200).
		Like(`{"id": "` + bob.String() + `", "contract": "secably", "plan": "indie", "reason": "Invoice 4711"}`)
	s.Post(at+"plan/", `{"contract": "secably", "plan": "indie", "reason": "again"}`).Is(200)
	s.Post(at+"credits/", `{"credits": 25, "reason": "A gift, ünïcödé"}`).Is(200).Like(`{"credits": 25, "reason": "A gift, ünïcödé"}`)
	s.Get("/api/v1/credits/", "Authorization: Bearer "+key).Is(200).Like(`{"balance": 35, "entries": [{"amount": 25, "reason": "A gift, ünïcödé"}, {"amount": 10, "reason": ""}]}`)
	shown := s.Get(at).Is(200).Like(`{"id": "` + bob.String() + `", "operator": false, "email": "bob@example.com", "credits": {"balance": 35, "monthly_credits": 10, "purchased_credits": 25},
		"keys": [{"name": "test", "status": "active"}], "plan_changes": [{"contract": "secably", "plan": "indie", "reason": "Invoice 4711"}], "offers": {"scanner": ["free", "internal"]}}`)
	for _, has := range []string{`"reason":"A gift, ünïcödé"`, `"reason":""`, `"amount":25`, `"amount":10`} {
		if !strings.Contains(shown.Body, has) {
			t.Errorf("the account lacks %s: %s", has, shown.Body)
		}
	}
	if strings.Contains(shown.Body, key) {
		t.Error("a key is shown")
	}
	for body, path := range map[string]string{
		`{"contract": "secably", "plan": "gold", "reason": "a"}`: "plan/", `{"contract": "other", "plan": "free", "reason": "a"}`: "plan/",
		`{"contract": "secably", "plan": "free"}`: "plan/", `{"contract": "secably", "plan": "free", "reason": " "}`: "plan/",
		`{"credits": 0, "reason": "a"}`: "credits/", `{"credits": -1, "reason": "a"}`: "credits/", `{"credits": 1.5, "reason": "a"}`: "credits/", `{"credits": 1000001, "reason": "a"}`: "credits/",
		`{"credits": 1}`: "credits/", `{"credits": 1, "reason": "a\nb"}`: "credits/", `{"credits": 1, "reason": "` + strings.Repeat("a", 501) + `"}`: "credits/",
	} {
		s.Post(at+path, body).Is(400)
	}
	for _, id := range []string{nobody, "1", "nonsense"} {
		s.Get(allAccounts + id + "/").Is(404).Like(`{"error": "Account not found"}`)
		s.Post(allAccounts+id+"/credits/", `{"credits": 1, "reason": "a"}`).Is(404)
		s.Post(allAccounts+id+"/plan/", `{"contract": "secably", "plan": "free", "reason": "a"}`).Is(404)
	}
	if left := s.Get(at).Is(200); left.Body != shown.Body {
		t.Errorf("refusals leave %s\nand before %s", left.Body, shown.Body)
	}
}

// TestNoOperator is answered the same whatever is asked for, and once an account
// is no operator's it is so at once: for its key, its token, and an answer that
// was kept for it. Who brings no credentials is told to, as everywhere.
func TestNoOperator(t *testing.T) {
	s, bob := administered(t)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	at := allAccounts + bob.String() + "/"
	login := s.Post("/api/v1/auth/login/", `{"email": "ann@example.com", "password": "correct horse"}`, "Authorization:").Is(200)
	ways := []string{"Authorization: Bearer " + s.Key, "Authorization: Bearer " + login.Field("access")}
	once := []string{"Idempotency-Key: a gift"}
	s.Post(at+"credits/", `{"credits": 25, "reason": "a"}`, once...).Is(200)
	for _, way := range ways {
		s.Get(at, way).Is(200)
	}
	s.Operate(s.Account, false)
	s.Get(at, "Authorization:").Is(401)
	s.Post(at+"credits/", `{"credits": 25, "reason": "a"}`, "Authorization:").Is(401)
	denied := s.Get(allAccounts).Is(403).Like(`{"error": "This is for operators of the installation alone"}`)
	for _, way := range ways {
		for _, a := range []webtest.Answer{
			s.Get(allAccounts, way), s.Get(at, way), s.Get(allAccounts+nobody+"/", way), s.Get(allAccounts+s.Account.String()+"/", way),
			s.Post(at+"credits/", `{"credits": 25, "reason": "a"}`, append(once, way)...), s.Post(at+"credits/", `{`, way), s.Post(at+"plan/", `{}`, way),
		} {
			if a.Is(http.StatusForbidden); a.Body != denied.Body || !slices.Equal(headerNames(a), headerNames(denied)) {
				t.Errorf("it is answered %v %s, and the list of accounts %v %s", headerNames(a), a.Body, headerNames(denied), denied.Body)
			}
		}
	}
	s.Operate(s.Account, true)
	s.Get(at).Is(200).Like(`{"credits": {"balance": 25}}`)
}

// headerNames are what tells answers apart beside their status and body.
func headerNames(a webtest.Answer) []string { return slices.Sorted(maps.Keys(a.Header)) }
