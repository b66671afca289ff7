package embedded

import (
	"crypto/sha256"
	"crypto/subtle"
	"io"
	"net/http"
	"regexp"
	"strconv"
)

// exception is what the engine says when a statement fails.
type exception struct{ text string }

// Error implements error.
func (e *exception) Error() string { return e.text }

var exceptionCode = regexp.MustCompile(`^Code: (\d+)`)

// code returns the engine's number of the error, 1002 (unknown) without one.
func (e *exception) code() int {
	if found := exceptionCode.FindStringSubmatch(e.text); found != nil {
		if code, err := strconv.Atoi(found[1]); err == nil {
			return code
		}
	}
	return 1002
}

// ServeHTTP implements http.Handler: ClickHouse's HTTP interface for the user
// default with the password of the data folder, sent as basic authentication,
// X-ClickHouse headers or URL parameters. GET reads only.
func (c *ClickHouse) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ping" {
		io.WriteString(w, "Ok.\n")
		return
	}
	if !c.knows(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="ClickHouse"`)
		w.Header().Set("X-ClickHouse-Exception-Code", "516")
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, "Code: 516. DB::Exception: default: Authentication failed: password is incorrect, or there is no user with such name. (AUTHENTICATION_FAILED)\n")
		return
	}
	answer, err := c.RoundTrip(r)
	if err != nil {
		http.Error(w, "Code: 1002. DB::Exception: "+err.Error(), http.StatusInternalServerError)
		return
	}
	defer answer.Body.Close()
	for name, values := range answer.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.FormatInt(answer.ContentLength, 10))
	w.Header().Set("Content-Type", "application/octet-stream")
	w.WriteHeader(answer.StatusCode)
	io.Copy(w, answer.Body) // the client has gone if this fails
}

// knows compares in constant time, whatever the lengths.
func (c *ClickHouse) knows(r *http.Request) bool {
	user, given, ok := r.BasicAuth()
	if !ok {
		user, given = r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	}
	if user == "" {
		user, given = r.URL.Query().Get("user"), r.URL.Query().Get("password")
	}
	want, got := sha256.Sum256([]byte(c.password)), sha256.Sum256([]byte(given))
	return (user == "default") && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
