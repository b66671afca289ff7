// Package bundle writes and verifies a scan's bundle: one file that proves the
// scan with no server. It is a ustar archive of exactly one form, so that the
// same scan gives the same bytes, and any other byte is refused:
//
//	manifest.json    what follows, with sizes and hashes
//	keys.json        the public keys of the installation, as it publishes them
//	checkpoint.json  the signed checkpoint that covers the newest event
//	events.ndjson    the events, a line each, payloads byte for byte
//	report.json      the report that the events come to; null where some are erased
//	evidence/HASH    the raw evidence, by hash
package bundle

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// format is the version of all of a bundle's shapes. A bundle of another
// version is told as such.
const format = "scanledger-bundle-1"

// The bounds of a bundle, in bytes and files.
const (
	maxWhole    = 64 << 20  // of a file, or a line of one, that is held in memory
	maxEvents   = 256 << 20 // of the events
	maxEvidence = 1 << 30   // of one piece
	maxFiles    = 100_000
)

// The files in their order; evidence follows them.
const (
	manifestName   = "manifest.json"
	keysName       = "keys.json"
	checkpointName = "checkpoint.json"
	eventsName     = "events.ndjson"
	reportName     = "report.json"
	evidenceFolder = "evidence/"
)

var fixed = []struct {
	name string
	most int64
}{{keysName, maxWhole}, {checkpointName, maxWhole}, {eventsName, maxEvents}, {reportName, maxWhole}}

type manifest struct {
	Format  string        `json:"format"`
	Stream  domain.Stream `json:"stream"`
	Version int           `json:"version"` // of the newest event
	Head    string        `json:"head"`    // its hash
	Files   []file        `json:"files"`
}

type file struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type checkpoint struct {
	Statement string `json:"statement"`
	Signature []byte `json:"signature"`
}

type event struct {
	ID      uuid.UUID     `json:"id"`
	Stream  domain.Stream `json:"stream"`
	Version int           `json:"version"`
	Owner   uuid.UUID     `json:"owner"`
	Type    string        `json:"type"`
	Schema  int           `json:"schema"`
	At      time.Time     `json:"at"`
	Actor   string        `json:"actor"`
	Cause   string        `json:"cause"`
	Payload *string       `json:"payload"` // the JSON, byte for byte; null when it is erased
	Digest  string        `json:"digest"`
	Hash    string        `json:"hash"`
}

type report struct {
	Scan        uuid.UUID       `json:"scan"`
	Version     int             `json:"version"`
	Account     uuid.UUID       `json:"account"`
	RequestedAt time.Time       `json:"requested_at"`
	CompletedAt *time.Time      `json:"completed_at"`
	Document    json.RawMessage `json:"document"`
}

// reportOf is report.json.
func reportOf(p *projections.Proof) ([]byte, error) {
	if !p.Whole {
		return []byte("null\n"), nil
	}
	row, document, err := p.Report()
	if err != nil {
		return nil, err
	}
	return line(report{row.Scan, row.Version, row.Account, row.RequestedAt, row.CompletedAt, document})
}

// line writes a value as it stands in a bundle.
func line(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	return append(raw, '\n'), err
}

// strict reads a value that is written as line writes it, and in no other way.
func strict(raw []byte, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return err
	}
	if again, err := line(v); err != nil || !bytes.Equal(again, raw) {
		return fmt.Errorf("it is not written as bundles are")
	}
	return nil
}

// blockSize is ustar's (POSIX.1-2024, pax).
const blockSize = 512

// header is the one that a file of this name and size has.
func header(name string, size int64) ([]byte, error) {
	var b bytes.Buffer
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR,
	})
	return b.Bytes(), err
}

// padding is how many zeros follow a file.
func padding(size int64) int64 { return (blockSize - size%blockSize) % blockSize }

// isHash says whether s is a SHA-256 in lower-case hex.
func isHash(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 32 && strings.ToLower(s) == s
}
