package web

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/commands"
)

func newGate() *Gate {
	return &Gate{
		Answers: &memory.Answers{Log: memory.NewLog(), Now: time.Now}, AnswerKey: []byte("the installation's"),
		Random: func(b []byte) { rand.Read(b) }, NewID: uuid.New, Log: slog.New(slog.DiscardHandler),
	}
}

// TestOnceHeaders gives an answer again with all headers that its handler has
// set, and with none of those that belong to the request.
func TestOnceHeaders(t *testing.T) {
	g, calls := newGate(), 0
	app := fiber.New()
	app.Post("/", func(c *fiber.Ctx) error {
		c.Set("RateLimit-Remaining", c.Get("X-Remaining"))
		c.Set("Cache-Control", "no-store")
		return g.once(c, commands.Caller{}, func(c *fiber.Ctx, _ commands.Caller) error {
			calls++
			c.Set("Location", "/made/1")
			c.Set("Cache-Control", "private")
			c.Set("Content-Type", "text/csv")
			c.Cookie(&fiber.Cookie{Name: "a", Value: "1"})
			c.Cookie(&fiber.Cookie{Name: "b", Value: "2"})
			c.Append("Link", "<x>")
			c.Status(201).Context().SetBodyStreamWriter(func(w *bufio.Writer) { io.WriteString(w, "a,\x00\xff") })
			return nil
		})
	})
	ask := func(remaining string) (*http.Response, string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("body"))
		r.Header.Set("Idempotency-Key", "k")
		r.Header.Set("X-Remaining", remaining)
		answer, err := app.Test(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer, string(body)
	}
	first, body := ask("9")
	again, same := ask("8")
	if calls != 1 || body != "a,\x00\xff" || same != body || first.StatusCode != 201 || again.StatusCode != 201 {
		t.Errorf("%d calls, first %d %q, again %d %q", calls, first.StatusCode, body, again.StatusCode, same)
	}
	for _, name := range []string{"Location", "Cache-Control", "Content-Type", "Set-Cookie", "Link"} {
		if len(first.Header[name]) == 0 || !slices.Equal(first.Header[name], again.Header[name]) {
			t.Errorf("%s is %q, again %q", name, first.Header[name], again.Header[name])
		}
	}
	if f, a := first.Header.Get("RateLimit-Remaining"), again.Header.Get("RateLimit-Remaining"); f != "9" || a != "8" {
		t.Errorf("RateLimit-Remaining is %q, again %q", f, a)
	}
}

// TestOnceStatus keeps whatever is no refusal, and a refusal never, also one
// that is no error.
func TestOnceStatus(t *testing.T) {
	for status, kept := range map[int]bool{200: true, 204: true, 303: true, 400: false, 402: false, 409: false, 500: false} {
		g, calls := newGate(), 0
		app := fiber.New()
		app.Post("/", func(c *fiber.Ctx) error {
			return g.once(c, commands.Caller{}, func(c *fiber.Ctx, _ commands.Caller) error {
				calls++
				return c.SendStatus(status)
			})
		})
		for range 2 {
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set("Idempotency-Key", "k")
			if answer, err := app.Test(r); err != nil || answer.StatusCode != status {
				t.Fatalf("%d: %v, %v", status, answer, err)
			}
		}
		if kept != (calls == 1) {
			t.Errorf("%d: %d calls", status, calls)
		}
	}
}

// TestLock opens for nobody else: each account has locks of its own, and who
// has no account has those of his address.
func TestLock(t *testing.T) {
	g := newGate()
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	account := uuid.New()
	of := func(g *Gate, account uuid.UUID, address netip.Addr, key string) lock {
		l, err := g.lockOf(account, address, key)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	mine := of(g, account, here, "k")
	if elsewhere := of(g, account, there, "k"); elsewhere.record != mine.record {
		t.Error("an account that moves has other locks")
	}
	other := newGate()
	other.AnswerKey = []byte("another installation's")
	strangers := []lock{
		of(g, uuid.New(), here, "k"), of(g, account, here, "l"), of(g, uuid.Nil, here, "k"), of(g, uuid.Nil, there, "k"), of(other, account, here, "k"),
	}
	answer := kept{Status: 201, Header: map[string][]string{"A": {"b"}}, Body: []byte("token")}
	sealed, err := mine.seal(answer, g.Random)
	if err != nil || bytes.Contains(sealed, []byte("token")) || bytes.Contains(sealed, []byte("dG9rZW4")) {
		t.Errorf("sealed %q, %v", sealed, err)
	}
	if opened, err := mine.open(sealed); err != nil || opened.Status != 201 || string(opened.Body) != "token" || opened.Header["A"][0] != "b" {
		t.Errorf("opened %+v, %v", opened, err)
	}
	records := map[string]bool{mine.record: true}
	for i, l := range strangers {
		records[l.record] = true
		if opened, err := l.open(sealed); err == nil {
			t.Errorf("stranger %d reads %+v", i, opened)
		}
		if bytes.Equal(l.fingerprint("POST", "/"), mine.fingerprint("POST", "/")) {
			t.Errorf("stranger %d has the same fingerprints", i)
		}
	}
	if len(records) != 1+len(strangers) {
		t.Errorf("%d records", len(records))
	}
	for _, broken := range [][]byte{nil, sealed[:5], sealed[:len(sealed)-1], append(slices.Clone(sealed), 0)} {
		if _, err := mine.open(broken); err == nil {
			t.Errorf("%d broken bytes are an answer", len(broken))
		}
	}
	if bytes.Equal(mine.fingerprint("ab", "c"), mine.fingerprint("a", "bc")) {
		t.Error("a fingerprint does not tell where one part ends")
	}
	one, err := mine.seed([]byte("one"))
	two, err2 := mine.seed([]byte("two"))
	if err != nil || err2 != nil || bytes.Equal(one, two) || len(one) != 32 {
		t.Errorf("seeds %x, %x, %v, %v", one, two, err, err2)
	}
}
