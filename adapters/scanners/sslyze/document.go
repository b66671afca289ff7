package sslyze

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// document is what SSLyze writes (SslyzeOutputAsJson), as far as it is read. What it
// has beside is left alone: versions add to it.
type document struct {
	Invalid []struct {
		Server string `json:"server_string"`
		Error  string `json:"error_message"`
	} `json:"invalid_server_strings"`
	Servers []json.RawMessage `json:"server_scan_results"`
}

// server is the result of one port.
type server struct {
	Location struct {
		Port int `json:"port"`
	} `json:"server_location"`
	Status string             `json:"scan_status"`
	Trace  string             `json:"connectivity_error_trace"`
	Result map[string]command `json:"scan_result"`
	raw    []byte
}

// command is how one of SSLyze's commands ended.
type command struct {
	Status string          `json:"status"`
	Reason string          `json:"error_reason"`
	Result json.RawMessage `json:"result"`
}

// decode reads a document to its end. One that breaks off is io.ErrUnexpectedEOF.
func decode(r io.Reader) (d document, err error) {
	err = json.NewDecoder(r).Decode(&d)
	switch {
	case errors.Is(err, io.EOF):
		return d, io.ErrUnexpectedEOF
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return d, fmt.Errorf("its report cannot be read: %w", err)
	default:
		return d, err
	}
}

// server is the result of the one port that was asked for. Its error says why there
// is none.
func (d document) server(port int) (s server, err error) {
	if len(d.Invalid) > 0 {
		return s, fmt.Errorf("SSLyze does not take the target: %s", d.Invalid[0].Error)
	}
	if len(d.Servers) != 1 {
		return s, fmt.Errorf("its report is of %d servers, and one was asked for", len(d.Servers))
	}
	s.raw = d.Servers[0]
	if err := json.Unmarshal(s.raw, &s); err != nil {
		return s, fmt.Errorf("its report cannot be read: %w", err)
	}
	switch {
	case s.Location.Port != port:
		return s, fmt.Errorf("its report is of port %d, and %d was asked for", s.Location.Port, port)
	case s.Status == "COMPLETED":
		return s, nil
	case strings.Contains(s.Trace, "imeout") || strings.Contains(s.Trace, "imed out"):
		return s, &scanners.NotTested{Outcome: domain.TimedOut, Reason: fmt.Sprintf("port %d did not answer a TLS hello", port)}
	default:
		return s, scanners.Skip("no TLS on port %d", port)
	}
}

// errUnsaid is why nothing is known of a command that the report does not have.
var errUnsaid = errors.New("SSLyze does not say how it ended")

// fault is why a command has no result; nil for one that has.
func (c command) fault() error {
	switch {
	case c.Status == "COMPLETED" && len(c.Result) > 0 && string(c.Result) != "null":
		return nil
	case c.Reason == "CLIENT_CERTIFICATE_NEEDED":
		return &scanners.NotTested{Outcome: domain.Refused, Reason: "the server wants a certificate of its clients"}
	case c.Reason == "CONNECTIVITY_ISSUE":
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: "SSLyze could not connect for it"}
	case c.Reason == "BUG_IN_SSLYZE", c.Reason == "WRONG_USAGE":
		return errors.New("SSLyze broke on it")
	default:
		return errUnsaid
	}
}

// take reads the result of a command.
func take[R any](all map[string]command, name string) (result R, err error) {
	c := all[name]
	if err := c.fault(); err != nil {
		return result, err
	}
	if err := json.Unmarshal(c.Result, &result); err != nil {
		return result, fmt.Errorf("SSLyze says of it what cannot be read: %w", err)
	}
	return result, nil
}
