package sevenazzani_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// visited is a server with a link that was visited yesterday and today.
func visited(t *testing.T) (*webtest.Server, projections.LinkRef) {
	s := webtest.New(t, stores)
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	link := s.LinkRef(s.Shorten("https://example.com/", "spring"))
	s.Set("2026-04-02T22:30:00Z")
	s.Visit(link, domain.LinkClicked{Visitor: "a", Agent: domain.Person, Via: domain.ViaQR, Country: "DE", Browser: "Firefox"})
	s.Set("2026-04-03T11:59:00Z")
	s.Visit(link, domain.LinkClicked{Visitor: "b", Agent: domain.Person, Via: domain.ViaLink, Referrer: "news.example", Country: "DE"})
	s.Visit(link, domain.LinkClicked{Visitor: "b", Agent: domain.Person, Via: domain.ViaLink, Country: "FR"})
	for _, a := range []domain.Agent{domain.Bot, domain.Bot, domain.Prefetch, domain.Preview} {
		s.Visit(link, domain.LinkClicked{Visitor: "c", Agent: a, Via: domain.ViaLink})
	}
	s.Set("2026-04-03T12:00:00Z")
	s.Clicks.Counted(s.Now())
	return s, link
}

func TestClickStats(t *testing.T) {
	s, _ := visited(t)
	s.Get("/shrinkit/spring/stats/?time_zone=Europe/Berlin&top=1").Is(200).Like(`{
		"short_code": "spring", "total_clicks": 3, "unique_visitors": 2, "bot_clicks": 4, "bot_clicks_by_kind": {"bot": 2, "prefetch": 1, "preview": 1},
		"last_click_at": "2026-04-03T11:59:00Z", "counted_until": "2026-04-03T12:00:00Z", "from": null, "to": "2026-04-03T12:00:00Z", "time_zone": "Europe/Berlin",
		"top_referrers": [{"name": null, "clicks": 2}], "top_countries": [{"name": "DE", "clicks": 2}], "sources": [{"name": "link", "clicks": 2}]
	}`)
	stats := s.Get("/7azzani/shrinkit/spring/stats?time_zone=Europe/Berlin").Is(200)
	for _, part := range []string{
		`"clicks_per_day":[{"day":"2026-04-03","total_clicks":3`,
		`{"hour":"2026-04-03T00:00:00+02:00","total_clicks":1,"unique_visitors":1,`, `{"hour":"2026-04-03T01:00:00+02:00","total_clicks":0,`, // none is left out
		`{"hour":"2026-04-03T13:00:00+02:00","total_clicks":2,"unique_visitors":1,"bot_clicks":4`,
	} {
		if !strings.Contains(stats.Body, part) {
			t.Errorf("no %s in %s", part, stats.Body)
		}
	}
	s.Get("/shrinkit/spring/stats/?from=2026-04-03").Is(200).Like(`{"total_clicks": 2, "unique_visitors": 1, "from": "2026-04-03T00:00:00Z"}`)
	s.Get("/shrinkit/spring/stats/?to=2026-04-02").Is(200).Like(`{"total_clicks": 1, "bot_clicks": 0, "to": "2026-04-03T00:00:00Z"}`)
	s.Get("/shrinkit/spring/stats/?from=2026-04-03T11:50:00Z&to=2026-04-03T11:51:00Z").Is(200).Like(`{"total_clicks": 2, "from": "2026-04-03T11:45:00Z"}`)
	for query, says := range map[string]string{
		"from=yesterday": "from must be a day", "to=0001-01-01": "to must be a day", "from=2026-04-03&to=2026-04-01": "from must be before to", "from=9999-01-01": "from must be",
		"time_zone=Mars/Olympus": "time_zone must be", "time_zone=Local": "time_zone must be", "time_zone=right/Europe/Berlin": "time_zone must be", "time_zone=../../etc/passwd": "time_zone must be", "top=0": "top must be",
	} {
		if a := s.Get("/shrinkit/spring/stats/?" + query).Is(400); !strings.Contains(a.Body, says) {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
	for _, below := range []string{"stats", "stats/live", "clicks"} {
		s.Get("/shrinkit/winter/" + below).Is(404).Like(`{"error": "Not found", "message": "Link not found"}`)
	}
}

// TestClickDays has each day once in a zone where one of them has no midnight.
func TestClickDays(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	link := s.LinkRef(s.Shorten("https://example.com/", "spring"))
	for _, at := range []string{"2026-09-05T12:00:00Z", "2026-09-06T12:00:00Z", "2026-09-08T12:00:00Z"} {
		s.Set(at)
		s.Visit(link, domain.LinkClicked{Visitor: at, Agent: domain.Person, Via: domain.ViaLink})
	}
	for query, want := range map[string]string{
		"to=2026-09-30":                 "2026-09-05 1, 2026-09-06 1, 2026-09-07 0, 2026-09-08 1",
		"from=2026-09-06&to=2026-09-06": "2026-09-06 1",
	} {
		stats := s.Get("/shrinkit/spring/stats/?time_zone=America/Santiago&" + query).Is(200)
		var body struct {
			Days []struct {
				Day    string `json:"day"`
				Clicks int    `json:"total_clicks"`
			} `json:"clicks_per_day"`
		}
		if err := json.Unmarshal([]byte(stats.Body), &body); err != nil {
			t.Fatal(err)
		}
		var days []string
		for _, d := range body.Days {
			days = append(days, fmt.Sprint(d.Day, " ", d.Clicks))
		}
		if got := strings.Join(days, ", "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// TestClicksAway answers 503 while nothing can be read, and in the contract's shape.
func TestClicksAway(t *testing.T) {
	s, _ := visited(t)
	s.Clicks.Leave()
	for _, below := range []string{"stats", "stats/live", "clicks"} {
		s.Get("/shrinkit/spring/" + below).Is(503).Has("Retry-After: 60").Like(`{"error": "Service unavailable", "retry_after": 60}`)
	}
}

// TestClickList follows the pages of visits, in both forms.
func TestClickList(t *testing.T) {
	s, _ := visited(t)
	lines, pages := 0, 0
	for path := "/shrinkit/spring/clicks/?limit=3"; path != ""; pages++ {
		page := s.Get(path).Is(200).Has("Content-Type: application/x-ndjson")
		lines += strings.Count(page.Body, "\n")
		next, _, _ := strings.Cut(strings.TrimPrefix(page.Header.Get("Link"), "<"+s.URL), ">")
		path = next
	}
	if lines != 7 || pages != 3 {
		t.Errorf("%d visits on %d pages", lines, pages)
	}
	s.Get("/shrinkit/spring/clicks/?format=csv&from=2026-04-03").Is(200).Has("Content-Type: text/csv; charset=utf-8")
	s.Get("/shrinkit/spring/clicks/?format=xml").Is(400)
	for _, after := range []string{"x", "1.x", "-1." + documented, "99999999999999999." + documented, "." + documented} {
		s.Get("/shrinkit/spring/clicks/?after=" + after).Is(400)
	}
}

// TestLiveClicksEnd for whose key is revoked, and for all when the link is deleted.
func TestLiveClicksEnd(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	s, _ := visited(t)
	stays := s.Key
	key, id := s.Issue(s.Account)
	s.Key = key
	revoked, _ := following(t, s)
	s.Key = stays
	other, _ := following(t, s)
	for _, lines := range []*bufio.Scanner{revoked, other} {
		if first := told(lines); first == "" {
			t.Error("nothing is told")
		}
	}
	s.Do(http.MethodDelete, "/api/v1/keys/"+id.String()+"/", "").Is(204)
	if last := told(revoked); last != "" {
		t.Errorf("with a revoked key: %s", last)
	}
	s.Do(http.MethodDelete, "/shrinkit/api/delete/spring/", "").Is(204)
	if last := told(other); last != "" {
		t.Errorf("of a deleted link: %s", last)
	}
	s.Get("/shrinkit/spring/stats/live/", "Accept: text/event-stream").Is(404)
}

// following is a live counter under way. It gives up on one that does not end for a
// minute.
func following(t *testing.T, s *webtest.Server) (*bufio.Scanner, *http.Response) {
	t.Helper()
	ctx, leave := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(leave)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/shrinkit/spring/stats/live/", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Key)
	request.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return bufio.NewScanner(answer.Body), answer
}

// told waits for the next totals; "" when the stream is over.
func told(lines *bufio.Scanner) string {
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			return data
		}
	}
	if err := lines.Err(); err != nil {
		return "the stream broke off: " + err.Error()
	}
	return ""
}

// TestLiveClicks looks at a link while it is visited, with more than one client,
// until the server drains.
func TestLiveClicks(t *testing.T) {
	defer http.DefaultClient.CloseIdleConnections()
	s, link := visited(t)
	s.Get("/shrinkit/spring/stats/live/").Is(200).Like(`{"total_clicks": 3, "bot_clicks": 4}`)
	s.Do(http.MethodHead, "/shrinkit/spring/stats/live/", "", "Accept: text/event-stream").Is(200)
	one, _ := following(t, s)
	two, answer := following(t, s)
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream; charset=utf-8" {
		t.Errorf("it is %s", kind)
	}
	for _, lines := range []*bufio.Scanner{one, two} {
		if first := told(lines); !strings.HasPrefix(first, `{"total_clicks":3,"unique_visitors":2,"bot_clicks":4,`) {
			t.Errorf("at first %s", first)
		}
	}
	s.Later(time.Minute)
	s.Visit(link, domain.LinkClicked{Visitor: "d", Agent: domain.Person, Via: domain.ViaLink})
	for _, lines := range []*bufio.Scanner{one, two} {
		if next := told(lines); !strings.HasPrefix(next, `{"total_clicks":4,"unique_visitors":3,`) {
			t.Errorf("then %s", next)
		}
	}
	for range 18 {
		lines, _ := following(t, s)
		told(lines)
	}
	s.Get("/shrinkit/spring/stats/live/", "Accept: text/event-stream").Is(429)
	s.Drain()
	if last := told(one); last != "" {
		t.Errorf("after the drain: %s", last)
	}
}
