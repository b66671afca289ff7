//go:build !linux

package embedded

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// account is as whom Postgres runs: elsewhere than on Linux, ourselves. There
// a server whose parent is killed stays, and the next start reports it.
type account struct{}

func chooseAccount(string) (account, error) {
	if os.Geteuid() == 0 {
		return account{}, errors.New("postgres does not run as root: run as an ordinary user")
	}
	return account{}, nil
}

func (account) prepare(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

func (account) hand(_ *exec.Cmd, path string) (string, error) { return path, nil }

func (account) own(string) error { return nil }
