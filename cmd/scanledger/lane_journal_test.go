//go:build failpoint

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
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
	scan   string // which the answer names
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
		if e.acknowledged() && e.what != "cancel" {
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
	var answer struct{ ID string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return e // it died while it answered
	}
	e.status, e.scan, e.retry = response.StatusCode, answer.ID, response.Header.Get("Retry-After")
	return e
}

// repeat sends again what got no answer, each under its key, until there is one.
func (l *lane) repeat(t *testing.T) {
	t.Helper()
	for i := range l.journal {
		if l.journal[i].status != 0 {
			continue
		}
		until(t, time.Minute, func() (bool, string) {
			e := l.journal[i]
			l.journal[i] = l.sendAs(e.id, e.what, l.address, e.path, e.body)
			over := e.what == "cancel" && l.journal[i].status == http.StatusBadRequest // the scan has ended before it was cancelled
			return over || l.journal[i].acknowledged(), fmt.Sprintf("%s is answered with %d when it is sent again", e.what, l.journal[i].status)
		})
	}
}
