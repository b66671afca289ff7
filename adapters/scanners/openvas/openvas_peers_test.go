//go:build peers

package openvas

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// greenbone starts gvmd with an OpenVAS and a feed of ours, in a network of their own.
func greenbone(t *testing.T) Scanner {
	t.Helper()
	root := filepath.Join(peers.Path(t, "gmp"), "root")
	cmd := exec.Command("../../../deploy/peers/gmp/start.sh", root)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // unshare's --kill-child does the rest
		cmd.Wait()
	})
	s := New(Options{Address: filepath.Join(root, "run/gvmd/gvmd.sock"), User: user, Password: password})
	c := client{Options: s.Options}
	defer c.close()
	await(t, 4*time.Minute, "the feed", func(ctx context.Context) (bool, error) {
		_, err := c.config(ctx, domain.OpenVASFullFast)
		if err == nil {
			_, err = c.ports(ctx, domain.AllIANATCP)
		}
		return err == nil, err
	})
	return s
}

// await asks until something holds.
func await(t *testing.T, patience time.Duration, what string, holds func(context.Context) (bool, error)) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		ok, err := holds(t.Context())
		if ok {
			return
		}
		if time.Now().After(deadline) || scanners.Rest(t.Context(), 500*time.Millisecond) != nil {
			t.Fatalf("no %s after %s: %v", what, patience, err)
		}
	}
}

// ofOurs are the tasks and targets of ours in Greenbone.
func ofOurs(t *testing.T, s Scanner) (there []string) {
	t.Helper()
	r := &run{client: client{Options: s.Options}}
	defer r.client.close()
	all, err := r.tasks(t.Context(), byFilter{Filter: oursAlone})
	var bare targets
	if err := errors.Join(err, r.ask(t.Context(), "get_targets", byFilter{Filter: oursAlone}, &bare)); err != nil {
		t.Fatal(err)
	}
	for _, task := range all {
		there = append(there, "task "+task.Status)
	}
	for range bare.All {
		there = append(there, "target")
	}
	slices.Sort(there)
	return there
}

// TestPeerGMP runs scans in a real gvmd by a real OpenVAS, calls one off, and clears what a
// worker that died has left.
func TestPeerGMP(t *testing.T) {
	s := greenbone(t)
	table := peers.New(t, "gvmd and OpenVAS of Debian, with a feed of ours", nil)
	version, err := s.Ping(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(version)

	job, told := jobOf(t, host, domain.OpenVASFullFast)
	err = s.Scan(t.Context(), job, told.See)
	table.Row("gmp/full_and_fast", fmt.Sprint(err, found(told)), fmt.Sprint(nil, []string{finding}))
	table.Row("gmp/left", strings.Join(ofOurs(t, s), ", "), "")
	if c := told.Coverage["scan configuration Full and fast"]; c.Outcome != domain.Tested || told.Percent != 100 {
		t.Errorf("%+v, %d %%", c, told.Percent)
	}

	runs := func(scan uuid.UUID) func(context.Context) (bool, error) {
		return func(ctx context.Context) (bool, error) {
			r := &run{client: client{Options: s.Options}}
			defer r.client.close()
			all, err := r.tasks(ctx, byFilter{Filter: oursAlone})
			return slices.ContainsFunc(all, func(t task) bool { return strings.Contains(t.Name, scan.String()) && t.Status == "Running" }), err
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	job, told = jobOf(t, host, domain.OpenVASFullFast)
	ended := make(chan error, 1)
	go func() { ended <- s.Scan(ctx, job, told.See) }()
	await(t, time.Minute, "scan that runs", runs(job.Scan))
	from := time.Now()
	cancel()
	err = <-ended
	took := time.Since(from)
	table.Better("gmp/cancel", errors.Is(err, context.Canceled) && took < 3*time.Second, fmt.Sprintf("%.1f s", took.Seconds()), "2 s and a little")

	// A worker that dies does not stop what it has begun.
	over := map[uuid.UUID]bool{job.Scan: true}
	job, _ = jobOf(t, host, domain.OpenVASFullFast)
	dead := newRun(s.Options, job, "127.0.0.1")
	defer dead.client.close()
	config, err := dead.config(t.Context(), job.Profile)
	if err != nil {
		t.Fatal(err)
	}
	list, err := dead.ports(t.Context(), domain.AllIANATCP)
	if err == nil {
		err = dead.begin(t.Context(), config, list)
	}
	if err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "scan that runs", runs(job.Scan))
	isOver := func(_ context.Context, scan uuid.UUID) (bool, error) { return over[scan], nil }
	await(t, time.Minute, "end of the one that was called off", func(ctx context.Context) (bool, error) {
		return slices.Equal(ofOurs(t, s), []string{"target", "task Running"}), s.Clear(ctx, isOver)
	})
	over[job.Scan] = true
	await(t, time.Minute, "end of what is left", func(ctx context.Context) (bool, error) {
		err := s.Clear(ctx, isOver)
		return len(ofOurs(t, s)) == 0, err
	})
	table.Row("gmp/leftovers", strings.Join(ofOurs(t, s), ", "), "")
}
