//go:build failpoint

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/adapters/stream"
)

// withoutProbes are the roles of tests that are about commands in numbers.
var withoutProbes = []string{"--roles", "api,relay,project,count"}

// report checks everything, says the figures of a fault, and ends its lane.
func (l *lane) report(t *testing.T, fault string, since time.Time) {
	t.Helper()
	l.settle(t)
	f := l.audit(t)
	f.recovery = time.Since(since)
	if !t.Failed() {
		fmt.Println("fault", fault, "seed", howMany(t, seedSetting, 1), f, "refused", len(l.refused()), "violations 0")
	}
}

// postmaster is the process of the server in the lane's folder.
func (l *lane) postmaster(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// isReady says whether the program takes commands.
func (l *lane) isReady() bool {
	response, err := patient.Get("http://" + l.address + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// TestFaultPostgresRestarts ends the server under load in each of its ways.
// Commands are refused, with a time to come again, only while it is away.
func TestFaultPostgresRestarts(t *testing.T) {
	t.Parallel()
	l := newLane(t, withoutProbes...)
	l.waits = true
	l.enter(t)
	l.ready(t, l.start(t, ""))
	b := l.load(t, 8, uint64(howMany(t, seedSetting, 1)))
	type outage struct{ from, to time.Time }
	var outages []outage
	for range howMany(t, seedsSetting, 3) {
		for _, end := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
			b.more(t, 100)
			before := l.postmaster(t)
			o := outage{from: time.Now()}
			if err := syscall.Kill(before, end); err != nil {
				t.Fatal(err)
			}
			until(t, time.Minute, func() (bool, string) {
				pid, err := os.ReadFile(filepath.Join(l.dir, "postgres", "postmaster.pid"))
				again := err == nil && !strings.HasPrefix(string(pid), strconv.Itoa(before)+"\n")
				return again && l.isReady(), "Postgres is not back"
			})
			o.to = time.Now()
			outages = append(outages, o)
		}
	}
	b.more(t, 100)
	b.stop()
	for _, e := range l.refused() {
		inside := false
		for _, o := range outages {
			inside = inside || e.began.Before(o.to) && e.ended.After(o.from)
		}
		if !inside {
			t.Errorf("%s %s was refused with %d while Postgres ran, at %s", e.what, e.id, e.status, e.began)
		}
	}
	longest := time.Duration(0)
	for _, o := range outages {
		longest = max(longest, o.to.Sub(o.from))
	}
	fmt.Printf("fault postgres restarts %d longest %.1fs\n", len(outages), longest.Seconds())
	l.report(t, "postgres restarted under load", time.Now())
}

// startPostgres starts a server outside of the program, and a proxy before it.
func startPostgres(t *testing.T) (p toxic, through string) {
	t.Helper()
	server, err := embedded.StartPostgres(context.Background(), embedded.PostgresOptions{Dir: dataFolder(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	p = startToxic(t, "127.0.0.1:0", u.Host)
	u.Host = p.Listen
	return p, u.String()
}

// TestFaultCommitUnanswered cuts off the answer to COMMIT, over and over: the
// program cannot know what became of its transactions.
func TestFaultCommitUnanswered(t *testing.T) {
	t.Parallel()
	p, through := startPostgres(t)
	l := newLane(t, append([]string{"--postgres-url", through}, withoutProbes...)...)
	l.waits = true
	l.enter(t)
	l.ready(t, l.start(t, ""))
	b := l.load(t, 8, uint64(howMany(t, seedSetting, 1)))
	p.poison(t, "cut_answer", &cutAnswer{Name: t.Name(), Text: "COMMIT\x00", OneIn: 4})
	want := int64(50 * howMany(t, seedsSetting, 3))
	until(t, 3*time.Minute, func() (bool, string) {
		n := cutsOf(t.Name()).Load()
		return n >= want, fmt.Sprintf("%d of %d cuts", n, want)
	})
	p.cure(t, "cut_answer")
	since := time.Now()
	b.more(t, 20)
	b.stop()
	l.report(t, fmt.Sprintf("commit unanswered %d times", cutsOf(t.Name()).Load()), since)
}

// TestFaultPostgresHangs has a server that takes what it is sent and answers
// nothing.
func TestFaultPostgresHangs(t *testing.T) {
	t.Parallel()
	p, through := startPostgres(t)
	l := newLane(t, append([]string{"--postgres-url", through}, withoutProbes...)...)
	l.waits = true
	l.enter(t)
	l.ready(t, l.start(t, ""))
	b := l.load(t, 4, uint64(howMany(t, seedSetting, 1)))
	b.more(t, 50)
	p.poison(t, "timeout", map[string]int{"timeout": 0})
	until(t, time.Minute, func() (bool, string) { return len(l.refused()) >= 4, "nobody is refused" })
	p.cure(t, "timeout")
	since := time.Now()
	b.more(t, 50)
	b.stop()
	l.report(t, "postgres hung", since)
}

// TestFaultIdleInTransaction has somebody else leave a transaction open in
// another database of the same server: the relay stands before it, for nobody
// may overtake what could still commit, and goes on when it has ended.
func TestFaultIdleInTransaction(t *testing.T) {
	t.Parallel()
	l := newLane(t, withoutProbes...)
	l.waits = true
	l.enter(t)
	l.ready(t, l.start(t, ""))
	a, err := embedded.Published(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	other, err := pgx.Connect(t.Context(), strings.Replace(a.Postgres.URL, "/scanledger?", "/postgres?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(context.Background())
	if _, err := other.Exec(t.Context(), "SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT pg_current_xact_id()"); err != nil {
		t.Fatal(err)
	}
	b := l.load(t, 4, uint64(howMany(t, seedSetting, 1)))
	b.more(t, 100)
	b.stop()
	if n, _ := l.distinct(t, stream.Scans); n != 0 {
		t.Errorf("%d events went past an open transaction", n)
	}
	if _, err := other.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	l.report(t, "idle in transaction elsewhere", time.Now())
}
