package sslyze

import (
	"errors"
	"strings"
)

// Lines of coverage, as the built-in scanner of TLS has them.
const (
	groupsLine = "key exchange groups"
	extrasLine = "compression, renegotiation, heartbeat"
)

// attacks are SSLyze's commands for attacks, the lines of coverage and the features of
// ours that they tell, and whether their result says that a server is open to them.
var attacks = []struct {
	command, line, feature string
	open                   func(attacked) bool
}{
	{"heartbleed", "Heartbleed (CVE-2014-0160)", "heartbleed", func(a attacked) bool { return a.Heartbleed }},
	{"openssl_ccs_injection", "CCS injection (CVE-2014-0224)", "ccs_injection", func(a attacked) bool { return a.CCS }},
	{"robot", "ROBOT", "robot", func(a attacked) bool { return strings.HasPrefix(a.Robot, "VULNERABLE") }},
	{"session_renegotiation", "renegotiation by the client", "client_renegotiation", func(a attacked) bool { return a.Renegotiation }},
}

// attacked is the result of a command for an attack.
type attacked struct {
	Heartbleed    bool   `json:"is_vulnerable_to_heartbleed"`
	CCS           bool   `json:"is_vulnerable_to_ccs_injection"`
	Robot         string `json:"robot_result"`
	Renegotiation bool   `json:"is_vulnerable_to_client_renegotiation_dos"`
}

// unknownRobot is the result of a server that answers now so and now so.
const unknownRobot = "UNKNOWN_INCONSISTENT_RESULTS"

// suites takes what goes with the suites.
func (e *endpoint) suites() {
	for _, a := range attacks {
		r, err := take[attacked](e.result, a.command)
		if err == nil && r.Robot == unknownRobot {
			err = errors.New("the server's answers differ from one time to the next")
		}
		e.line(a.line, err)
		if err == nil {
			e.feature(a.feature, a.open(r))
		}
	}
	e.groups()
	e.extras()
}

// groups takes the groups of key exchange. SSLyze does not ask for post-quantum ones.
func (e *endpoint) groups() {
	r, err := take[struct {
		Curves []struct {
			Name string `json:"name"`
		} `json:"supported_curves"`
	}](e.result, "elliptic_curves")
	e.line(groupsLine, err)
	for _, c := range r.Curves {
		name := c.Name
		if name == "X25519" || name == "X448" || name == "prime256v1" {
			name = map[string]string{"X25519": "x25519", "X448": "x448", "prime256v1": "secp256r1"}[name]
		}
		e.Groups = append(e.Groups, name)
	}
}

// extras takes what a server has beside. They are one line of coverage, and so the
// first that is not known is the line's.
func (e *endpoint) extras() {
	type extra struct {
		Compression *bool  `json:"supports_compression"`
		Secure      *bool  `json:"supports_secure_renegotiation"`
		Master      *bool  `json:"supports_ems_extension"`
		Early       *bool  `json:"supports_early_data"`
		Tickets     string `json:"tls_ticket_resumption_result"`
	}
	var all error
	for _, command := range []string{"tls_compression", "session_renegotiation", "tls_extended_master_secret", "session_resumption", "tls_1_3_early_data"} {
		r, err := take[extra](e.result, command)
		if err != nil && all == nil {
			all = err
		}
		for feature, has := range map[string]*bool{"compression": r.Compression, "secure_renegotiation": r.Secure, "extended_master_secret": r.Master, "early_data": r.Early} {
			if has != nil {
				e.feature(feature, *has)
			}
		}
		if r.Tickets != "" {
			e.feature("session_tickets", r.Tickets == "FULLY_SUPPORTED" || r.Tickets == "PARTIALLY_SUPPORTED")
		}
	}
	e.line(extrasLine, all)
}
