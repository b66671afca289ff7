package scanners

import (
	"errors"
	"os/exec"
)

// program is where a program is: at the path that is set, else on PATH by its
// name.
func program(name, path string) (string, error) {
	if path == "" {
		path = name
	}
	found, err := exec.LookPath(path)
	if err != nil {
		return "", errors.New("not installed")
	}
	return found, nil
}
