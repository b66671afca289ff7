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
	name      string // "" for ourselves
	uid, gid  int    // as Postgres sees them
	namespace bool   // in a user namespace in which our root has that uid
}

// chooseAccount finds as whom the program can be run with dir as its working
// folder. An ordinary user is that user. Root becomes postgres or nobody;
// where that user cannot pass the parents of the folder, a user namespace
// gives root's own files to it.
func chooseAccount(dir, program string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, account{}.probe(dir, program)
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
	plain := a.probe(dir, program)
	if plain == nil {
		return a, nil
	}
	a.namespace = true
	if isolated := a.probe(dir, program); isolated != nil {
		return a, fmt.Errorf("root runs postgres as the user %s, who cannot use %s (%w), and a user namespace is not to be had (%w): "+
			"let others pass every parent of the folder (chmod o+x), put the data folder elsewhere, or run as an ordinary user", a.name, dir, plain, isolated)
	}
	return a, nil
}

func (a account) probe(dir, program string) error {
	cmd := exec.Command(program, "--version")
	a.prepare(cmd)
	cmd.Dir = dir
	return cmd.Run()
}

// prepare makes cmd run as the account, apart from the signals of a terminal,
// and shut down in order when its parent dies.
func (a account) prepare(cmd *exec.Cmd) {
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	switch {
	case a.namespace:
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: a.uid, HostID: 0, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: a.gid, HostID: 0, Size: 1}}
	case a.name != "":
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// own gives a file or a tree to the account, when it is not the account's.
func (a account) own(path string) error {
	if a.name == "" {
		return nil
	}
	uid, gid := a.uid, a.gid
	if a.namespace {
		uid, gid = 0, 0
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if was, ok := info.Sys().(*syscall.Stat_t); ok && int(was.Uid) == uid {
		return nil
	}
	return filepath.WalkDir(path, func(name string, _ fs.DirEntry, err error) error {
		return errors.Join(err, os.Lchown(name, uid, gid))
	})
}
