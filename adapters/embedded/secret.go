package embedded

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// password returns the password kept in the file, which only its owner can
// read; a new one of 128 bits or more is made when there is no file.
func password(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		made := rand.Text()
		return made, writeWhole(path, []byte(made+"\n"))
	}
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	kept := strings.TrimSpace(string(text))
	if kept == "" {
		return "", fmt.Errorf("the password file %s is empty", path)
	}
	return kept, nil
}

// writeWhole replaces a file so that after a crash it holds the old text or
// the new, never half of one. Only the owner can read it.
func writeWhole(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(file.Name()))
	}
	return nil
}
