//go:build failpoint

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// entry is one command as its client knows it.
type entry struct {
	what   string // request, retest, cancel
	path   string
	body   string
	id     string // X-Request-ID, the cause of the events, and Idempotency-Key where there is one
	status int    // 0 when there was no answer
	scan   string // which the answer names; "" where it names the number alone
	number int    // of what SecAbly's answers are about
	cost   int    // credits that were held for it, as the answer says
	began  time.Time
	ended  time.Time
	retry  string // Retry-After
}

// journal is what a client has sent and what it was told.
type journal []entry

func (e entry) acknowledged() bool { return e.status >= 200 && e.status < 300 }

// scans are those that the client was told of.
func (j journal) scans() (ids []string) {
	for _, e := range j {
		if e.acknowledged() && e.what != "cancel" && e.scan != "" {
			ids = append(ids, e.scan)
		}
	}
	return ids
}

// note enters a command and its outcome.
func (l *lane) note(e entry) entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.journal = append(l.journal, e)
	return e
}

// command sends a command and enters it.
func (l *lane) command(what, path, body string) entry {
	return l.note(l.send(what, l.address, path, body))
}

// send sends a command once: a client that got no answer does not know more.
func (l *lane) send(what, address, path, body string) (e entry) {
	return l.sendAs(newID().String(), what, address, path, body)
}

// sendAs sends a command under an id.
func (l *lane) sendAs(id, what, address, path, body string) (e entry) {
	e = entry{what: what, path: path, body: body, id: id, began: time.Now()}
	defer func() { e.ended = time.Now() }()
	request, err := http.NewRequest(http.MethodPost, "http://"+address+path, strings.NewReader(body))
	if err != nil {
		return e
	}
	request.Header.Set("Authorization", "Bearer "+l.key)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Request-ID", e.id)
	if l.keyed {
		request.Header.Set("Idempotency-Key", e.id)
	}
	response, err := patient.Do(request)
	if err != nil {
		return e
	}
	defer response.Body.Close()
	var answer struct {
		ID   any // with SecAbly a number
		Scan int `json:"scan_id"`
		Cost int `json:"credits_used"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return e // it died while it answered
	}
	e.scan, _ = answer.ID.(string)
	number, _ := answer.ID.(float64)
	e.number, e.cost = cmp.Or(answer.Scan, int(number)), answer.Cost
	e.status, e.retry = response.StatusCode, response.Header.Get("Retry-After")
	return e
}

// repeat sends again what got no answer, each under its key, until there is one,
// and no sooner than it is told to.
func (l *lane) repeat(t *testing.T) {
	t.Helper()
	for i := range l.journal {
		if l.journal[i].status != 0 {
			continue
		}
		until(t, time.Minute, func() (bool, string) {
			e := l.journal[i]
			if wait, err := strconv.Atoi(e.retry); err == nil && time.Since(e.ended) < time.Duration(wait)*time.Second {
				return false, "the server has it wait"
			}
			l.journal[i] = l.sendAs(e.id, e.what, l.address, e.path, e.body)
			over := e.what == "cancel" && l.journal[i].status == http.StatusBadRequest // the scan has ended before it was cancelled
			return over || l.journal[i].acknowledged(), fmt.Sprintf("%s is answered with %d when it is sent again", e.what, l.journal[i].status)
		})
	}
}
