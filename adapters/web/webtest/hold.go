package webtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scanledger/scanledger/adapters/web/openapi"
)

// Failing is a test, or what stands for several.
type Failing interface {
	Errorf(format string, args ...any)
}

// Held sends requests by another way, and fails the test where an answer is
// not as the OpenAPI document has it: its status, headers, type and body. Of
// answers without an X-Request-ID it thinks that they are another server's.
func Held(t Failing, way http.RoundTripper) http.RoundTripper { return holding{t, way} }

type holding struct {
	t   Failing
	way http.RoundTripper
}

// RoundTrip implements http.RoundTripper. What is streamed is not read.
func (h holding) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := h.way.RoundTrip(request)
	if err != nil || response.Header.Get("X-Request-ID") == "" {
		return response, err
	}
	all, err := held()
	if err != nil {
		return nil, err
	}
	var body []byte
	if kind := mediaType(response); kind != "text/event-stream" && kind != "application/x-tar" {
		body, err = io.ReadAll(response.Body)
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
	}
	for _, fault := range faults(all, request, response, body) {
		h.t.Errorf("%s %.200s is answered %d, which is not as the OpenAPI document has it: %s\n%.500s",
			request.Method, request.URL.RequestURI(), response.StatusCode, fault, body)
	}
	return response, nil
}

func mediaType(response *http.Response) string {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind
}

// faults are where an answer is not as its document has it.
func faults(all []*spec, request *http.Request, response *http.Response, body []byte) []string {
	s, path := specOf(all, request.URL.EscapedPath())
	at, known := s.place(request.Method, path)
	if at == "" {
		return unknown(request.Method, response, body, known)
	}
	status := strconv.Itoa(response.StatusCode)
	at = openapi.Below(at, "responses", status)
	r := s.At(at)
	if r == nil {
		return []string{"this status is not in it"}
	}
	at = s.Place(r, at)
	r = s.Follow(r)
	found := s.headers(r, at, response.Header)
	if request.Method == http.MethodHead {
		return found
	}
	return append(found, s.body(r, at, response, body)...)
}

// unknown are the faults of an answer to what no document has.
func unknown(method string, response *http.Response, body []byte, known bool) []string {
	refused := []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusTooManyRequests, http.StatusRequestEntityTooLarge, http.StatusRequestHeaderFieldsTooLarge}
	if known {
		refused[0] = http.StatusMethodNotAllowed
	}
	switch {
	case !slices.Contains(refused, response.StatusCode):
		return []string{"the path or the method is not in it"}
	case method == http.MethodHead:
		return nil
	}
	var told struct{ Error string }
	if err := json.Unmarshal(body, &told); err != nil || told.Error == "" {
		return []string{"it has no error"}
	}
	return nil
}

func (s *spec) body(r openapi.Node, at string, response *http.Response, body []byte) []string {
	content, _ := r["content"].(openapi.Node)
	kind := mediaType(response)
	switch {
	case len(content) == 0 && len(body) > 0:
		return []string{"it has no body"}
	case len(content) == 0:
		return nil
	case content[kind] == nil:
		return []string{fmt.Sprintf("it is %v, not %q", sorted(content), kind)}
	case kind != "application/json":
		return nil
	}
	return s.fitting(openapi.Below(at, "content", kind, "schema"), body)
}

// fitting are the faults of a JSON text by a schema.
func (s *spec) fitting(pointer string, text []byte) []string {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return []string{"it is no JSON: " + err.Error()}
	}
	return s.valid(pointer, value)
}

func (s *spec) valid(pointer string, value any) []string {
	schema, err := s.schema(pointer)
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		return []string{err.Error()}
	}
	return nil
}

// everyones are headers that any answer may have, without a word of them.
var everyones = []string{
	"Content-Type", "Content-Length", "Content-Encoding", "Date", "Server", "Connection", "Transfer-Encoding", "Vary", "Trailer",
	"Cache-Control", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "X-Accel-Buffering",
}

func (s *spec) headers(r openapi.Node, at string, have http.Header) (found []string) {
	declared, _ := r["headers"].(openapi.Node)
	for _, name := range sorted(declared) {
		header, values := s.Follow(declared[name]), have.Values(name)
		switch {
		case len(values) == 0 && header["required"] == true:
			found = append(found, "the header "+name+" is missing")
		case len(values) > 1:
			found = append(found, "the header "+name+" is there more than once")
		case len(values) == 1:
			place := openapi.Below(s.Place(declared[name], openapi.Below(at, "headers", name)), "schema")
			for _, fault := range s.valid(place, typed(s.Follow(header["schema"]), values[0])) {
				found = append(found, "the header "+name+": "+fault)
			}
		}
	}
	for name := range have {
		if !slices.Contains(everyones, name) && !slices.ContainsFunc(sorted(declared), func(d string) bool { return http.CanonicalHeaderKey(d) == name }) {
			found = append(found, "the header "+name+" is not in it")
		}
	}
	return found
}

// typed is a header's value as its schema takes it.
func typed(schema openapi.Node, value string) any {
	if schema["type"] == "integer" {
		return json.Number(value)
	}
	return value
}
