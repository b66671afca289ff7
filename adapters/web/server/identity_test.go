package server_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/accesstoken"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// doors are a path of each contract, and what it says to bad credentials.
var doors = []struct {
	path string
	bad  int
}{
	{"/api/v1/scans", 401}, {"/scanner/api/v1/scans", 401}, {"/api/v1/scan/" + nobody, 401},
	{"/api/v1/scan", 403}, {"/issafesite/api/v1/report", 403}, {"/api/v1/stats/", 401}, {"/secably/api/v1/profile", 401},
}

// never counts nothing.
type never struct{ web.Limits }

func (never) Take(context.Context, string, time.Duration) (int, time.Time, error) {
	return 1, time.Unix(0, 0), nil
}

// uncounted is a server that asks for more than strangers may.
func uncounted(o *server.Options) { o.Gate.Limits = never{o.Gate.Limits} }

// logIn gives an access token of Account's.
func logIn(t *testing.T, s *webtest.Server) string {
	t.Helper()
	return s.Post("/api/v1/auth/login/", `{"email": "ann@example.com", "password": "correct horse"}`, "Authorization:").Is(200).Field("access")
}

// TestAccessTokens opens every contract, as an API key does, until its session
// ends.
func TestAccessTokens(t *testing.T) {
	s := unlimited(t, uncounted)
	token := logIn(t, s)
	id := s.Post("/api/v1/scan", `{"url": "https://a.example"}`, "Authorization: Bearer "+token).Is(202).Field("id")
	s.Get("/api/v1/scan/" + id).Is(200)
	s.Get("/scanner/api/v1/scan/"+id, "Authorization: bearer "+token).Is(200)
	s.Get("/api/v1/scan/"+id+"/events", "Authorization: Bearer "+token).Is(200).Like(`{"events": [{"actor": "account:` + s.Account.String() + `"}]}`)
	for _, d := range doors {
		if a := s.Get(d.path, "Authorization: Bearer "+token); a.Status != 200 && d.path != "/api/v1/scan/"+nobody {
			t.Errorf("%s: %d", d.path, a.Status)
		}
	}
	s.Post("/api/v1/auth/change-password/", `{"old_password": "correct horse", "new_password": "another horse", "new_password_confirm": "another horse"}`).Is(200)
	for _, d := range doors {
		s.Get(d.path, "Authorization: Bearer "+token).Is(d.bad)
		if a := s.Get(d.path); a.Status == d.bad {
			t.Errorf("%s: a key has ended with the password", d.path)
		}
	}
}

// TestBadCredentials opens nothing by any of them, in any contract.
func TestBadCredentials(t *testing.T) {
	s := unlimited(t, uncounted)
	good := logIn(t, s)
	part := strings.Split(good, ".")
	signer := func(key string) *accesstoken.Signer {
		made, err := accesstoken.New([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	sign := func(by *accesstoken.Signer, a commands.Access) string {
		token, err := by.Sign(a)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	own, now := signer(webtest.SigningKey), s.Now()
	said, err := own.Read(good, now)
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(*commands.Access)) string {
		a := said
		change(&a)
		return sign(own, a)
	}
	refresh := s.Post("/api/v1/auth/login/", `{"email": "ann@example.com", "password": "correct horse"}`).Is(200).Field("refresh")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`))
	bob := s.Register("bob@example.com")
	bad := map[string]string{
		"a refresh token": refresh, "alg none": unsigned + "." + part[1] + ".", "tampered": part[0] + "." + part[1] + "x." + part[2],
		"no signature": part[0] + "." + part[1] + ".", "another key": sign(signer("the key of another installation."), said),
		"expired":             with(func(a *commands.Access) { a.Expires = now }),
		"not yet valid":       with(func(a *commands.Access) { a.Issued, a.Expires = now.Add(time.Hour), now.Add(time.Hour+time.Minute) }),
		"too long":            with(func(a *commands.Access) { a.Expires = now.Add(24 * time.Hour) }),
		"an unknown session":  with(func(a *commands.Access) { a.Session = uuid.New() }),
		"another's session":   with(func(a *commands.Access) { a.Account = bob }),
		"nobody's session":    with(func(a *commands.Access) { a.Account = uuid.Nil }),
		"a mistyped key":      s.Key[:10] + s.Key[11:],
		"a key as it may be":  "7AZ_" + strings.Repeat("0", 43) + "000000",
		"a token with prefix": "7AZ_" + good, "two tokens": good + " " + good, "a password": "correct horse", "a long one": strings.Repeat("x", 8000), "not ASCII": "ü",
	}
	for _, d := range doors {
		for name, token := range bad {
			if a := s.Get(d.path, "Authorization: Bearer "+token); a.Status != d.bad {
				t.Errorf("%s with %s: %d, want %d: %s", d.path, name, a.Status, d.bad, a.Body)
			}
		}
		for _, header := range []string{"", "Bearer", "Bearer ", good, "Basic " + good, "Token " + good, "JWT " + good} {
			s.Get(d.path, "Authorization: "+header).Is(401)
		}
		for _, query := range []string{"access_token", "token", "key", "api_key"} {
			s.Get(d.path+"?"+query+"="+good, "Authorization:").Is(401)
		}
	}
}

// TestForeignScans are answered exactly as those that there are not, with the same
// limits: which contract they came through is nobody else's to know.
func TestForeignScans(t *testing.T) {
	s := webtest.New(t, stores)
	bobs, _ := s.Issue(s.Register("bob@example.com"))
	asBob := "Authorization: Bearer " + bobs
	for _, scan := range []uuid.UUID{s.Scan(domain.ScannerAPI, "a.example"), s.Scan(domain.IsSafeSite, "https://a.example"), s.Scan(domain.SecAbly, "https://a.example")} {
		for _, below := range []string{"", "/events", "/bundle", "/diff"} {
			unknown, foreign := s.Get("/api/v1/scan/"+nobody+below, asBob).Is(404), s.Get("/api/v1/scan/"+scan.String()+below, asBob).Is(404)
			for _, name := range append(headerNames(unknown), headerNames(foreign)...) {
				switch name {
				case "Date", "X-Request-Id", "Ratelimit", "Ratelimit-Remaining":
					continue
				}
				if foreign.Header.Get(name) != unknown.Header.Get(name) {
					t.Errorf("%s of a foreign scan is %q, of an unknown one %q", name, foreign.Header.Get(name), unknown.Header.Get(name))
				}
			}
			if foreign.Body != unknown.Body {
				t.Errorf("a foreign scan is %s, an unknown one %s", foreign.Body, unknown.Body)
			}
		}
	}
}

// TestTeam shows a member in Scanner's words what the others have, and in the
// words of the other contracts what it has itself.
func TestTeam(t *testing.T) {
	s := unlimited(t, uncounted)
	bob, cyd := s.Register("bob@example.com"), s.Register("cyd@example.com")
	bobs, _ := s.Issue(bob)
	cyds, _ := s.Issue(cyd)
	asBob, asCyd := "Authorization: Bearer "+bobs, "Authorization: Bearer "+cyds
	own := s.Post("/api/v1/scan", `{"target": "a.example"}`).Is(201).Field("id")
	site := s.Post("/api/v1/scan", `{"url": "https://a.example"}`).Is(202).Field("id")
	s.Post("/api/v1/scan", `{"target": "b.example"}`, asBob).Is(201)
	shared := []string{"/api/v1/scan/" + own, "/api/v1/scan/" + site, "/scanner/api/v1/scan/" + site, "/api/v1/scan/" + own + "/events", "/api/v1/scan/" + site + "?as_of=1"}
	sees := func(when string, status, total, mine int) {
		t.Helper()
		for _, path := range shared {
			if a := s.Get(path, asBob); a.Status != status {
				t.Errorf("%s: %s is %d, want %d", when, path, a.Status, status)
			}
		}
		s.Get("/api/v1/scans", asBob).Is(200).Like(fmt.Sprintf(`{"total": %d}`, total))
		s.Get("/api/v1/scan", asBob).Is(200).Like(fmt.Sprintf(`{"pagination": {"total": %d}}`, mine))
		s.Get("/issafesite/api/v1/scan/"+site, asBob).Is(404)
		s.Get("/api/v1/stats/", asBob).Is(200)
	}
	sees("before", 404, 1, 1)
	add := commands.AddMember{By: commands.Caller{Account: s.Account}, Team: s.Account, Member: bob}
	if err := s.Desk.AddMember(t.Context(), add); err != nil {
		t.Fatal(err)
	}
	sees("as a member", 200, 3, 1)
	s.Get("/api/v1/scans").Is(200).Like(`{"total": 3}`)
	s.Get("/api/v1/scans?target=a.example", asBob).Is(200).Like(`{"total": 1}`)
	for _, path := range shared {
		s.Get(path, asCyd).Is(404)
	}
	s.Get("/api/v1/scan/"+s.Post("/api/v1/scan", `{"target": "c.example"}`, asCyd).Field("id"), asBob).Is(404)
	retested := s.Post("/api/v1/scan/"+site+"/retest", "", asBob).Is(201).Field("id")
	s.Get("/api/v1/scan/" + retested).Is(200)
	s.Post("/api/v1/scan/"+own+"/cancel", "", asBob).Is(200)
	s.Get("/api/v1/scan/" + own).Is(200).Like(`{"status": "cancelled"}`)
	if err := s.Desk.RemoveMember(t.Context(), commands.RemoveMember(add)); err != nil {
		t.Fatal(err)
	}
	sees("afterwards", 404, 2, 2)
}

// TestLastUse notes the use of a key that was let in, and of no other.
func TestLastUse(t *testing.T) {
	s := unlimited(t, uncounted)
	bound, _ := s.Issue(s.Account, "192.0.2.1")
	s.Get("/api/v1/scans", "Authorization: Bearer "+bound).Is(401)
	uses := func(want int) {
		t.Helper()
		if last, err := s.Desk.Uses.LastUses(t.Context(), s.Account); err != nil || len(last) != want {
			t.Errorf("last uses %v, %v, want %d", last, err, want)
		}
	}
	uses(0)
	s.Get("/api/v1/scans").Is(200)
	uses(1)
}

// TestTwoAuthorizations lets nobody in by one of two headers.
func TestTwoAuthorizations(t *testing.T) {
	s := unlimited(t)
	for _, other := range []string{"Bearer " + s.Key, "Bearer 7AZ_wrong", "", "Basic YTpi"} {
		for _, path := range []string{"/api/v1/scans", "/api/v1/scan", "/api/v1/profile/", "/api/scans/"} {
			for _, order := range [][]string{{"Bearer " + s.Key, other}, {other, "Bearer " + s.Key}} {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Header["Authorization"] = order
				if a := s.Send(request).Is(401); !strings.Contains(a.Body, "The header Authorization must be sent once") {
					t.Errorf("%s with %q: %s", path, order, a.Body)
				}
			}
		}
	}
}
