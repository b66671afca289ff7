package feeds

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// most is how many bytes a feed may have, unpacked.
const most = 256 << 20

// Update checks a file, packed by gzip or not, and puts it in the place of the one
// that stands, at one stroke. What is no feed, is cut off or is older than the one
// that stands is refused, and changes nothing.
func (f *Feeds) Update(file string) (Told, error) {
	raw, err := read(file)
	if err != nil {
		return Told{}, fmt.Errorf("%s: %w", file, err)
	}
	raw = bytes.TrimLeft(raw, " \t\r\n\ufeff")
	name, content, err := recognize(raw)
	if err != nil {
		return Told{}, fmt.Errorf("%s: %w", file, err)
	}
	if stands, err := f.content(content.Feed); err == nil && content.Date.Before(stands.Date) {
		return Told{}, fmt.Errorf("%s: it is of %s, and the one that stands of %s", file, content.Date.Format("2006-01-02"), stands.Date.Format("2006-01-02"))
	}
	if err := replace(f.dir, name, raw); err != nil {
		return Told{}, err
	}
	return content.Told, nil
}

// recognize says which feed something is: one by its first byte.
func recognize(raw []byte) (name string, c *content, err error) {
	for i, first := range []byte{'#', '{'} {
		if len(raw) > 0 && raw[0] == first {
			c, err = files[i].read(raw)
			return files[i].file, c, err
		}
	}
	return "", nil, errors.New("it is neither FIRST's EPSS (CSV, also packed) nor CISA's KEV (JSON)")
}

// read reads a file, unpacked.
func read(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var magic [2]byte
	n, err := io.ReadFull(file, magic[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	from := io.MultiReader(bytes.NewReader(magic[:n]), file)
	if magic == [2]byte{0x1f, 0x8b} {
		if from, err = gzip.NewReader(from); err != nil {
			return nil, err
		}
	}
	raw, err := io.ReadAll(io.LimitReader(from, most+1))
	if err == nil && len(raw) > most {
		err = fmt.Errorf("it is larger than %d MiB", most>>20)
	}
	return raw, err
}

// replace writes a file whole, or leaves the one that stands.
func replace(dir, name string, raw []byte) (err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, name+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(raw)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(dir, name))
}
