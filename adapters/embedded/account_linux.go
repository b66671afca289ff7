package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is as whom Postgres runs, because it refuses to run as root.
type account struct {
	name     string // "" for ourselves
	uid, gid int
}

// chooseAccount finds as whom the program can be run: an ordinary user as that
// user, root as postgres or nobody.
func chooseAccount(program string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		found, err = user.Lookup("nobody")
	}
	if err != nil {
		return account{}, fmt.Errorf("postgres does not run as root, and there is no user to run it as: %w", err)
	}
	a := account{name: found.Username}
	a.uid, _ = strconv.Atoi(found.Uid) // numbers, on every Unix
	a.gid, _ = strconv.Atoi(found.Gid)
	cmd := exec.Command(program, "--version")
	a.prepare(cmd)
	if err := cmd.Run(); err != nil {
		return a, fmt.Errorf("root runs postgres as the user %s, who cannot run %s: %w", a.name, program, err)
	}
	return a, nil
}

// prepare makes cmd run as the account, apart from the signals of a terminal,
// and shut down in order when its parent dies.
func (a account) prepare(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	if a.name != "" {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// hand returns the path by which cmd reaches one of the account's files or
// folders. Another user than ourselves is handed it open: what is above it,
// such as a home folder that nobody else may enter, is not passed on the way.
// The caller closes cmd.ExtraFiles once cmd was started.
func (a account) hand(cmd *exec.Cmd, path string) (string, error) {
	if a.name == "" {
		return path, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	return "/proc/self/fd/" + strconv.Itoa(2+len(cmd.ExtraFiles)), nil // after stdin, stdout and stderr
}

// own gives a file or a tree to the account, when it is not the account's.
func (a account) own(path string) error {
	if a.name == "" {
		return nil
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if was, ok := info.Sys().(*syscall.Stat_t); ok && int(was.Uid) == a.uid {
		return nil
	}
	return filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, a.uid, a.gid))
	})
}
