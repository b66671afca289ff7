package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// remote scans through a server and follows its live stream of events.
func remote(server, key string) source {
	r := client{strings.TrimRight(server, "/"), key, &http.Client{}}
	return func(ctx context.Context, target domain.Target, profile domain.Profile, event func(domain.Envelope)) error {
		id, err := r.submit(ctx, target, profile)
		if err != nil {
			return err
		}
		return r.follow(ctx, id, event)
	}
}

// client speaks to the operator's own server, whose address the user has given.
type client struct {
	server, key string
	http        *http.Client
}

func (r client) submit(ctx context.Context, target domain.Target, profile domain.Profile) (string, error) {
	body, err := json.Marshal(map[string]string{"url": target.Value, "depth": strings.ToUpper(string(profile))})
	if err != nil {
		return "", err
	}
	var answer struct{ ID, Error string }
	response, err := r.do(ctx, http.MethodPost, "/issafesite/api/v1/scan", bytes.NewReader(body), nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer); err != nil {
		return "", fmt.Errorf("%s does not answer like a scanledger server: %w", r.server, err)
	}
	if response.StatusCode != http.StatusAccepted {
		return "", refusal(response.StatusCode, answer.Error)
	}
	return answer.ID, nil
}

// refusal is an answer that is no success, with the code that decides how the
// command ends.
func refusal(status int, text string) error {
	codes := map[int]domain.Code{http.StatusUnauthorized: domain.Unauthorized, http.StatusForbidden: domain.BadKey}
	code, ok := codes[status]
	if !ok {
		code = domain.Unavailable
	}
	return domain.Errorf(code, "%s (HTTP %d)", text, status)
}

// follow reads the stream to its end, and takes it up again where it broke off.
func (r client) follow(ctx context.Context, id string, event func(domain.Envelope)) error {
	const patience = 30
	after, failures := 0, 0
	for {
		over, err := r.read(ctx, id, &after, event)
		if over || ctx.Err() != nil {
			return ctx.Err()
		}
		var refused *domain.Error
		if failures++; failures > patience || errors.As(err, &refused) {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// read reads one connection's worth of events.
func (r client) read(ctx context.Context, id string, after *int, event func(domain.Envelope)) (over bool, err error) {
	response, err := r.do(ctx, http.MethodGet, "/issafesite/api/v1/scan/"+id+"/events", nil, map[string]string{
		"Accept": "text/event-stream", "Last-Event-ID": strconv.Itoa(*after),
	})
	if err != nil {
		return false, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("event stream: HTTP %d", response.StatusCode)
	}
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		e, err := parseEvent(id, []byte(data))
		if err != nil {
			return false, err
		}
		*after = e.Version
		if event(e); domain.Closes(e.Event) {
			return true, nil
		}
	}
	return false, lines.Err()
}

// parseEvent reads one event of the history.
func parseEvent(scan string, data []byte) (domain.Envelope, error) {
	var wire struct {
		ID      uuid.UUID
		Type    string
		Version int
		At      time.Time
		Actor   string
		Cause   string
		Payload json.RawMessage
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return domain.Envelope{}, fmt.Errorf("event: %w", err)
	}
	event, err := domain.Present(wire.Type, wire.Payload)
	return domain.Envelope{
		ID: wire.ID, Stream: domain.Stream(domain.ScanFamily + "-" + scan), Version: wire.Version, At: wire.At,
		Actor: wire.Actor, Cause: wire.Cause, Event: event,
	}, err
}

func (r client) do(ctx context.Context, method, path string, body io.Reader, header map[string]string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, r.server+path, body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+r.key)
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	return r.http.Do(request)
}
