package main_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// knows is what of ours the folders outside of adapters and cmd may import.
var knows = map[string][]string{
	"domain":           {},
	"commands":         {"domain"},
	"projections":      {"domain"},
	"schemas":          {"domain"},
	"schemas/generate": {"domain", "schemas", "adapters/stream"},
	"schemas/openapi":  {},
}

// shared are the folders of an adapter that its other folders may import;
// "*" stands for all of them.
var shared = map[string][]string{
	"adapters/web/server":       {"adapters/web/*"},
	"adapters/web/account":      {"adapters/web/secably"}, // its requests come in by that contract's gate: one count of an hour's, one manner of refusing
	"adapters/scanners/list":    {"adapters/scanners/*"},
	"adapters/scanners/headers": {"adapters/scanners/observatory"},
	"adapters/scanners/cookies": {"adapters/scanners/observatory"},
	"adapters/scanners/content": {"adapters/scanners/observatory", "adapters/scanners/site"},
	"adapters/scanners/seo":     {"adapters/scanners/site"},
	"adapters/scanners/crawl":   {"adapters/scanners/observatory", "adapters/scanners/site"},
	"adapters/scanners/nmap":    {"adapters/scanners/ports"}, // one choice of ports and one judgement of services, whichever of the two looks
	"adapters/scanners/sslyze":  {"adapters/scanners/tls"},   // one judgement of what a port offers, whichever of the two looks
}

// everywhere is what any adapter may import, and why. It may import nothing of
// ours itself.
var everywhere = map[string]string{
	"adapters/failpoint": "names of steps: without the build tag failpoint there is nothing of it in the binary, as TestNoFailpoints sees",
}

// forTests are the packages that serve tests, and are held to the rules of tests.
var forTests = []string{"adapters/conformance", "adapters/scanners/hostile", "adapters/scanners/scantest", "adapters/web/pagetest", "adapters/web/webtest"}

// impure is what a decision or a fold must not reach for: time, chance and the
// world are passed in.
var impure = map[string][]string{
	"time":                   {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"github.com/google/uuid": {"New", "NewString", "NewRandom", "NewUUID", "NewV6", "NewV7"},
}

var worldly = []string{"crypto/rand", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec"}

// homes are the libraries that only some folders may import.
var homes = map[string][]string{
	"github.com/gofiber/fiber":              {"adapters/web", "cmd/scanledger/api.go"}, // which serves and drains it
	"github.com/IBM/sarama":                 {"adapters/kafka"},
	"github.com/ThreeDotsLabs/watermill":    {"adapters/stream", "adapters/kafka", "adapters/memory", "cmd"},
	"github.com/ClickHouse/clickhouse-go":   {"adapters/clickhouse"},
	"github.com/golang-jwt/jwt":             {"adapters/accesstoken"},
	"github.com/jackc/pgx":                  {"adapters/postgres", "adapters/embedded", "cmd"},
	"github.com/pandatix/go-cvss":           {"adapters/scanners"},
	"github.com/pressly/goose":              {"adapters/postgres"},
	"github.com/twmb/franz-go":              {"adapters/embedded"},
	"github.com/chromedp":                   {"adapters/scanners/vitals"},
	"github.com/ebitengine/purego":          {"adapters/embedded"},
	"github.com/fergusstrange":              {"adapters/embedded"},
	"github.com/openrdap/rdap":              {"adapters/lookup"}, // reads answers and dials nothing: its client is not used
	"github.com/netresearch/go-cron":        {"adapters/cron"},   // computes times and does nothing else; what it says goes into events
	"github.com/spf13":                      {"cmd"},
	"github.com/knadh/koanf":                {"cmd"},
	"github.com/prometheus/client_golang":   {"cmd"},
	"github.com/santhosh-tekuri/jsonschema": {"adapters/web/openapi"},
	"github.com/swaggest/swgui":             {"adapters/web/server"},
	"go.yaml.in/yaml":                       {"schemas/openapi/bundle"},
	"github.com/anishathalye/porcupine":     {},
	"github.com/pb33f":                      {},
	"github.com/stretchr/testify":           {},
}

// processes is where child processes are started; what exec.go has of each system stands beside it.
var processes = []string{"adapters/scanners/exec.go", "adapters/scanners/exec_linux.go", "adapters/scanners/exec_other.go", "adapters/embedded"}

// ways are what connects or resolves, by package.
var ways = map[string][]string{
	"net": {
		"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer", "DefaultResolver", "Resolver", "LookupAddr", "LookupCNAME",
		"LookupHost", "LookupIP", "LookupMX", "LookupNS", "LookupSRV", "LookupTXT", "ResolveTCPAddr", "ResolveUDPAddr", "ResolveIPAddr",
	},
	"net/http":              {"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "Client", "Transport"},
	"crypto/tls":            {"Dial", "DialWithDialer", "Dialer"},
	"syscall":               {"Connect"},
	"golang.org/x/sys/unix": {"Connect"},
}

// outgoing are the files that have a way out of their own, and why.
var outgoing = map[string]string{
	"adapters/scanners/guard_session.go":        "the guard's dialler",
	"adapters/scanners/guard_resolve.go":        "the guard's resolver",
	"adapters/scanners/fetch.go":                "a transport that dials through the guard",
	"adapters/scanners/vitals/proxy.go":         "a browser's proxy, which dials through the guard",
	"adapters/scanners/dns/query.go":            "the operator's resolver; a zone's own servers are asked through the guard",
	"adapters/scanners/ports/wire_linux.go":     "connects to addresses that the guard has checked",
	"adapters/scanners/ports/wire_raw_linux.go": "sends SYNs to addresses that the guard has checked",
	"adapters/scanners/ports/wire_other.go":     "connects to addresses that the guard has checked",
	"adapters/scanners/zap/client.go":           "the operator's ZAP, whose address is a setting",
	"adapters/scanners/openvas/gmp.go":          "the operator's Greenbone, whose address is a setting",
	"adapters/kafka/dialer.go":                  "the brokers of the settings",
	"adapters/clickhouse/clickhouse.go":         "hands the embedded engine to its client as a transport, and dials nothing",
	"adapters/embedded/kafka_members.go":        "the broker in this process",
	"adapters/embedded/postgres_binaries.go":    "closes the connections of the library that fetches binaries",
	"cmd/scanledger/scan_remote.go":             "a client of the server that its user names",
	"cmd/scanledger/wire.go":                    "the addresses of our own engines",
	"adapters/lookup/http.go":                   "a client of registries, which dials as it is told: through the guard",
	"adapters/speed/measure.go":                 "a transport that dials by what it is given, which is the guard",
}

// rules are the design's, for all files but tests.
var rules = map[string]func(source) []fault{
	"inner": inner, "pure": pure, "siblings": siblings, "tests": testsOnly,
	"libraries": libraries, "processes": starts, "outgoing": dials, "init": inits,
}

// inner keeps technology out of the core.
func inner(s source) (faults []fault) {
	may, core := knows[s.folder()]
	if !core {
		return nil
	}
	for name, line := range s.imports() {
		own, isOurs := strings.CutPrefix(name, ours)
		if isOurs && slices.Contains(may, own) || name == "github.com/google/uuid" || !strings.Contains(strings.Split(name, "/")[0], ".") {
			continue
		}
		faults = append(faults, fault{line, fmt.Sprintf("%s may not import %s: let it take an interface of its own, and put the rest into an adapter", s.folder(), name)})
	}
	return faults
}

// pure keeps time, chance and the world out of decisions and folds.
func pure(s source) (faults []fault) {
	if !slices.Contains([]string{"domain", "commands", "projections"}, s.folder()) {
		return nil
	}
	for name, line := range s.imports() {
		if slices.Contains(worldly, name) || name == "context" && s.folder() == "domain" {
			faults = append(faults, fault{line, fmt.Sprintf("%s may not import %s: have it passed in", s.folder(), name)})
		}
	}
	for pkg, names := range impure {
		for _, f := range s.mentions(pkg, names) {
			faults = append(faults, fault{f.line, f.says + " gives another answer each time: have it passed in"})
		}
	}
	return faults
}

// siblings lets an adapter import the core, itself, and what it shares.
func siblings(s source) (faults []fault) {
	parts := strings.Split(s.folder(), "/")
	if parts[0] != "adapters" || len(parts) < 2 {
		return nil
	}
	self := strings.Join(parts[:min(len(parts), 3)], "/")
	for name, line := range s.imports() {
		own, isOurs := strings.CutPrefix(name, ours)
		core := slices.Contains([]string{"domain", "commands", "projections"}, own)
		if !isOurs || core || under(own, self) || own == path.Dir(self) || shares(self, own) || everywhere[own] != "" && everywhere[self] == "" {
			continue
		}
		faults = append(faults, fault{line, fmt.Sprintf("%s may not import %s: let them meet in cmd, or move what both need to the core", s.folder(), own)})
	}
	return faults
}

func shares(self, with string) bool {
	return slices.ContainsFunc(shared[self], func(folder string) bool {
		all, many := strings.CutSuffix(folder, "/*")
		return with == folder || many && under(with, all)
	})
}

// testsOnly keeps what serves tests out of what is built.
func testsOnly(s source) (faults []fault) {
	for name, line := range s.imports() {
		switch own := strings.TrimPrefix(name, ours); {
		case slices.Contains(forTests, own):
			faults = append(faults, fault{line, own + " is for tests: import it from a _test.go file"})
		case own == "adapters/memory" && !s.within("cmd"):
			faults = append(faults, fault{line, "adapters/memory is for tests and for cmd: take the port as an interface"})
		}
	}
	return faults
}

// libraries keeps each engine's library at home.
func libraries(s source) (faults []fault) {
	for name, line := range s.imports() {
		for library, in := range homes {
			if under(name, library) && !withinAny(s, in) {
				faults = append(faults, fault{line, fmt.Sprintf("%s is imported only in %q: hide it behind what stands there", library, in)})
			}
		}
	}
	return faults
}

// starts keeps child processes where their environment and end are looked after.
func starts(s source) (faults []fault) {
	if withinAny(s, processes) {
		return nil
	}
	found := s.mentions("os", []string{"StartProcess"})
	found = append(found, s.mentions("syscall", []string{"ForkExec", "StartProcess", "Exec"})...)
	if line := s.imports()["os/exec"]; line != 0 {
		found = append(found, fault{line, "os/exec"})
	}
	for _, f := range found {
		faults = append(faults, fault{f.line, fmt.Sprintf("%s starts processes, which only %q may: go through them", f.says, processes)})
	}
	return faults
}

// dials keeps all ways out behind the guard.
func dials(s source) (faults []fault) {
	if outgoing[s.path] != "" {
		return nil
	}
	for _, f := range exits(s) {
		faults = append(faults, fault{f.line, f.says + " goes past the guard: use the Session of the job, or enter the file in outgoing with the reason"})
	}
	return faults
}

func exits(s source) (found []fault) {
	for pkg, names := range ways {
		found = append(found, s.mentions(pkg, names)...)
	}
	return found
}

// inits finds what runs before main and cannot be given another value.
func inits(s source) (faults []fault) {
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			faults = append(faults, fault{s.line(f), "init() hides what is wired: enter it in a list by hand"})
		}
	}
	return faults
}
