package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// tier is a limit of one of the documents' tables.
type tier struct {
	name     string
	limit    int
	contract string // whose plan the account has, where it needs one
	plan     string
	method   string
	path     string
	body     string
	target   bool   // whether the body has the number of a target of the account's
	hosts    bool   // whether each request has a host of its own in its body
	stranger bool   // whether it is asked without credentials
	used     string // SQL that takes all but a few of a large limit; $1 is the account
}

// monthlyScans is Scanner's limit, which the operator sets.
const monthlyScans = 30

// scansUsed is the SQL that has an account use so many of a contract's scans in
// this month.
func scansUsed(contract domain.Contract, n int) string {
	return fmt.Sprintf("INSERT INTO tallies VALUES ('scans:%s:' || $1 || to_char(now() AT TIME ZONE 'UTC', ':YYYY-MM'), %d)", contract, n)
}

// few is what is left of a limit that is not used up request by request.
const few = 25

// tiers are all that the tables have. What an operation allows is asked for
// with an account whose plan has nothing smaller.
func tiers() []tier {
	list := []tier{
		{name: "scanner/minute", limit: 60, path: "/api/v1/scans"},
		{
			name: "scanner/scans", limit: monthlyScans, method: "POST", path: "/api/v1/scan", body: `{"target": "127.%d.%d.%d"}`, hosts: true,
			used: scansUsed(domain.ScannerAPI, monthlyScans-few),
		},
		{name: "secably/anonymous/hour", limit: 100, path: "/api/v1/plans/", stranger: true},
		{name: "secably/register/hour", limit: 5, method: "POST", path: "/api/v1/auth/register/", body: `{"email": "nobody"}`, stranger: true},
		{name: "secably/login/hour", limit: 20, method: "POST", path: "/api/v1/auth/login/", body: `{"email": "nobody@example.com", "password": "none of theirs"}`, stranger: true},
		{name: "secably/scan/hour", limit: 10, contract: "secably", plan: "enterprise", method: "POST", path: "/api/v1/scans/create/", body: `{"target_id": %d, "scanner_type": "builtin"}`, target: true},
		{name: "secably/hour", limit: 1000, contract: "secably", plan: "enterprise", path: "/api/v1/credits/"},
	}
	for _, p := range domain.Plans {
		name := string(p.Contract) + "/" + p.Name
		switch {
		case p.Contract == domain.SevenAzzani && p.RequestsPerSec > 0:
			list = append(list, tier{name: name + "/second", limit: p.RequestsPerSec, contract: "7azzani", plan: p.Name, path: "/api/scans/statistics/"})
		case p.Contract == domain.IsSafeSite && p.RequestsPerMin > 0:
			list = append(list, tier{name: name + "/minute", limit: p.RequestsPerMin, contract: "issafesite", plan: p.Name, path: "/api/v1/scan"})
		case p.Contract == domain.SecAbly && p.RequestsPerMonth > 0:
			list = append(list, tier{
				name: name + "/month", limit: p.RequestsPerMonth, contract: "secably", plan: p.Name, path: "/api/v1/credits/",
				used: fmt.Sprintf("INSERT INTO months VALUES ('secably:month:account:' || $1, date_trunc('month', now(), 'UTC'), %d)", p.RequestsPerMonth-few),
			})
		}
		if p.Contract == domain.IsSafeSite && p.ScansPerMonth > 0 {
			list = append(list, tier{
				name: name + "/scans", limit: p.ScansPerMonth, contract: "issafesite", plan: p.Name, method: "POST", path: "/api/v1/scan", body: `{"url": "http://127.0.0.1:9"}`,
				used: scansUsed(p.Contract, max(p.ScansPerMonth-few, 0)),
			})
		}
	}
	return list
}

// TestLimitsOverInstances asks for more than each tier allows, of one, two and
// four servers at the same time, and counts what is let in.
func TestLimitsOverInstances(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	options := settings(t, dir, "--trusted-proxies", "127.0.0.0/8", "--ip-limit-per-minute", "60", "--scan-monthly-limit", strconv.Itoa(monthlyScans), "--roles", "api,relay")
	urls := []string{startServer(t, options).url}
	for range 3 {
		urls = append(urls, startServer(t, append(options, "--roles", "api")).url)
	}
	db := connect(t, options, dir)
	for _, n := range []int{1, 2, 4} {
		for _, limit := range tiers() {
			t.Run(fmt.Sprintf("%s on %d", limit.name, n), func(t *testing.T) { limit.exhaust(t, options, db, urls[:n]) })
		}
	}
}

// exhaust asks until the limit is reached within one window.
func (l tier) exhaust(t *testing.T, options []string, db *pgx.Conn, urls []string) {
	var key string
	left := l.limit
	if !l.stranger {
		var account string
		account, key = l.account(t, options)
		if l.target {
			l.body = fmt.Sprintf(l.body, call[struct{ ID int }](t, key, http.MethodPost, urls[0]+"/api/v1/targets/", `{"target_value": "http://127.0.0.1:9"}`, http.StatusCreated).ID)
		}
		if l.used != "" {
			left = min(left, few)
			if _, err := db.Exec(t.Context(), l.used, account); err != nil {
				t.Fatal(err)
			}
		}
	}
	address := fmt.Sprintf("203.0.%d.%d", rand.IntN(256), rand.IntN(256))
	windows := map[int64]window{}
	for range 3 { // a window may end meanwhile: then the next one is full
		l.shoot(t, urls, key, address, left+30, windows)
		for end, w := range windows {
			if w.admitted > left {
				t.Errorf("%d were let in until %d, the limit is %d", w.admitted, end, left)
			}
			if w.refused > 0 && w.admitted != left {
				t.Errorf("%d were let in until %d before one was refused, the limit is %d", w.admitted, end, left)
			}
			if w.refused > 0 {
				return
			}
		}
	}
	t.Error("none was refused")
}

// account makes one with the tier's plan.
func (l tier) account(t *testing.T, options []string) (id, key string) {
	with := func(args ...string) []string { return append(append([]string{"admin"}, args...), options...) }
	email := "ann-" + newID().String() + "@example.com"
	id = answerOf[struct{ ID string }](t, with("create-user", "--email", email, "--password", "correct horse battery")...).ID
	if l.contract != "" {
		answerOf[map[string]any](t, with("set-plan", "--email", email, "--contract", l.contract, "--plan", l.plan)...)
	}
	return id, answerOf[struct{ Key string }](t, with("create-key", "--email", email, "--name", "test")...).Key
}

// window is what came of the requests in one window.
type window struct{ admitted, refused int }

// shoot sends requests from eight clients to all servers in turn, and adds their
// answers up by the end of the window that they were counted in.
func (l tier) shoot(t *testing.T, urls []string, key, address string, n int, windows map[int64]window) {
	mu, wg := sync.Mutex{}, sync.WaitGroup{}
	const clients = 8
	for client := range clients {
		wg.Go(func() {
			for i := client; i < n; i += clients {
				end, refused, err := l.ask(urls[i%len(urls)], key, address)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				w := windows[end]
				if refused {
					w.refused++
				} else {
					w.admitted++
				}
				windows[end] = w
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// ask sends one request, and tells the end of its window in Unix time: to the
// minute, where the answer has the seconds that are left.
func (l tier) ask(url, key, address string) (end int64, refused bool, err error) {
	method := l.method
	if method == "" {
		method = http.MethodGet
	}
	body := l.body
	if l.hosts {
		body = fmt.Sprintf(body, rand.IntN(256), rand.IntN(256), rand.IntN(256))
	}
	request, err := http.NewRequest(method, url+l.path, strings.NewReader(body))
	if err != nil {
		return 0, false, err
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	request.Header.Set("X-Forwarded-For", address)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, false, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 500 {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	if err != nil {
		return 0, false, err
	}
	refused = response.StatusCode == http.StatusTooManyRequests
	if l.used != "" { // a month's end is the same for all
		return 0, refused, nil
	}
	if reset := response.Header.Get("X-RateLimit-Reset"); reset != "" {
		end, err = strconv.ParseInt(reset, 10, 64)
		return end, refused, err
	}
	left, err := strconv.ParseInt(response.Header.Get("RateLimit-Reset"), 10, 64)
	return time.Now().Add(time.Duration(left) * time.Second).Round(time.Minute).Unix(), refused, err
}
