package webtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Answer is what came back.
type Answer struct {
	t      testing.TB
	of     string
	Status int
	Header http.Header
	Body   string
}

// Do sends a request with the server's key; a header "Authorization: " takes
// the key away, and any other replaces it.
func (s *Server) Do(method, path, body string, headers ...string) Answer {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	must(s.t, err)
	request.Header.Set("Authorization", "Bearer "+s.Key)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		if value = strings.TrimSpace(value); value == "" {
			request.Header.Del(name)
		} else {
			request.Header.Set(name, value)
		}
	}
	return s.Send(request)
}

// Send sends a request as it is.
func (s *Server) Send(request *http.Request) Answer {
	s.t.Helper()
	return s.SendBy(s.client, request)
}

// SendBy sends a request by another way than the server's own connections. The
// answer has to be as the OpenAPI document has it.
func (s *Server) SendBy(way http.RoundTripper, request *http.Request) Answer {
	s.t.Helper()
	if s.whole {
		way = Held(s.t, way)
	}
	response, err := way.RoundTrip(request)
	must(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	must(s.t, err)
	return Answer{
		t: s.t, of: request.Method + " " + request.URL.RequestURI(),
		Status: response.StatusCode, Header: response.Header, Body: string(text),
	}
}

// Get is Do without a body.
func (s *Server) Get(path string, headers ...string) Answer {
	s.t.Helper()
	return s.Do(http.MethodGet, path, "", headers...)
}

// Post is Do with a body.
func (s *Server) Post(path, body string, headers ...string) Answer {
	s.t.Helper()
	return s.Do(http.MethodPost, path, body, headers...)
}

// Is expects a status, and with every refusal an error in JSON and nothing of
// what goes on inside.
func (a Answer) Is(status int) Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Errorf("%.200s answers %d, want %d: %.300s", a.of, a.Status, status, a.Body)
	}
	if a.Status >= 400 {
		a.tells()
	}
	return a
}

func (a Answer) tells() {
	a.t.Helper()
	var told struct{ Error string }
	page := strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") && strings.Contains(a.Body, "</h1>") // for people
	if err := json.Unmarshal([]byte(a.Body), &told); !page && (err != nil || told.Error == "") {
		a.t.Errorf("%.200s: %d without an error in JSON: %.300s", a.of, a.Status, a.Body)
	}
	for _, inside := range []string{"goroutine", ".go:", "panic", "runtime", "domain.", "json:", "sql", "scan-"} {
		if strings.Contains(a.Body, inside) {
			a.t.Errorf("%.200s tells %q: %.300s", a.of, inside, a.Body)
		}
	}
}

// Has expects headers, each "Name: value"; "Name:" alone expects none.
func (a Answer) Has(headers ...string) Answer {
	a.t.Helper()
	for _, h := range headers {
		name, want, _ := strings.Cut(h, ":")
		if got := a.Header.Get(name); got != strings.TrimSpace(want) {
			a.t.Errorf("%.200s: %s is %q, want %q", a.of, name, got, strings.TrimSpace(want))
		}
	}
	return a
}

// Like expects the fields of a JSON text with their values; there may be more.
func (a Answer) Like(want string) Answer {
	a.t.Helper()
	for _, difference := range differences("", a.parse(want), a.parse(a.Body)) {
		a.t.Errorf("%.200s: %s", a.of, difference)
	}
	return a
}

func (a Answer) parse(text string) (v any) {
	a.t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		a.t.Fatalf("%.200s: %v in %.300s", a.of, err, text)
	}
	return v
}

// Into reads the body.
func (a Answer) Into(v any) Answer {
	a.t.Helper()
	if err := json.Unmarshal([]byte(a.Body), v); err != nil {
		a.t.Fatalf("%.200s: %v in %.300s", a.of, err, a.Body)
	}
	return a
}

// Field is a field of the body, "" when it is not there.
func (a Answer) Field(name string) string {
	a.t.Helper()
	var fields map[string]any
	a.Into(&fields)
	if v, ok := fields[name]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

// differences are where got does not have what want has. A list that is longer
// than wanted is none.
func differences(at string, want, got any) (list []string) {
	switch want := want.(type) {
	case map[string]any:
		fields, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, want an object", at, got)}
		}
		for name, v := range want {
			if has, ok := fields[name]; ok {
				list = append(list, differences(at+"."+name, v, has)...)
			} else {
				list = append(list, at+"."+name+" is missing")
			}
		}
	case []any:
		items, ok := got.([]any)
		if !ok || len(items) < len(want) {
			return []string{fmt.Sprintf("%s is %v, want %d items", at, got, len(want))}
		}
		for i, v := range want {
			list = append(list, differences(fmt.Sprintf("%s[%d]", at, i), v, items[i])...)
		}
	default:
		if want != got {
			list = append(list, fmt.Sprintf("%s is %#v, want %#v", at, got, want))
		}
	}
	return list
}
