package scanners

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// roomFor is a room below a folder that others may pass.
func roomFor(t *testing.T) *Room {
	t.Helper()
	dir, err := os.MkdirTemp("", "exec-test-")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	t.Setenv("TMPDIR", dir)
	r, err := NewRoom(OwnNetwork)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	})
	return r
}

// ended starts a shell script, with its arguments, and waits for its end.
func ended(t *testing.T, r *Room, memory int64, script string, args ...string) *Process {
	t.Helper()
	p, err := r.Start(t.Context(), Child{Path: "/bin/sh", Args: append([]string{"-c", script, "sh"}, args...), Memory: memory})
	if err != nil {
		t.Fatal(err)
	}
	<-p.Done
	return p
}

func TestChildSeesNothingOfOurs(t *testing.T) {
	t.Setenv("SCANLEDGER_SECRET", "do not tell")
	r := roomFor(t)
	p := ended(t, r, 0, `env; pwd; echo "$1"; id -u; exit 3`, "$(id) `id` ; a  b")
	said := p.Said()
	if strings.Contains(said, "do not tell") || !strings.Contains(said, "HOME="+r.Home) || !strings.Contains(said, "\n$(id) `id` ; a  b\n") {
		t.Errorf("it said %s", said)
	}
	if os.Geteuid() == 0 && strings.HasSuffix(said, "\n0\n") {
		t.Error("root's child is root")
	}
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("it ended with %v", err)
	}
}

func TestChildTakesItsOwnAlong(t *testing.T) {
	r := roomFor(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := r.Start(ctx, Child{Path: "/bin/sh", Args: []string{"-c", `(while :; do echo $$ > alive; done) & wait`}})
	if err != nil {
		t.Fatal(err)
	}
	alive := filepath.Join(r.Home, "alive")
	for _, err := os.Stat(alive); err != nil; _, err = os.Stat(alive) {
		if t.Context().Err() != nil {
			t.Fatal("it does not write")
		}
	}
	cancel()
	<-p.Done
	if !errors.Is(p.Err(), context.Canceled) {
		t.Errorf("it ended with %v", p.Err())
	}
}

func TestChildThatTakesTooMuch(t *testing.T) {
	p := ended(t, roomFor(t), 20<<20, `a=aaaaaaaaaaaaaaaa; while :; do a=$a$a; done`)
	if !errors.Is(p.Err(), ErrMemory) {
		t.Errorf("it ended with %v", p.Err())
	}
}

func TestChildSaysTooMuch(t *testing.T) {
	p := ended(t, roomFor(t), 0, `i=0; while [ $i -lt 5000 ]; do echo 0123456789; i=$((i+1)); done; echo the end`)
	if said := p.Said(); len(said) != tailSize || !strings.HasSuffix(said, "\nthe end\n") || p.Err() != nil {
		t.Errorf("%d bytes, %v", len(said), p.Err())
	}
}

// A room's children reach what is opened in it, and with a network of their own nothing else.
func TestRoomsNetwork(t *testing.T) {
	r := roomFor(t)
	inside, err := r.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	outside, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer outside.Close()
	try := func(l net.Listener) bool {
		_, port, _ := net.SplitHostPort(l.Addr().String())
		p, err := r.Start(t.Context(), Child{Path: "/bin/bash", Args: []string{"-c", `exec 3<>"/dev/tcp/127.0.0.1/$1"`, "bash", port}})
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done
		return p.Err() == nil
	}
	if !try(inside) {
		t.Error("the room's own is not reached")
	}
	if try(outside) == (r.network != nil) {
		t.Errorf("what is outside is reached: %t, with a network of its own: %t", r.network == nil, r.network != nil)
	}
}

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	here := filepath.Join(dir, "here")
	if err := os.WriteFile(here, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, c := range []struct {
		path  string
		names []string
		want  string
	}{
		{"", []string{"nowhere", "here"}, here}, {here, []string{"nowhere"}, here}, {"", []string{"nowhere"}, ""}, {filepath.Join(dir, "no"), []string{"here"}, ""},
	} {
		if got, err := program(c.path, c.names...); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q %q: %q, %v", c.path, c.names, got, err)
		}
	}
	var missing Missing
	if _, err := Browser(""); !errors.As(err, &missing) || missing.Fix == "" {
		t.Errorf("%v", err)
	}
}
