package bundle

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Proven says what a bundle proves, and by whose signature: it is worth what
// the key is worth, which is to be compared with the one that the installation
// publishes.
type Proven struct {
	Stream     domain.Stream `json:"stream"`
	Version    int           `json:"version"`
	Key        string        `json:"kid"`
	Checkpoint int64         `json:"checkpoint"`
	SignedAt   time.Time     `json:"signed_at"`
}

// Verify verifies a bundle, whoever made it, as it is read. What does not hold
// is in the verdict. Trusted are the keys that it may be signed with; none
// means that any key will do.
func Verify(r io.Reader, trusted domain.KeySet, v *domain.Verdict) Proven {
	c := &check{archive: archive{bufio.NewReaderSize(r, 64<<10)}, trusted: trusted, verdict: v}
	if err := c.run(); err != nil {
		v.Fault(domain.Fault{Stream: c.manifest.Stream, What: "bundle", Expected: "one as scanledger export writes it", Found: err.Error()})
	}
	return c.proven
}

// check is the verification of one bundle.
type check struct {
	archive  archive
	trusted  domain.KeySet
	verdict  *domain.Verdict
	manifest manifest
	proof    *projections.Proof
	keys     domain.KeySet
	proven   Proven
}

func (c *check) run() (err error) {
	m, err := c.archive.manifest()
	if err != nil {
		return err
	}
	c.manifest = m
	c.proven.Stream, c.proven.Version = m.Stream, m.Version
	c.proof = newProof(m, c.verdict)
	takes := map[string]func(io.Reader) error{
		keysName: whole(c.takeKeys), checkpointName: whole(c.takeCheckpoint), eventsName: c.takeEvents, reportName: whole(c.takeReport),
	}
	for _, f := range m.Files {
		take, evidence := takes[f.Name], false
		if take == nil {
			take, evidence = discard, true
		}
		err := c.archive.next(f.Name, f.Size, func(r io.Reader) error {
			found, err := hashed(r, take)
			c.compare(f, found, evidence, err)
			return err
		})
		if err != nil {
			return err
		}
	}
	for hash, version := range c.proof.Scan.Named {
		c.fault(version, "evidence", string(hash), "none")
	}
	return c.archive.end()
}

// newProof begins the scan that a manifest announces.
func newProof(m manifest, v *domain.Verdict) *projections.Proof {
	return projections.NewProof(domain.Head{Stream: m.Stream}, nil, v)
}

// compare compares a file with its hash.
func (c *check) compare(f file, found string, evidence bool, err error) {
	if err != nil {
		return
	}
	what, version := f.Name, 0
	if evidence {
		known := false
		if version, known = c.proof.Scan.Named[domain.Hash(f.SHA256)]; !known {
			c.verdict.Checked.Unnamed++
		}
		c.verdict.Checked.Evidence++
		delete(c.proof.Scan.Named, domain.Hash(f.SHA256))
	}
	if found != f.SHA256 {
		c.fault(version, what, f.SHA256, found)
	}
}

func discard(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// whole reads a file into memory; it is bounded by the manifest's check.
func whole(take func([]byte) error) func(io.Reader) error {
	return func(r io.Reader) error {
		raw, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return take(raw)
	}
}

func (c *check) takeKeys(raw []byte) error { return strict(raw, &c.keys) }

// takeCheckpoint checks the signature, and that it is of the head.
func (c *check) takeCheckpoint(raw []byte) error {
	var signed checkpoint
	if err := strict(raw, &signed); err != nil {
		return err
	}
	var claimed domain.Checkpoint
	if err := json.Unmarshal([]byte(signed.Statement), &claimed); err != nil {
		return err
	}
	key, err := c.keys.Key(claimed.Key)
	if err != nil {
		return err
	}
	if _, err := c.trusted.Key(claimed.Key); err != nil && len(c.trusted.Keys) > 0 {
		c.fault(c.manifest.Version, "key of the signature", "one that is trusted", claimed.Key)
	}
	hash, err := hex.DecodeString(c.manifest.Head)
	if err != nil {
		return err
	}
	head := domain.Head{Stream: c.manifest.Stream, Version: c.manifest.Version, Hash: hash}
	statement, err := domain.SignedCheckpoint{Statement: []byte(signed.Statement), Signature: signed.Signature}.Covers(head, key)
	if err != nil {
		c.fault(c.manifest.Version, "checkpoint", "a signed statement with the head of the scan", err.Error())
	}
	c.verdict.Checked.Checkpoints++
	c.proven.Key, c.proven.Checkpoint, c.proven.SignedAt = statement.Key, statement.Number, statement.At
	return nil
}

// takeEvents goes through the chain, up to the signed head.
func (c *check) takeEvents(r io.Reader) error {
	err := lines(r, func(raw []byte) error {
		var e event
		if err := strict(raw, &e); err != nil {
			return fmt.Errorf("after version %d: %w", c.proof.Chain.Version(), err)
		}
		k, err := e.kept()
		if err == nil {
			c.proof.Next(k)
		}
		return err
	})
	if err != nil {
		return err
	}
	hash, err := hex.DecodeString(c.manifest.Head)
	if err != nil {
		return err
	}
	c.proof.Chain.End(&domain.Head{Stream: c.manifest.Stream, Version: c.manifest.Version, Hash: hash})
	return nil
}

// kept is the event as the log has it.
func (e event) kept() (k domain.Kept, err error) {
	k.Envelope = domain.Envelope{
		ID: e.ID, Stream: e.Stream, Version: e.Version, Owner: e.Owner, At: e.At.UTC(), Actor: e.Actor, Cause: e.Cause,
	}
	k.Type, k.Schema = e.Type, e.Schema
	if !isHash(e.Digest) || !isHash(e.Hash) {
		return k, fmt.Errorf("version %d has no digest or no hash", e.Version)
	}
	if e.Payload != nil {
		k.Payload = []byte(*e.Payload)
	}
	if k.Sum, err = hex.DecodeString(e.Digest); err != nil {
		return k, err
	}
	k.Hash, err = hex.DecodeString(e.Hash)
	return k, err
}

// takeReport compares the report with what the events come to.
func (c *check) takeReport(raw []byte) error {
	want, err := reportOf(c.proof)
	if err != nil {
		return err
	}
	c.verdict.Checked.Reports++
	if !bytes.Equal(want, raw) {
		place, expected, found := domain.JSONDifference(want, raw)
		if place == "" {
			place = "spelling"
		}
		c.fault(c.manifest.Version, "report: "+place, expected, found)
	}
	return nil
}

func (c *check) fault(version int, what, expected, found string) {
	c.verdict.Fault(domain.Fault{Stream: c.manifest.Stream, Version: version, What: what, Expected: expected, Found: found})
}
