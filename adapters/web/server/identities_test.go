package server_test

import (
	"encoding/base64"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
)

// class is what an identity is to the owner of things.
type class int

const (
	nobody401 class = iota // brings no credentials
	badKey                 // brings some that open nothing
	owner
	boundOwner // by a key that is bound to an address, which manages no others
	stranger   // is let in, and owns nothing of it
	teamMate
	operator // owns nothing of it, and administers the installation
)

// identity is somebody who asks.
type identity struct {
	name    string
	class   class
	headers []string
	proxied bool // comes through the proxy that is believed
}

// identities are all that there are.
func (m *matrix) identities() []identity {
	as := func(name string, c class, credentials string, more ...string) identity {
		return identity{name: name, class: c, headers: append([]string{"Authorization: Bearer " + credentials}, more...)}
	}
	header := func(name, value string) identity {
		return identity{name: name, headers: []string{"Authorization: " + value}}
	}
	through := func(i identity) identity {
		i.proxied = true
		return i
	}
	ended := m.ended() // time goes on with it
	access, refresh := m.logIn("ann@example.com")
	bound, _ := m.Issue(m.Account, "203.0.113.0/24")
	here, _ := m.Issue(m.Account, "127.0.0.1")
	all := []identity{
		header("anonymous", ""), header("a header without a key", "Bearer"), header("a header of blanks", "Bearer   "), header("a key without a scheme", m.Key),
		header("Basic", "Basic "+base64.StdEncoding.EncodeToString([]byte("ann@example.com:correct horse"))), header("another scheme", "Token "+m.Key),
		as("an unknown key", badKey, "7AZ_"+strings.Repeat("0", 49)), as("a mistyped key", badKey, m.Key[:10]+m.Key[11:]), as("two keys", badKey, m.Key+" "+m.Key),
		as("a key from a wrong address", badKey, bound), as("a key with X-Forwarded-For that nobody believes", badKey, bound, "X-Forwarded-For: 203.0.113.7"),
		through(as("a key with X-Forwarded-For from before the proxy", badKey, bound, "X-Forwarded-For: 203.0.113.7, 198.51.100.1")),
		through(as("a key through the proxy, by the proxy's address", badKey, here, "X-Forwarded-For: 203.0.113.7")),
		as("a refresh token", badKey, refresh), as("a password", badKey, "correct horse"),
		as("the key", owner, m.Key), identity{"the key, in lower case", owner, []string{"Authorization: bearer " + m.Key}, false},
		as("a key from its address", boundOwner, here), through(as("a key from its address, through the proxy", boundOwner, bound, "X-Forwarded-For: 198.51.100.1, 203.0.113.7")),
		as("an access token", owner, access),
	}
	all = append(all, ended...)
	all = append(all, m.forged(access)...)
	return append(all, m.others()...)
}

// ended are credentials that once held.
func (m *matrix) ended() []identity {
	revoked, id := m.Issue(m.Account)
	m.Revoke(id)
	expired := m.Expiring(time.Hour)
	m.Later(time.Hour)
	cyd := m.Register("cyd@example.com")
	former, _ := m.logIn("cyd@example.com")
	m.must(m.Desk.ChangePassword(m.t.Context(), commands.ChangePassword{By: commands.Caller{Account: cyd}, Old: "correct horse", New: "another horse"}))
	dan := m.Register("dan@example.com")
	key, _ := m.Issue(dan)
	token, _ := m.logIn("dan@example.com")
	m.must(m.Desk.DeleteAccount(m.t.Context(), commands.DeleteAccount{Account: dan}))
	var all []identity
	for name, credentials := range map[string]string{
		"a revoked key": revoked, "an expired key": expired, "a token from before another password": former,
		"a deleted account's key": key, "a deleted account's token": token,
	} {
		all = append(all, identity{name: name, class: badKey, headers: []string{"Authorization: Bearer " + credentials}})
	}
	return all
}

// forged are tokens that nobody has given: each differs from a good one by one
// thing.
func (m *matrix) forged(good string) (all []identity) {
	part := strings.Split(good, ".")
	add := func(name, token string) {
		all = append(all, identity{name: name, class: badKey, headers: []string{"Authorization: Bearer " + token}})
	}
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"at+jwt"}`))
	add("alg none", unsigned+"."+part[1]+".")
	add("a token without its signature", part[0]+"."+part[1]+".")
	add("a token that was changed", part[0]+"."+part[1]+"x."+part[2])
	for name, change := range map[string]func(header, claims map[string]any) (key string){
		"a token by another secret":  func(_, _ map[string]any) string { return "the key of another installation." },
		"a token of another issuer":  func(_, c map[string]any) string { c["iss"] = "elsewhere"; return webtest.SigningKey },
		"a token for another":        func(_, c map[string]any) string { c["aud"] = []string{"elsewhere"}; return webtest.SigningKey },
		"a token of another type":    func(h, _ map[string]any) string { h["typ"] = "JWT"; return webtest.SigningKey },
		"a token of another key":     func(h, _ map[string]any) string { h["kid"] = "x"; return webtest.SigningKey },
		"an expired token":           func(_, c map[string]any) string { c["exp"] = m.Now().Unix() - 1; return webtest.SigningKey },
		"a token of to-morrow":       func(_, c map[string]any) string { c["nbf"] = m.Now().Unix() + 86400; return webtest.SigningKey },
		"a token of a day":           func(_, c map[string]any) string { c["exp"] = m.Now().Unix() + 86400; return webtest.SigningKey },
		"a token without an end":     func(_, c map[string]any) string { delete(c, "exp"); return webtest.SigningKey },
		"a token of no session":      func(_, c map[string]any) string { c["sid"] = uuid.NewString(); return webtest.SigningKey },
		"a token of another account": func(_, c map[string]any) string { c["sub"] = uuid.NewString(); return webtest.SigningKey },
	} {
		claims := jwt.MapClaims{}
		parsed, _, err := jwt.NewParser().ParseUnverified(good, claims)
		m.must(err)
		key := change(parsed.Header, claims)
		made := &jwt.Token{Header: parsed.Header, Claims: claims, Method: jwt.SigningMethodHS256}
		token, err := made.SignedString([]byte(key))
		m.must(err)
		add(name, token)
	}
	return all
}

// others are accounts that own nothing of it.
func (m *matrix) others() (all []identity) {
	add := func(name string, c class, account uuid.UUID) {
		m.unlimit(account)
		key, _ := m.Issue(account)
		all = append(all, identity{name: name, class: c, headers: []string{"Authorization: Bearer " + key}})
	}
	add("another account", stranger, m.Register("bob@example.com"))
	token, _ := m.logIn("bob@example.com")
	all = append(all, identity{name: "another account's token", class: stranger, headers: []string{"Authorization: Bearer " + token}})
	chief, fellow, mate := m.Register("eve@example.com"), m.Register("fay@example.com"), m.Register("gil@example.com")
	m.must(m.Desk.AddMember(m.t.Context(), commands.AddMember{By: commands.Caller{Account: chief}, Team: chief, Member: fellow}))
	m.must(m.Desk.AddMember(m.t.Context(), commands.AddMember{By: commands.Caller{Account: m.Account}, Team: m.Account, Member: mate}))
	m.scanAs(mate) // one target has one scan under way for each account
	add("another team's owner", stranger, chief)
	add("another team's member", stranger, fellow)
	add("a member of the team", teamMate, mate)
	ops, former := m.operator("ops@example.com"), m.operator("hal@example.com")
	add("an operator", operator, ops)
	add("an account that was an operator's", stranger, former)
	for email, as := range map[string]identity{
		"ops@example.com": {name: "an operator's token", class: operator}, "hal@example.com": {name: "the token of one that was an operator's", class: stranger},
	} {
		token, _ := m.logIn(email)
		as.headers = []string{"Authorization: Bearer " + token}
		all = append(all, as)
	}
	m.must(m.Desk.SetOperator(m.t.Context(), commands.SetOperator{Account: former}))
	return all
}

func (m *matrix) operator(email string) uuid.UUID {
	m.t.Helper()
	id, err := m.Desk.RegisterAccount(m.t.Context(), commands.RegisterAccount{Email: email, Password: "correct horse", Operator: true})
	m.must(err)
	return id
}

func (m *matrix) logIn(email string) (access, refresh string) {
	m.t.Helper()
	a := m.Post("/api/v1/auth/login/", `{"email": "`+email+`", "password": "correct horse"}`, "Authorization:").Is(200)
	return a.Field("access"), a.Field("refresh")
}

func (m *matrix) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}
