package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestOnceRefusals keeps no refusal: the key may be used again, for the same
// request or for another.
func TestOnceRefusals(t *testing.T) {
	k := keyedServer(t)
	running := k.Scan(domain.ScannerAPI, "running.example")
	k.Refuse("nowhere.example", domain.Unresolvable)
	k.Refuse("later.example", domain.Unavailable)
	for name, c := range map[string]struct {
		path, body string
		status     int
	}{
		"no JSON":         {"/api/v1/scan", `nonsense`, 400},
		"no target":       {"/api/v1/scan", `{"target": ""}`, 400},
		"unresolvable":    {"/api/v1/scan", `{"target": "nowhere.example"}`, 400},
		"unknown":         {"/api/v1/scan/" + nobody + "/retest", "", 404},
		"running already": {"/api/v1/scan", `{"target": "running.example"}`, 409},
		"away":            {"/api/v1/scan", `{"target": "later.example"}`, 503},
	} {
		t.Run(name, func(t *testing.T) {
			key, before := "Idempotency-Key: "+name, k.events()
			for range 2 {
				k.Post(c.path, c.body, key).Is(c.status).Has("Idempotent-Replayed:")
			}
			if k.events() != before {
				t.Error("a refusal had an effect")
			}
			k.Post("/api/v1/scan", `{"url": "https://a.example"}`, key).Is(202).Has("Idempotent-Replayed:")
		})
	}
	const body, key = `{"target": "running.example"}`, "Idempotency-Key: waits"
	k.Post("/api/v1/scan", body, key).Is(409)
	k.Cancel(running)
	k.Post("/api/v1/scan", body, key).Is(201).Has("Idempotent-Replayed:")
}

// TestOnceLimits counts a repeated call against the rate limit, and keeps
// nothing of those that it refuses.
func TestOnceLimits(t *testing.T) {
	s := webtest.New(t, stores)
	const body, key = `{"url": "https://a.example"}`, "Idempotency-Key: k"
	first := s.Post("/api/v1/scan", body, key, "X-Request-ID: request-1").Is(202).Has("RateLimit-Remaining: 9")
	same(t, first, s.Post("/api/v1/scan", body, key, "X-Request-ID: request-2").Has("RateLimit-Remaining: 8", "X-Request-ID: request-2"))
	for range 8 {
		s.Post("/api/v1/scan", body, key).Is(202)
	}
	s.Post("/api/v1/scan", body, key).Is(429).Has("Idempotent-Replayed:")
	s.Post("/api/v1/scan", body, "Idempotency-Key: new").Is(429)
	s.Later(time.Minute)
	same(t, first, s.Post("/api/v1/scan", body, key))
	s.Post("/api/v1/scan", body, "Idempotency-Key: new").Is(202).Has("Idempotent-Replayed:")
}

// TestOnceMonth charges a request once, and a full month is no answer to keep.
func TestOnceMonth(t *testing.T) {
	s := webtest.New(t, stores)
	submit := func(key string) webtest.Answer {
		return s.Post("/issafesite/api/v1/scan", `{"url": "https://a.example"}`, "Idempotency-Key: "+key)
	}
	for _, key := range []string{"one", "one", "one", "two", "two", "three"} {
		submit(key).Is(202)
	}
	submit("four").Is(429)
	s.Set("2026-05-01T00:00:00Z")
	submit("four").Is(202).Has("Idempotent-Replayed:")
}

// TestOnceForgotten keeps an answer for a day.
func TestOnceForgotten(t *testing.T) {
	k := keyedServer(t)
	const path, body, key = "/api/v1/scan", `{"url": "https://a.example"}`, "Idempotency-Key: k"
	first := k.Post(path, body, key).Is(202)
	k.Later(24*time.Hour - time.Second)
	same(t, first, k.Post(path, body, key))
	k.Post(path, `{"url": "https://b.example"}`, key).Is(422)
	k.Later(time.Second)
	if again := k.Post(path, `{"url": "https://b.example"}`, key).Is(202).Has("Idempotent-Replayed:"); again.Field("id") == first.Field("id") {
		t.Error("after a day there is no new scan")
	}
}

// TestOnceOfAccounts lets two accounts use the same key, and the keys of one
// account share it.
func TestOnceOfAccounts(t *testing.T) {
	k := keyedServer(t)
	second, _ := k.Issue(k.Account)
	stranger, _ := k.Issue(k.Register("bob@example.com"))
	const path, body, key = "/scanner/api/v1/scan", `{"target": "a.example"}`, "Idempotency-Key: k"
	first := k.Post(path, body, key).Is(201)
	same(t, first, k.Post(path, body, key, "Authorization: Bearer "+second))
	if a := k.Post(path, body, key, "Authorization: Bearer "+stranger).Is(201).Has("Idempotent-Replayed:"); a.Field("id") == first.Field("id") {
		t.Error("a stranger is told of somebody else's scan")
	}
	k.Post(path, body, key, "Authorization:").Is(401)
}

// TestOnceKeys reads keys, in the words of each contract.
func TestOnceKeys(t *testing.T) {
	k := keyedServer(t)
	const told = `{"error": "Idempotency-Key must be sent once, with 1 to 255 printable ASCII characters"}`
	for _, bad := range []string{"", strings.Repeat("x", 256), "tab\tin it", "ümlaut"} {
		for _, path := range []string{"/scanner/api/v1/scan", "/issafesite/api/v1/scan"} {
			k.sendKeys(t, path, bad).Is(400).Like(told)
		}
	}
	k.sendKeys(t, "/scanner/api/v1/scan", "one", "two").Is(400).Like(told)
	before := k.events()
	good := []string{"x", strings.Repeat("x", 255), `"8e03978e-40d5-43dd-bc93-6894a57f9324"`, "two words", "~!@#$%^&*()"}
	for i, key := range good {
		k.Post("/issafesite/api/v1/scan", fmt.Sprintf(`{"url": "https://a%d.example"}`, i), "Idempotency-Key: "+key).Is(202).Has("Idempotent-Replayed:")
	}
	if k.events() != before+len(good) {
		t.Errorf("%d scans", k.events()-before)
	}
}

// sendKeys sends headers as they are, empty ones too.
func (k keyed) sendKeys(t *testing.T, path string, keys ...string) webtest.Answer {
	t.Helper()
	body := `{"url": "https://a.example", "target": "a.example"}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Authorization": {"Bearer " + k.Key}, "Idempotency-Key": keys}
	return k.Send(request)
}

// TestOnceOtherMethods ignore the header, whatever it says.
func TestOnceOtherMethods(t *testing.T) {
	k := keyedServer(t)
	for _, key := range []string{"k", strings.Repeat("x", 300)} {
		for range 2 {
			k.Get("/api/v1/scans", "Idempotency-Key: "+key).Is(200).Has("Idempotent-Replayed:").Like(`{"total": 0}`)
		}
	}
	k.Scan(domain.ScannerAPI, "a.example")
	k.Get("/api/v1/scans", "Idempotency-Key: k").Is(200).Like(`{"total": 1}`)
	k.Post("/api/v1/scan", `{"target": "b.example"}`, "Idempotency-Key: k").Is(201)
}
