package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// initCluster makes the cluster when there is none. It is made beside its
// place and renamed, so a cluster that is there is a whole one.
func (p *Postgres) initCluster(ctx context.Context) error {
	secret := filepath.Join(p.options.Dir, "postgres.password")
	_, missing := os.Stat(secret)
	if _, err := os.Stat(p.cluster()); err == nil {
		if missing != nil {
			return fmt.Errorf("%s is there but its password is not: put %s back", p.cluster(), secret)
		}
		p.password, err = password(secret)
		return errors.Join(err, p.runAs.own(p.cluster()))
	}
	var err error
	if p.password, err = password(secret); err != nil {
		return err
	}
	draft := p.cluster() + ".new"
	handed := filepath.Join(p.options.Dir, "postgres.initdb")
	defer os.Remove(handed)
	err = errors.Join(os.RemoveAll(draft), os.Mkdir(draft, 0o700), p.runAs.own(draft),
		writeWhole(handed, []byte(p.password)), p.runAs.own(handed))
	if err != nil {
		return fmt.Errorf("make a cluster: %w", err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(p.binaries, "initdb"), "-U", "scanledger", "-A", "scram-sha-256",
		"-E", "UTF8", "--locale=C", "--data-checksums")
	defer closeAll(cmd)
	for flag, path := range map[string]string{"-D": draft, "--pwfile": handed} {
		seen, err := p.runAs.hand(cmd, path)
		if err != nil {
			return fmt.Errorf("make a cluster: %w", err)
		}
		cmd.Args = append(cmd.Args, flag, seen)
	}
	p.runAs.prepare(cmd)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, said)
	}
	hba := filepath.Join(draft, "pg_hba.conf")
	return errors.Join(os.WriteFile(hba, []byte("host all all all scram-sha-256\n"), 0o600),
		os.Rename(draft, p.cluster()))
}

// closeAll closes what a child was handed, on our side.
func closeAll(cmd *exec.Cmd) {
	for _, file := range cmd.ExtraFiles {
		file.Close()
	}
}

// freeAddr replaces port 0 by a port that is free now.
func freeAddr(addr string) (string, error) {
	addr, err := listenAddr(addr)
	if err != nil || !strings.HasSuffix(addr, ":0") {
		return addr, err
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// heldByAnother recognises a start that failed because the server of a killed
// parent, or what it left in shared memory, is still going down.
func heldByAnother(reason string) bool {
	return strings.Contains(reason, `lock file "postmaster.pid" already exists`) ||
		strings.Contains(reason, "pre-existing shared memory block")
}

// openLog opens the server's log to append, and returns how long it is.
func openLog(path string) (*os.File, int64, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// readFrom returns what a log has gained, at most 4 KiB of it.
func readFrom(path string, from int64) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	text, err := io.ReadAll(io.NewSectionReader(file, from, 4096))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// pause waits, or less when ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
