package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/adapters/web/webtest"
)

// asProgram makes the test binary the program itself, so that tests can start
// it as a process of its own, and kill it.
const asProgram = "SCANLEDGER_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Unsetenv(asProgram)
		main()
	}
	http.DefaultClient.Transport = webtest.Held(&misfits, http.DefaultTransport)
	code := m.Run()
	if n := misfits.n.Load(); n > 0 && code == 0 {
		fmt.Fprintf(os.Stderr, "%d answers of the server were not as the OpenAPI documents have them\n", n)
		code = 1
	}
	os.Exit(code)
}

// misfits are those of all tests.
var misfits mismatches

// mismatches are the answers to any test's request that are not as the OpenAPI
// documents have them. Each is told at once, below the name of no test: many
// are asked for by those that have none.
type mismatches struct{ n atomic.Int64 }

// Errorf implements webtest.Failing.
func (m *mismatches) Errorf(format string, args ...any) {
	m.n.Add(1)
	fmt.Fprintf(os.Stderr, "FAIL: "+format+"\n", args...)
}

// until asks again and again until done is true, and fails the test when it
// does not become true in time. What it last said is the failure's text.
func until(t testing.TB, patience time.Duration, done func() (bool, string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, text := done()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %s: %s", patience, text)
		}
		<-tick.C
	}
}

// dataFolder is a folder that Postgres can use also where the tests run as root.
func dataFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "scanledger-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "data")
}

// settings are those of a server of the tests' own: embedded engines on free
// ports, or the real ones that the environment names. More settings come last.
func settings(t testing.TB, dir string, more ...string) []string {
	t.Helper()
	list := []string{
		"--addr", "127.0.0.1:0", "--data-dir", dir, "--allow-targets", "127.0.0.0/8",
		"--embedded-kafka-addr", "127.0.0.1:0", "--embedded-postgres-addr", "127.0.0.1:0", "--embedded-clickhouse-addr", "127.0.0.1:0",
		"--resolver", nameserver(t), "--ip-limit-per-minute", "0",
	}
	if os.Getenv(realKafka) != "" && !slices.Contains(more, "--kafka-brokers") {
		list = append(list, "--kafka-brokers", startBroker(t).address)
	}
	if url := os.Getenv("SCANLEDGER_TEST_POSTGRES"); url != "" {
		list = append(list, "--postgres-url", database(t, url))
	}
	return append(list, more...)
}

// realKafka says, when it is set, that brokers are to be Apache Kafka's.
const realKafka = "SCANLEDGER_TEST_KAFKA"

// testBroker is a broker of one test's own, that can be killed and started again.
type testBroker struct {
	address string
	start   func()
	kill    func()
}

// startBroker starts the embedded broker, or Apache Kafka's.
func startBroker(t testing.TB) *testBroker {
	t.Helper()
	dir := dataFolder(t)
	b := &testBroker{address: freePort(t, "127.0.0.1")} // where Apache Kafka listens
	if os.Getenv(realKafka) != "" {
		b.start = func() { b.startReal(t, dir) }
	} else {
		b.start = func() {
			k, err := embedded.StartKafka(context.Background(), embedded.KafkaOptions{Dir: dir, Addr: b.address})
			if err != nil {
				t.Fatal(err)
			}
			b.kill = sync.OnceFunc(func() { k.Close() })
		}
	}
	b.start()
	t.Cleanup(func() { b.kill() })
	return b
}

// startReal starts Apache Kafka and waits until its port, the last thing that
// it opens, takes connections.
func (b *testBroker) startReal(t testing.TB, dir string) {
	t.Helper()
	_, port, err := net.SplitHostPort(b.address)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("../../deploy/embedded/kafka/start.sh", port, dir)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b.kill = sync.OnceFunc(func() {
		cmd.Process.Kill()
		_ = cmd.Wait() // killed
	})
	until(t, time.Minute, func() (bool, string) {
		c, err := net.Dial("tcp", b.address)
		if err != nil {
			return false, err.Error()
		}
		c.Close()
		return true, ""
	})
}

// database makes a database for one test on a real server.
func database(t testing.TB, url string) string {
	t.Helper()
	ctx := t.Context()
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(ctx)
	name := "journey_" + strings.ReplaceAll(newID().String(), "-", "")
	if _, err := c.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	config := c.Config()
	return fmt.Sprintf("postgres://%s:%s@%s:%d/%s?sslmode=disable", config.User, config.Password, config.Host, config.Port, name)
}

// nameserver answers every question with "there is no such name", so that no
// test asks anybody outside.
func nameserver(t testing.TB) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if n < 12 {
				continue
			}
			answer := bytes.Clone(buffer[:n])
			answer[2], answer[3] = 0x81, 0x83 // a recursive server's answer: NXDOMAIN
			if _, err := conn.WriteTo(answer, from); err != nil {
				return
			}
		}
	}()
	return conn.LocalAddr().String()
}

// command runs a command of the program and returns what it prints.
func command(t testing.TB, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	cmd := root()
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	code := run(t.Context(), cmd)
	return out.String(), code
}

// answerOf runs a command with --json and reads its one value.
func answerOf[T any](t testing.TB, args ...string) T {
	t.Helper()
	out, code := command(t, append(args, "--json")...)
	if code != exitOK {
		t.Fatalf("scanledger %s: exit code %d: %s", strings.Join(args, " "), code, out)
	}
	var v T
	decode(t, out, &v)
	return v
}

func decode(t testing.TB, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// user makes an account with the plans given and a key for it.
func user(t testing.TB, options []string, plans ...string) (key string) {
	t.Helper()
	return userAt(t, options, "ann-"+newID().String()+"@example.com", plans...)
}

// userAt is user for an address that is known.
func userAt(t testing.TB, options []string, email string, plans ...string) (key string) {
	t.Helper()
	with := func(args ...string) []string { return append(args, options...) }
	answerOf[map[string]any](t, with("admin", "create-user", "--email", email, "--password", "correct horse battery")...)
	for _, contract := range plans {
		answerOf[map[string]any](t, with("admin", "set-plan", "--email", email, "--contract", contract, "--plan", "internal")...)
	}
	return answerOf[struct{ Key string }](t, with("admin", "create-key", "--email", email, "--name", "test")...).Key
}

// testServer is a server in this process.
type testServer struct {
	url  string
	stop func()
}

// startServer serves until the test ends or stop is called.
func startServer(t testing.TB, args []string) testServer {
	t.Helper()
	flags := serveCommand().Flags()
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(flags)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- serve(ctx, c, slog.New(slog.NewTextHandler(t.Output(), nil)), started) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	}
	t.Cleanup(stop)
	select {
	case address := <-started:
		return testServer{"http://" + address, stop}
	case err := <-ended:
		stopped = true
		t.Fatalf("serve: %v", err)
		return testServer{}
	}
}

// process starts the program as a process of its own and waits until it serves.
func process(t testing.TB, address string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], append([]string{"serve"}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	until(t, time.Minute, func() (bool, string) {
		response, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false, err.Error()
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK, response.Status
	})
	return cmd
}

// freeAddress is an address for one test alone, that may let go of it and take
// it again: nobody else has its host.
func freeAddress(t testing.TB) string {
	t.Helper()
	return freePort(t, fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250)))
}

// freePort is a host's address on which nothing listens at the moment. Its port
// is none of those that the system gives to outgoing connections: one that is
// tried again and again while nobody listens would otherwise meet itself.
func freePort(t testing.TB, host string) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, 20000+rand.IntN(10000)))
		if err != nil {
			continue
		}
		defer l.Close()
		return l.Addr().String()
	}
	t.Fatal("no port is free")
	return ""
}

// call makes an API call and reads its JSON.
func call[T any](t testing.TB, key, method, url, body string, want int) T {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != want {
		t.Fatalf("%s %s: %s, want %d: %s", method, url, response.Status, want, raw)
	}
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s %s: %v: %s", method, url, err, raw)
	}
	return v
}

// testSite is a site with faults that a scan must find.
func testSite(t testing.TB) *httptest.Server {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.22.1")
		http.SetCookie(w, &http.Cookie{Name: "sessionid", Value: "s3cret-value"})
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang="en"><head><title>Test site</title><meta name="description" content="A site for tests"></head><body><a href="/about">About this site</a></body></html>`)
	}))
	t.Cleanup(site.Close)
	return site
}
