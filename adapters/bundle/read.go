package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// archive reads files one after the other, each under the one header that it
// can have.
type archive struct{ r *bufio.Reader }

// manifest reads the first file.
func (a archive) manifest() (m manifest, err error) {
	head, err := a.r.Peek(blockSize)
	if err != nil {
		return m, fmt.Errorf("no archive: %w", err)
	}
	size, err := strconv.ParseInt(string(head[124:135]), 8, 64) // the size's place in a ustar header
	if err != nil || size < 0 || size > maxWhole {
		return m, fmt.Errorf("no archive that begins with a manifest")
	}
	var raw []byte
	if err := a.next(manifestName, size, func(r io.Reader) (err error) { raw, err = io.ReadAll(r); return err }); err != nil {
		return m, err
	}
	if err := strict(raw, &m); err != nil {
		return m, fmt.Errorf("%s: %w", manifestName, err)
	}
	return m, m.check()
}

// check bounds what a manifest announces.
func (m manifest) check() error {
	switch {
	case m.Format != format:
		return fmt.Errorf("the format is %.40q, and this program reads %q", m.Format, format)
	case m.Stream.Family() != domain.ScanFamily || m.Stream != domain.NewStream(domain.ScanFamily, m.Stream.ID()):
		return fmt.Errorf("%.60q is no scan", m.Stream)
	case m.Version < 1 || !isHash(m.Head):
		return fmt.Errorf("the manifest has no head")
	case len(m.Files) < len(fixed) || len(m.Files) > maxFiles:
		return fmt.Errorf("a bundle has from %d to %d files, not %d", len(fixed), maxFiles, len(m.Files))
	}
	for i, f := range m.Files {
		name, most := strings.TrimPrefix(f.Name, evidenceFolder), int64(maxEvidence)
		ok := f.Name == evidenceFolder+name && isHash(name) && name == f.SHA256 && (i == len(fixed) || f.Name > m.Files[i-1].Name)
		if i < len(fixed) {
			ok, most = f.Name == fixed[i].name, fixed[i].most
		}
		if !ok || !isHash(f.SHA256) || f.Size < 0 || f.Size > most {
			return fmt.Errorf("the manifest has a file %.80q of %d bytes in place %d", f.Name, f.Size, i+1)
		}
	}
	return nil
}

// next hands the next file's body to take, which must read all of it.
func (a archive) next(name string, size int64, take func(io.Reader) error) error {
	want, err := header(name, size)
	if err != nil {
		return err
	}
	if err := a.expect(want); err != nil {
		return fmt.Errorf("%s: header: %w", name, err)
	}
	body := &io.LimitedReader{R: a.r, N: size}
	if err := take(body); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if body.N > 0 {
		return fmt.Errorf("%s: cut off", name)
	}
	if err := a.expect(make([]byte, padding(size))); err != nil {
		return fmt.Errorf("%s: padding: %w", name, err)
	}
	return nil
}

// end reads what stands after the last file.
func (a archive) end() error {
	if err := a.expect(make([]byte, 2*blockSize)); err != nil {
		return fmt.Errorf("end: %w", err)
	}
	if _, err := a.r.ReadByte(); err != io.EOF {
		return fmt.Errorf("there is more after the end")
	}
	return nil
}

// expect reads bytes that can be no others.
func (a archive) expect(want []byte) error {
	found := make([]byte, len(want))
	if _, err := io.ReadFull(a.r, found); err != nil {
		return fmt.Errorf("cut off: %w", err)
	}
	if !bytes.Equal(want, found) {
		return fmt.Errorf("it is not written as bundles are")
	}
	return nil
}

// hashed hands a body to take and returns the hash of what was read.
func hashed(r io.Reader, take func(io.Reader) error) (string, error) {
	h := sha256.New()
	if err := take(io.TeeReader(r, h)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// lines gives a file line by line, each with its end.
func lines(r io.Reader, see func([]byte) error) error {
	buffered := bufio.NewReaderSize(r, 64<<10)
	var long []byte
	for {
		part, err := buffered.ReadSlice('\n')
		long = append(long, part...)
		switch {
		case len(long) > maxWhole:
			return fmt.Errorf("a line has more than %d bytes", maxWhole)
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(long) == 0:
			return nil
		case err == io.EOF:
			return fmt.Errorf("the last line has no end")
		case err != nil:
			return err
		}
		if err := see(long); err != nil {
			return err
		}
		long = long[:0]
	}
}
