package main_test

import (
	"strings"
	"testing"
)

// TestLayersRed breaks each rule once, and keeps close to it once without
// breaking it.
func TestLayersRed(t *testing.T) {
	proved := map[string]bool{}
	for _, c := range []struct{ path, code, breaks string }{
		{"domain/a.go", `import "github.com/gofiber/utils"`, "inner"},
		{"domain/a.go", `import "` + ours + `commands"`, "inner"},
		{"commands/a.go", `import "` + ours + `projections"`, "inner"},
		{"projections/a.go", `import "` + ours + `adapters/stream"`, "inner"},
		{"schemas/a.go", `import "` + ours + `adapters/stream"`, "inner"},
		{"schemas/generate/a.go", `import "` + ours + `adapters/stream"`, ""},
		{"commands/a.go", `import "` + ours + `domain"; import "github.com/google/uuid"; import "context"; var _ = uuid.Nil`, ""},

		{"domain/a.go", `import "context"`, "pure"},
		{"domain/a.go", `import "os"`, "pure"},
		{"domain/a.go", `import "net"`, "pure"},
		{"commands/a.go", `import "crypto/rand"`, "pure"},
		{"domain/a.go", `import "time"; var _ = time.Now()`, "pure"},
		{"projections/a.go", `import "time"; var _ = time.Now`, "pure"},
		{"domain/a.go", `import clock "time"; var _ = clock.Since(clock.Time{})`, "pure"},
		{"commands/a.go", `import "github.com/google/uuid"; var _ = uuid.New()`, "pure"},
		{"domain/a.go", `import "time"; import "net/netip"; var Now = time.UTC; type T struct{ Now func() time.Time }; func (t T) f() { t.Now() }`, ""},

		{"adapters/kafka/a.go", `import "` + ours + `adapters/stream"`, "siblings"},
		{"adapters/web/secably/a.go", `import "` + ours + `adapters/web/scannerapi"`, "siblings"},
		{"adapters/web/secably/a.go", `import "` + ours + `adapters/render"`, "siblings"},
		{"adapters/web/secably/a.go", `import "` + ours + `adapters/web/account"`, "siblings"},
		{"adapters/web/account/a.go", `import "` + ours + `adapters/web/scannerapi"`, "siblings"},
		{"adapters/web/account/a.go", `import "` + ours + `adapters/web/secably"`, ""},
		{"adapters/scanners/tls/a.go", `import "` + ours + `adapters/scanners/observatory"`, "siblings"},
		{"adapters/scanners/tls/a.go", `import "` + ours + `adapters/scanners/ports"`, "siblings"},
		{"adapters/failpoint/a.go", `import "` + ours + `adapters/kafka"`, "siblings"},
		{"domain/a.go", `import "` + ours + `adapters/failpoint"`, "inner"},
		{"adapters/kafka/a.go", `import "` + ours + `adapters/failpoint"`, ""},
		{"adapters/web/server/a.go", `import "` + ours + `adapters/web/scannerapi"; import "` + ours + `adapters/web"`, ""},
		{"adapters/scanners/list/a.go", `import "` + ours + `adapters/scanners/tls"`, ""},
		{"adapters/scanners/cookies/a.go", `import "` + ours + `adapters/scanners/observatory"`, ""},
		{"adapters/web/a.go", `import "` + ours + `adapters/web/secably"; import "` + ours + `commands"`, ""},

		{"cmd/scanledger/a.go", `import "` + ours + `adapters/conformance"`, "tests"},
		{"cmd/scanledger/a.go", `import "` + ours + `adapters/web/webtest"`, "tests"},
		{"schemas/generate2/a.go", `import "` + ours + `adapters/memory"`, "tests"},
		{"cmd/scanledger/a.go", `import "` + ours + `adapters/memory"`, ""},

		{"adapters/render/a.go", `import "github.com/gofiber/fiber/v2"`, "libraries"},
		{"adapters/stream/a.go", `import "github.com/IBM/sarama"`, "libraries"},
		{"adapters/embedded/a.go", `import "github.com/ClickHouse/clickhouse-go/v2"`, "libraries"},
		{"adapters/clickhouse/a.go", `import "github.com/jackc/pgx/v5/pgxpool"`, "libraries"},
		{"adapters/web/server/a.go", `import "github.com/gofiber/fiber/v2/middleware/adaptor"`, ""},

		{"cmd/scanledger/a.go", `import "os/exec"`, "processes"},
		{"adapters/scanners/nmap/a.go", `import "os/exec"`, "processes"},
		{"adapters/render/a.go", `import "os"; var _ = os.StartProcess`, "processes"},
		{"adapters/scanners/exec.go", `import "os/exec"`, ""},
		{"adapters/embedded/a.go", `import "os/exec"`, ""},

		{"adapters/scanners/seo/a.go", `import "net/http"; var _ = http.DefaultClient`, "outgoing"},
		{"adapters/webhook/a.go", `import "net/http"; func f() { http.Get("") }`, "outgoing"},
		{"adapters/lookup/a.go", `import "net"; func f() { net.Dial("", "") }`, "outgoing"},
		{"adapters/lookup/a.go", `import "net"; func f() { new(net.Dialer).Dial("", "") }`, "outgoing"},
		{"adapters/lookup/a.go", `import "net"; func f() { net.LookupHost("") }`, "outgoing"},
		{"adapters/scanners/tls/a.go", `import "crypto/tls"; func f() { tls.Dial("", "", nil) }`, "outgoing"},
		{"adapters/scanners/guard_session.go", `import "net"; var _ net.Dialer`, ""},
		{"adapters/scanners/seo/a.go", `import "net/http"; var _ = http.MethodGet`, ""},

		{"adapters/scanners/seo/a.go", `func init() {}`, "init"},
		{"adapters/scanners/seo/a.go", `type t int; func (t) init() {}`, ""},
	} {
		s, err := parse(c.path, "package a\n"+c.code)
		if err != nil {
			t.Fatalf("%s: %v", c.code, err)
		}
		var broken []string
		for name, rule := range rules {
			for _, f := range rule(s) {
				broken = append(broken, name)
				if f.line != 2 || f.says == "" {
					t.Errorf("%s in %s: line %d, %q", c.code, c.path, f.line, f.says)
				}
			}
		}
		if got := strings.Join(broken, " "); got != c.breaks {
			t.Errorf("%s in %s breaks %q, want %q", c.code, c.path, got, c.breaks)
		}
		proved[c.breaks] = true
	}
	for name := range rules {
		if !proved[name] {
			t.Errorf("nothing breaks the rule %q", name)
		}
	}
}
