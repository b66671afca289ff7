package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// firefox is what a person sends.
const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

// clicksView is what the test reads of statistics.
type clicksView struct {
	Clicks   int     `json:"total_clicks"`
	Visitors int     `json:"unique_visitors"`
	Bots     int     `json:"bot_clicks"`
	Until    *string `json:"counted_until"`
}

// visits follows a link so often.
func visits(t *testing.T, server, code, agent string, times int) {
	t.Helper()
	for range times {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server+"/s/"+code, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", agent)
		request.Header.Set("Accept-Language", "de")
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != http.StatusFound {
			t.Fatalf("a visit is answered %s", answer.Status)
		}
	}
}

// clickedTimes waits until so many visits of people are told, and all are counted. A
// server that has just begun may have no tables yet: its analytics are away until then.
func clickedTimes(t *testing.T, server, key, code string, want int) (seen clicksView) {
	t.Helper()
	began := now()
	until(t, time.Minute, func() (bool, string) {
		address := server + "/shrinkit/" + code + "/stats/"
		if statusOf(t, key, address) == http.StatusServiceUnavailable {
			return false, "the analytics are away"
		}
		seen = call[clicksView](t, key, http.MethodGet, address, "", http.StatusOK)
		done := false
		if seen.Until != nil {
			at, err := time.Parse(time.RFC3339, *seen.Until)
			done = err == nil && !at.Before(began.Truncate(time.Second))
		}
		return done && seen.Clicks == want, fmt.Sprintf("%+v", seen)
	})
	return seen
}

func statusOf(t *testing.T, key, url string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// TestJourneyClicks has a link visited, counted, come again, made anew from Kafka
// and forgotten, and another one blocked and cleared.
func TestJourneyClicks(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir, "--geoip", countries(t), "--trusted-proxies", "127.0.0.0/8", "--link-check", "1s")
	with := func(args ...string) []string { return append(args, options...) }
	server := startServer(t, options)
	account, key := plantedUser(t, with)
	answerOf[map[string]any](t, with("admin", "set-plan", "--contract", "7azzani", "--plan", "internal", "--email", plantedEmail)...)
	blockedOnward(t, server.url, key)
	shortened(t, server.url, key, `{"url": "https://example.com/", "custom_code": "spring"}`)
	visits(t, server.url, "spring", firefox, 5)
	visits(t, server.url, "spring", "curl/8.0", 2)
	if seen := clickedTimes(t, server.url, key, "spring", 5); seen.Visitors != 1 || seen.Bots != 2 {
		t.Errorf("%+v", seen)
	}
	brokers := brokersOf(t, options, dir)
	produce(t, brokers, stream.Clicks, "x", []byte("["), headersOf("link.clicked", "link-"+newID().String(), 1))
	visits(t, server.url, "spring", firefox, 1)
	clickedTimes(t, server.url, key, "spring", 6)
	if i := audited(t, options)[domain.ClickHouseInvariant]; i.Counts["rows of clicks"] != 8 {
		t.Errorf("%v", i.Counts)
	}
	for _, one := range remadeBy(t, with("replay", "clicks", "--pace", "1", "--json")...) {
		if !one.Swapped || one.Rows != 8 || one.Events != 8 {
			t.Errorf("%+v", one)
		}
	}
	visits(t, server.url, "spring", firefox, 1)
	clickedTimes(t, server.url, key, "spring", 7)
	audited(t, options)
	if out, code := command(t, with("sql", "SELECT code, agent, count() FROM clicks GROUP BY ALL", "--json")...); code != exitOK || !strings.Contains(out, "spring") {
		t.Errorf("exit code %d: %s", code, out)
	}
	shortened(t, server.url, key, `{"url": "https://example.com/", "custom_code": "abroad", "rules": [{"url": "https://example.com/de", "countries": ["DE"]}]}`)
	if to := ledAbroad(t, server.url, "abroad"); to != "https://example.com/de" {
		t.Errorf("a visitor from Germany is led to %q", to)
	}
	clickedTimes(t, server.url, key, "abroad", 1)
	const kept = "SELECT country, position(toString(tuple(*)), '" + abroad + "') = 0 AS nameless FROM clicks WHERE code = 'abroad'"
	if rows := answerOf[[]struct {
		Country  string
		Nameless int
	}](t, with("sql", kept)...); len(rows) != 1 || rows[0].Country != "DE" || rows[0].Nameless != 1 {
		t.Errorf("the click is %+v", rows)
	}
	inNoFile(t, dir, abroad)
	if told := answerOf[deletion](t, with("admin", "delete-user", "--email", plantedEmail)...); told.ClickHouse != "forgotten" {
		t.Errorf("%+v", told)
	}
	left := fmt.Sprintf("SELECT toString((SELECT count() FROM clicks_v2 WHERE account = '%[1]s') + (SELECT count() FROM clicks_days WHERE account = '%[1]s')) AS n", account)
	until(t, time.Minute, func() (bool, string) {
		rows := answerOf[[]struct{ N string }](t, with("sql", left)...)
		return rows[0].N == "0", rows[0].N
	})
}
