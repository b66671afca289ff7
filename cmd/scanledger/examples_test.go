package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// example is a text of one of the documents, as it is run.
type example struct {
	file  string   // below testdata/examples
	put   []string // words of the text, each with what stands for it here
	after string   // what is run after the text, where that only defines something
	says  string   // pattern of all that it prints
}

// The account that the examples are run with. Its password is not theirs,
// which is too common to be taken.
const (
	exampleEmail    = "user@example.com"
	examplePassword = "correct horse battery"
)

// exampleServer is the program, as a process of its own, that takes scans and
// runs none.
type exampleServer struct {
	url, key string
	options  []string
}

// startExampleServer starts the program with an account on the free plans. The
// names of the documents have addresses by a nameserver of the test's own.
func startExampleServer(t *testing.T) *exampleServer {
	t.Helper()
	s := &exampleServer{options: append(settings(t, dataFolder(t)), "--roles", "api,relay,project", "--allow-targets", "192.168.0.0/16", "--resolver", phoneBook(t))}
	address := freeAddress(t)
	s.options = append(s.options, "--addr", address)
	process(t, address, s.options...)
	s.url = "http://" + address
	with := func(args ...string) []string { return append(args, s.options...) }
	answerOf[map[string]any](t, with("admin", "create-user", "--email", exampleEmail, "--password", examplePassword)...)
	s.key = answerOf[struct{ Key string }](t, with("admin", "create-key", "--email", exampleEmail, "--name", "examples")...).Key
	return s
}

// phoneBook gives each name a public address, and no record beside it.
func phoneBook(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan struct{}), make(chan error, 1)
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, asked *dns.Msg) {
		answer := new(dns.Msg).SetReply(asked)
		answer.RecursionAvailable = true
		if q := asked.Question[0]; q.Qtype == dns.TypeA {
			answer.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: q.Qtype, Class: dns.ClassINET, Ttl: 60}, A: net.IPv4(93, 184, 216, 34)}}
		}
		if err := w.WriteMsg(answer); err != nil {
			t.Error(err)
		}
	})}
	go func() { ended <- server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return conn.LocalAddr().String()
}

// clients is where deploy/embedded/install.sh puts the libraries that the
// examples use.
func clients(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "scanledger", "clients")
}

// run runs an example, with the address and the credentials of this server in
// it, and expects that it ends well and says what it should.
func (s *exampleServer) run(t *testing.T, e example) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "examples", e.file))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	interpreter, name, program := "sh", "example.sh", "set -eu\n"+string(text)+e.after
	switch filepath.Ext(e.file) {
	case ".py":
		interpreter, name, program = "python3", "example.py", string(text)+e.after
	case ".js": // they await, and some require: the body of a function that may do both
		interpreter, name, program = "node", "example.cjs", "(async () => {\n"+string(text)+e.after+"})()\n"
	}
	write(t, filepath.Join(dir, name), s.words(e).Replace(program))
	write(t, filepath.Join(dir, ".curlrc"), "silent\nshow-error\nfail-with-body\nmax-time = 60\nwrite-out = \" HTTP %{response_code}\\n\"\n")
	cmd := exec.CommandContext(t.Context(), interpreter, name)
	cmd.Dir, cmd.WaitDelay = dir, 10*time.Second
	cmd.Env = append(os.Environ(), "CURL_HOME="+dir, "NO_PROXY=*", "no_proxy=*", "PYTHONDONTWRITEBYTECODE=1",
		"PYTHONPATH="+filepath.Join(clients(t), "python"), "NODE_PATH="+filepath.Join(clients(t), "node_modules"))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !regexp.MustCompile(`(?s)\A` + e.says + `\z`).Match(out) {
		t.Errorf("it says %s\nand not   %s", out, e.says)
	}
	if _, err := os.Stat(filepath.Join(dir, "scan_report.pdf")); err == nil {
		opened(t, filepath.Join(dir, "scan_report.pdf"))
	}
}

// words are what stands in the documents for the user's own.
func (s *exampleServer) words(e example) *strings.Replacer {
	return strings.NewReplacer(append(slices.Clone(e.put),
		"https://7azzani.com", s.url, "https://secably.com", s.url, "https://issafesite.com", s.url, "https://your-scanner-domain", s.url,
		"7AZ_YOUR_API_KEY", s.key, "7AZ_your_api_key_here", s.key, "YOUR_API_TOKEN", s.key, "YOUR_API_KEY", s.key,
		"your_api_key_here", s.key, "your_api_key", s.key, "password123", examplePassword,
	)...)
}

// opened expects a PDF that can be opened.
func opened(t *testing.T, file string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "pdfinfo", file).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", file, err, out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestExamples runs every example of the documents against the program: each as
// it stands, but for the server's address, the credentials, and the ids that
// some of them name.
func TestExamples(t *testing.T) {
	t.Parallel()
	s := startExampleServer(t)
	run := map[string]bool{}
	for _, of := range []func(*testing.T, *exampleServer) []example{azzaniExamples, secAblyExamples, safeSiteExamples, scannerExamples} {
		for _, e := range of(t, s) {
			run[e.file] = true
			t.Run(e.file, func(t *testing.T) { s.run(t, e) })
		}
	}
	files, err := filepath.Glob("testdata/examples/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name, _ := filepath.Rel("testdata/examples", f); !run[name] {
			t.Errorf("%s was not run", f)
		}
	}
}

// finish ends a scan as a worker does that has found nothing: this server has none.
func (s *exampleServer) finish(t *testing.T, scan string) {
	t.Helper()
	onPlatform(t, s.options, func(p *platform) {
		stream := domain.NewStream(domain.ScanFamily, uuid.MustParse(scan))
		history, err := p.events.Read(t.Context(), stream, 0)
		if err != nil {
			t.Fatal(err)
		}
		requested := history[0].Event.(domain.ScanRequested)
		for _, tool := range requested.Probes {
			lease := commands.Lease{Scan: requested.Scan, Account: requested.Account, Tool: tool, Token: 1, Attempt: 1}
			run, err := p.desk.TakeProbe(t.Context(), lease, "worker")
			if err == nil {
				err = run.Finish(t.Context(), domain.Tested, "", nil)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}, postgresEngine)
}

// scanOf asks for a scan of a host, and gives its id.
func (s *exampleServer) scanOf(t *testing.T, host string) string {
	t.Helper()
	return call[struct{ ID string }](t, s.key, "POST", s.url+"/api/v1/scan", fmt.Sprintf(`{"target": %q}`, host), 201).ID
}
