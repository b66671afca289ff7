//go:build !linux

package scanners

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// account is as whom children run: elsewhere than on Linux, ourselves. There
// they share our network, their memory is not watched, and they stay when we are killed.
type account struct{}

func chooseAccount() (account, error) {
	if os.Geteuid() == 0 {
		return account{}, errors.New("root runs no child as root: run as an ordinary user")
	}
	return account{}, nil
}

func (account) name() string           { return "this user" }
func (account) own(string) error       { return nil }
func (account) ownFile(*os.File) error { return nil }
func (account) prepare(cmd *exec.Cmd)  { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
func ownNetwork() (*os.File, error)    { return nil, nil }
func joinNetwork(*os.File) error       { return nil }
func killGroup(group int)              { syscall.Kill(-group, syscall.SIGKILL) }
func memoryOf(int) int64               { return 0 }
