package sslyze

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/tls"
	"github.com/scanledger/scanledger/domain"
)

// endpoint is a port as SSLyze has seen it. Its lines of coverage are those of the
// built-in scanner of TLS, as its facts are.
type endpoint struct {
	domain.TLSEndpoint
	asked  domain.SSLyzeOptions
	result map[string]command
	now    time.Time
	chain  func(pem []string) (*domain.Certificate, error)
	to     *scanners.Sight
	lines  []domain.Coverage
	others []other // certificates
	blind  bool    // whether a version's suites are not known
}

// line tells a part that was looked at, or why it was not.
func (e *endpoint) line(what string, err error) {
	c := domain.Coverage{What: what, Outcome: domain.Tested}
	var not *scanners.NotTested
	switch {
	case errors.As(err, &not):
		c.Outcome, c.Reason = not.Outcome, not.Reason
	case err != nil:
		c.Outcome, c.Reason = domain.Failed, err.Error()
	}
	e.lines = append(e.lines, c)
}

// unasked says of parts that nobody wanted them.
func (e *endpoint) unasked(parts ...string) {
	for _, what := range parts {
		e.line(what, scanners.Skip("it was not asked for"))
	}
}

// unable says of parts that SSLyze does not look at them.
func (e *endpoint) unable(parts ...string) {
	for _, what := range parts {
		e.line(what, scanners.Skip("SSLyze does not look at it"))
	}
}

func (e *endpoint) feature(name string, has bool) { e.Features[name] = has }

// whole says whether everything was asked for, and what a grade rests on is known.
func (e *endpoint) whole() bool {
	return e.asked.Certificate && e.asked.Versions && e.asked.Suites && !e.blind
}

// read takes all that the report says.
func (e *endpoint) read() {
	e.Protocols, e.Ciphers, e.Features = map[string]bool{}, map[string][]string{}, map[string]bool{}
	e.versions()
	e.downgrades()
	if e.asked.Suites {
		e.suites()
	} else {
		e.unasked("cipher suites", groupsLine, extrasLine)
		for _, a := range attacks {
			e.unasked(a.line)
		}
	}
	if e.asked.Certificate {
		e.certificate()
	} else {
		e.unasked("certificate")
	}
	if e.asked.Certificate && e.asked.Versions && e.asked.Suites {
		e.headers()
		tls.Conclude(&e.TLSEndpoint, e.blind)
	}
	e.unable("revocation", "Ticketbleed (CVE-2016-9244)",
		"padding oracles (POODLE of TLS, GOLDENDOODLE, Zombie POODLE, CVE-2019-1559)", "application protocols (ALPN)", postQuantum)
}

// postQuantum is the rule of ours that SSLyze cannot judge: of post-quantum groups
// it knows none.
const postQuantum = "tls/key-exchange/no-post-quantum"

// weaknesses are those that our own rules find in what was seen, each once: by the first of
// the certificates that has it.
func (e *endpoint) weaknesses() (all []domain.Observation) {
	told := map[string]bool{postQuantum: true}
	for i, face := range e.faces() {
		for _, w := range tls.Weaknesses(face, e.now, e.blind) {
			if told[w.Advisory.ID] {
				continue
			}
			if told[w.Advisory.ID] = true; i > 0 {
				w.Detail = fmt.Sprintf("%s certificate %s, which some clients get: %s", face.Certificate.Key, face.Certificate.Serial, w.Detail)
			}
			all = append(all, w)
		}
	}
	return all
}

// cover tells all lines of coverage.
func (e *endpoint) cover() error {
	for _, rule := range tls.Undecided(e.blind) {
		e.line(rule, scanners.Skip("not all versions could be looked at"))
	}
	for _, c := range e.lines {
		if err := e.to.See(c); err != nil {
			return err
		}
	}
	return nil
}

// versionsOf are SSLyze's commands for versions, and our names of them.
var versionsOf = []struct{ command, name string }{
	{"ssl_2_0_cipher_suites", "SSLv2"}, {"ssl_3_0_cipher_suites", "SSLv3"}, {"tls_1_0_cipher_suites", "TLSv1.0"},
	{"tls_1_1_cipher_suites", "TLSv1.1"}, {"tls_1_2_cipher_suites", "TLSv1.2"}, {"tls_1_3_cipher_suites", "TLSv1.3"},
}

// offered are the suites of a version.
type offered struct {
	Supported bool `json:"is_tls_version_supported"`
	Accepted  []struct {
		Suite struct {
			Name string `json:"name"` // IANA's
		} `json:"cipher_suite"`
		Key *struct {
			Type string `json:"type_name"`
			Size int    `json:"size"`
		} `json:"ephemeral_key"`
	} `json:"accepted_cipher_suites"`
}

// versions takes the versions and their suites, as far as they were asked for.
func (e *endpoint) versions() {
	if !e.asked.Versions {
		e.unasked("protocols")
	}
	if !e.asked.Versions && !e.asked.Suites {
		return
	}
	for _, v := range versionsOf {
		o, err := take[offered](e.result, v.command)
		if e.asked.Versions {
			e.line("protocol "+v.name, err)
		} else {
			e.line("cipher suites of "+v.name, err)
		}
		if err != nil {
			e.blind = true
			continue
		}
		if e.asked.Versions {
			e.Protocols[v.name] = o.Supported
		}
		if e.asked.Suites {
			e.accepted(v.name, o)
		}
	}
}

func (e *endpoint) accepted(version string, o offered) {
	for _, a := range o.Accepted {
		e.Ciphers[version] = append(e.Ciphers[version], a.Suite.Name)
		if k := a.Key; k != nil && k.Type == "DH" && k.Size > 0 && (e.DHBits == 0 || k.Size < e.DHBits) {
			e.DHBits = k.Size
		}
	}
}

func (e *endpoint) downgrades() {
	const line = "protection against downgrades (TLS_FALLBACK_SCSV)"
	if !e.asked.Versions {
		e.unasked(line)
		return
	}
	r, err := take[struct {
		Has bool `json:"supports_fallback_scsv"`
	}](e.result, "tls_fallback_scsv")
	e.line(line, err)
	if err == nil {
		e.feature("fallback_scsv", r.Has)
	}
}

// headers takes how long browsers are to use TLS alone.
func (e *endpoint) headers() {
	r, err := take[struct {
		Trace string `json:"http_error_trace"`
		HSTS  *struct {
			Age int64 `json:"max_age"`
		} `json:"strict_transport_security_header"`
	}](e.result, "http_headers")
	if err == nil && r.Trace != "" {
		lines := strings.Split(strings.TrimSpace(r.Trace), "\n")
		err = scanners.Skip("the server gave no answer over HTTP: %s", lines[len(lines)-1])
	}
	e.line("strict-transport-security", err)
	if err == nil && r.HSTS != nil {
		e.HSTS = max(r.HSTS.Age, 0)
	}
}
