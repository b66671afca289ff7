package secably_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// roomy is a server whose account may do what it likes.
func roomy(t *testing.T, change ...func(*server.Options)) *webtest.Server {
	t.Helper()
	s := webtest.New(t, stores, change...)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	return s
}

// added adds a target, and gives its path.
func added(s *webtest.Server, value string, headers ...string) string {
	return "/api/v1/targets/" + s.Post("/api/v1/targets/", `{"target_value": "`+value+`"}`, headers...).Is(201).Field("id") + "/"
}

// TestTargetForms adds targets in all their forms, and reads each back in the
// form that it is shown in.
func TestTargetForms(t *testing.T) {
	s := roomy(t)
	for given, want := range map[string][2]string{
		"192.0.2.1": {"ip", "192.0.2.1"}, "::ffff:192.0.2.2": {"ip", "192.0.2.2"}, "2001:DB8::1": {"ip", "2001:db8::1"}, "192.0.2.77/24": {"range", "192.0.2.0/24"},
		"2001:db8::/112": {"range", "2001:db8::/112"}, "EXAMPLE.com.": {"hostname", "example.com"}, "bücher.example": {"hostname", "xn--bcher-kva.example"},
		"http://a.example": {"url", "http://a.example"}, "HTTPS://a.example:443/": {"url", "https://a.example"}, "https://a.example:8443": {"url", "https://a.example:8443"},
		"https://a.example/b/../c?d#e": {"url", "https://a.example/c?d"}, "b.example/x": {"url", "https://b.example/x"}, "https://[2001:db8::1]:8443/": {"url", "https://[2001:db8::1]:8443"},
	} {
		like := fmt.Sprintf(`{"target_type": %q, "target_value": %q, "url": %q}`, want[0], want[1], want[1])
		a := s.Post("/api/v1/targets/", `{"target_value": "`+given+`"}`).Is(201).Like(like)
		path := "/api/v1/targets/" + a.Field("id")
		s.Get(path).Is(200).Like(like)
		s.Post("/api/v1/targets/", `{"target_value": "`+want[1]+`", "target_type": "`+want[0]+`"}`).Is(409).Like(`{"existing_id": ` + a.Field("id") + `}`)
		for _, kind := range []string{"ip", "url", "hostname", "range"} {
			if kind != want[0] {
				s.Post("/api/v1/targets/", `{"target_value": "`+given+`", "target_type": "`+kind+`"}`).Is(400).Like(fmt.Sprintf(`{"error": "target_type is %s, but %s is of the type %s"}`, kind, want[1], want[0]))
				s.Do(http.MethodPatch, path, `{"target_type": "`+kind+`"}`).Is(400)
			}
		}
	}
	s.Post("/api/v1/websites/", `{"url": "shop.example"}`).Is(201).Like(`{"url": "https://shop.example", "target_type": "url", "name": "shop.example"}`)
	s.Post("/api/v1/websites/", `{"target_value": "x.example"}`).Is(400).Like(`{"error": "url is required"}`)
	s.Post("/api/v1/targets/", `{"url": "https://x.example"}`).Is(400)
}

// TestTargetAnswerBack sends each answer back as it came, by both names of the
// resource: nothing changes.
func TestTargetAnswerBack(t *testing.T) {
	s := roomy(t)
	for _, value := range []string{"192.0.2.1", "192.0.2.0/24", "a.example", "https://a.example", "https://a.example/b?c"} {
		path := added(s, value)
		before := s.Get(path)
		s.Later(time.Minute)
		for _, at := range []string{path, strings.Replace(path, "targets", "websites", 1), "/secably" + path} {
			for _, method := range []string{http.MethodPut, http.MethodPatch} {
				if a := s.Do(method, at, before.Body).Is(200); a.Body != before.Body {
					t.Errorf("%s %s of %s\n got %s\nwant %s", method, at, value, a.Body, before.Body)
				}
			}
		}
	}
}

// TestTargetMassAssignment writes what is not to be written, by every field that
// an answer has.
func TestTargetMassAssignment(t *testing.T) {
	s := roomy(t)
	path := added(s, "https://a.example")
	s.Scan(domain.IsSafeSite, "https://a.example")
	before := s.Get(path)
	var fields map[string]any
	before.Into(&fields)
	writable := map[string]bool{"name": true, "description": true, "target_value": true, "target_type": true, "scan_frequency": true, "active": true}
	forged := map[string]any{"account": "x", "number": 1, "version": 9, "proof": map[string]any{"domain": "a.example"}, "removed_at": "2026-01-01T00:00:00Z"}
	for name, value := range fields {
		if writable[name] {
			continue
		}
		switch value.(type) {
		case float64:
			forged[name] = 1
		case bool:
			forged[name] = false
		case string:
			forged[name] = "2000-01-01T00:00:00Z"
		default:
			forged[name] = map[string]any{"verified": true, "id": 1}
		}
	}
	delete(forged, "url") // a website's is written
	body, err := json.Marshal(forged)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{path, strings.Replace(path, "targets", "websites", 1)} {
		if a := s.Do(http.MethodPatch, at, string(body)).Is(200); a.Body != before.Body {
			t.Errorf("%s\n got %s\nwant %s", at, a.Body, before.Body)
		}
	}
	forged["target_value"], forged["active"] = "b.example", false
	if body, err = json.Marshal(forged); err != nil {
		t.Fatal(err)
	}
	s.Post("/api/v1/targets/", string(body)).Is(201).Like(`{"name": "b.example", "active": true, "latest_scan": null, "risk_level": null, "can_scan": true, "created_at": "2026-04-03T12:00:00Z"}`)
}

// TestTargetStrangers asks for another's targets, and for what is none.
func TestTargetStrangers(t *testing.T) {
	s := roomy(t)
	theirs, own := added(s, "a.example"), added(s, "b.example")
	key, _ := s.Issue(s.Register("bob@example.com"))
	bob := "Authorization: Bearer " + key
	s.Do(http.MethodDelete, own, "").Is(204)
	const none = `{"error": "Target not found"}`
	for _, id := range []string{"999999", "0", "-1", "1", "01", "1.0", "x", "9223372036854775808", "%2e"} {
		s.Get("/api/v1/targets/"+id+"/", bob).Is(404).Like(none)
	}
	for _, ask := range [][2]string{{"GET", ""}, {"PUT", ""}, {"PATCH", ""}, {"DELETE", ""}, {"POST", "scan/"}, {"POST", "verify/"}} {
		unknown := s.Do(ask[0], "/api/v1/targets/999999/"+ask[1], `{"target_value": "x.example"}`, bob).Is(404).Like(none)
		if a := s.Do(ask[0], theirs+ask[1], `{"target_value": "x.example"}`, bob); a.Status != 404 || a.Body != unknown.Body {
			t.Errorf("%v of another's: %d %s", ask, a.Status, a.Body)
		}
		if a := s.Do(ask[0], own+ask[1], `{"target_value": "x.example"}`); a.Status != 404 || a.Body != unknown.Body {
			t.Errorf("%v of one that is removed: %d %s", ask, a.Status, a.Body)
		}
		s.Do(ask[0], theirs+ask[1], "", "Authorization:").Is(401)
	}
	s.Get("/api/v1/targets/", bob).Is(200).Like(`{"count": 0, "next": null, "previous": null, "results": []}`)
	s.Get(theirs).Is(200).Like(`{"target_value": "a.example"}`)
	added(s, "a.example", bob)
}

// TestTargetPages walks the pages of a list, newest first.
func TestTargetPages(t *testing.T) {
	s := roomy(t)
	for n := range 7 {
		added(s, fmt.Sprintf("%d.example", n))
	}
	var seen []string
	next := s.URL + "/api/v1/targets/?page_size=3"
	for next != "" {
		var page struct {
			Count   int
			Next    string
			Results []struct{ URL string }
		}
		s.Get(strings.TrimPrefix(next, s.URL)).Is(200).Into(&page)
		if page.Count != 7 {
			t.Errorf("of %d", page.Count)
		}
		for _, r := range page.Results {
			seen = append(seen, r.URL)
		}
		next = page.Next
	}
	if got := strings.Join(seen, " "); got != "6.example 5.example 4.example 3.example 2.example 1.example 0.example" {
		t.Errorf("%s", got)
	}
	s.Get("/api/v1/targets/?page=9").Is(200).Like(`{"count": 7, "next": null, "results": []}`)
	s.Get("/api/v1/targets/?page=0").Is(400)
}

// counting counts the questions to a reader.
type counting struct {
	projections.TargetReader
	asked *atomic.Int32
}

func (c counting) Targets(ctx context.Context, f projections.TargetFilter) ([]projections.TargetRow, int, error) {
	c.asked.Add(1)
	return c.TargetReader.Targets(ctx, f)
}

func (c counting) Target(ctx context.Context, account uuid.UUID, number int64) (projections.TargetRow, error) {
	c.asked.Add(1)
	return c.TargetReader.Target(ctx, account, number)
}

func (c counting) ScansOf(ctx context.Context, account uuid.UUID, values []string) (map[string]projections.TargetScans, error) {
	c.asked.Add(1)
	return c.TargetReader.ScansOf(ctx, account, values)
}

// TestTargetQuestions asks no more for a long page than for a short one.
func TestTargetQuestions(t *testing.T) {
	var asked atomic.Int32
	s := roomy(t, func(o *server.Options) { o.SecAbly.Targets = counting{o.SecAbly.Targets, &asked} })
	for n := range 50 {
		added(s, fmt.Sprintf("%d.example", n))
	}
	for _, size := range []int{1, 50} {
		asked.Store(0)
		s.Get(fmt.Sprintf("/api/v1/targets/?page_size=%d", size)).Is(200)
		if n := asked.Load(); n != 2 {
			t.Errorf("asked %d times for a page of %d", n, size)
		}
	}
}

// TestTargetsAtOnce adds thirty targets at the same moment where there is room
// for five.
func TestTargetsAtOnce(t *testing.T) {
	s := webtest.New(t, stores)
	var mu sync.Mutex
	var wg sync.WaitGroup
	codes := map[int]int{}
	for n := range 30 {
		wg.Go(func() {
			a := s.Post("/api/v1/targets/", fmt.Sprintf(`{"target_value": "%d.example"}`, n))
			mu.Lock()
			defer mu.Unlock()
			codes[a.Status]++
		})
	}
	wg.Wait()
	if !maps.Equal(codes, map[int]int{201: 5, 403: 25}) {
		t.Errorf("%v", codes)
	}
	s.Post("/api/v1/targets/", `{"target_value": "a.example"}`).Is(403).Has("Retry-After:")
	s.Get("/api/v1/profile/").Is(200).Like(`{"sites_count": 5, "sites_limit": 5, "can_add_site": false}`)
}
