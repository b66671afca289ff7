package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/bundle"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
)

// verification is what verify prints with --json.
type verification struct {
	*domain.Verdict
	Bundle     *bundle.Proven `json:"bundle,omitempty"`     // of a file
	Checkpoint *noted         `json:"checkpoint,omitempty"` // the newest, of the whole log
}

// noted is a checkpoint as it can be noted elsewhere.
type noted struct {
	Number int64  `json:"number"`
	Hash   string `json:"hash"`
}

func verifyCommand() *cobra.Command {
	var subject []string
	cmd := &cobra.Command{
		Use: "verify scan ID | all | FILE", Short: "Prove a scan, the whole log or an exported bundle",
		Long: `Prove that nothing was changed: of a scan its chain of events, raw evidence,
findings, grade, report and the signed checkpoints that cover it; of all every
stream, and all checkpoints; of a file, as export writes it, the same as of a
scan, with no server. Exit code 1 when something does not hold, and what.

A bundle proves what its key is worth: compare the key with the one that the
installation publishes at /.well-known/scanledger-keys.json, or give that file
with --keys. Who can take the newest checkpoints out of the database can take
with them what they cover; note the last one elsewhere and give it as --noted.`,
		Example: "  scanledger verify scan 0190a1b2-…\n  scanledger verify all --json\n  scanledger verify scan.tar --keys scanledger-keys.json",
		Args: func(_ *cobra.Command, args []string) error {
			subject = args
			if len(args) == 1 && args[0] != "scan" || len(args) == 2 && args[0] == "scan" {
				return nil
			}
			return usage("give scan and an id, all, or a file")
		},
	}
	keys := cmd.Flags().String("keys", "", "file with the public keys that a bundle may be signed with")
	note := cmd.Flags().String("noted", "", "NUMBER:HASH of a checkpoint that must be in the log, with all")
	operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		if subject[0] == "all" {
			return p.verifyAll(ctx, out, *note)
		}
		return p.verifyScan(ctx, out, subject[1])
	})
	withServer := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 2 || args[0] == "all" {
			return withServer(cmd, args)
		}
		asJSON, err := cmd.Flags().GetBool("json")
		if err != nil {
			return err
		}
		return verifyFile(printer{asJSON, cmd.OutOrStdout()}, args[0], *keys)
	}
	return cmd
}

// verifyFile verifies a bundle.
func verifyFile(out printer, name, keys string) error {
	var trusted domain.KeySet
	if keys != "" {
		raw, err := os.ReadFile(keys)
		if err != nil {
			return &exit{exitUsage, err}
		}
		if err := json.Unmarshal(raw, &trusted); err != nil || len(trusted.Keys) == 0 {
			return usage("%s has no keys", keys)
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return &exit{exitUsage, err}
	}
	defer f.Close()
	v := out.verdictOf()
	proven := bundle.Verify(f, trusted, v)
	more := fmt.Sprintf("%s up to version %d, signed %s by key %s in checkpoint %d\n",
		proven.Stream, proven.Version, proven.SignedAt.Format("2006-01-02 15:04:05 MST"), proven.Key, proven.Checkpoint)
	if proven.Key == "" {
		more = ""
	}
	return out.verification(verification{Verdict: v, Bundle: &proven}, more)
}

// verifyScan verifies one scan in the log.
func (p *platform) verifyScan(ctx context.Context, out printer, id string) error {
	scan, err := uuid.Parse(id)
	if err != nil {
		return usage("%q is no scan's id", id)
	}
	v := out.verdictOf()
	if err := p.prove(ctx, scan, v); err != nil {
		return err
	}
	if v.Checked.Events == 0 && v.Count == 0 {
		return usage("there is no scan %s", scan)
	}
	return out.verification(verification{Verdict: v}, "")
}

// prove compares a scan in the log with itself and with its checkpoints.
func (p *platform) prove(ctx context.Context, scan uuid.UUID, v *domain.Verdict) error {
	signer, err := p.signer(ctx)
	if err != nil {
		return err
	}
	stream, proofs := domain.NewStream(domain.ScanFamily, scan), postgres.NewProofs(p.pool)
	last, err := proofs.Of(ctx, stream, signer.Public(), v)
	if err != nil {
		return err
	}
	return proofs.Stream(ctx, stream, last, v)
}

// verifyAll verifies the log, stream by stream.
func (p *platform) verifyAll(ctx context.Context, out printer, note string) error {
	signer, err := p.signer(ctx)
	if err != nil {
		return err
	}
	proofs, v := postgres.NewProofs(p.pool), out.verdictOf()
	streams, err := proofs.Count(ctx)
	if err != nil {
		return err
	}
	bar := progress(out.json)
	bar.ChangeMax(max(streams, 1))
	last, hash, err := proofs.All(ctx, signer.Public(), v, func() { _ = bar.Add(1) }) // a bar that cannot be drawn is no fault
	_ = bar.Clear()
	if err != nil {
		return err
	}
	if note != "" {
		if err := compareNote(ctx, proofs, note, v); err != nil {
			return err
		}
	}
	newest := &noted{last.Number, hash}
	return out.verification(verification{Verdict: v, Checkpoint: newest}, fmt.Sprintf("the newest checkpoint is %d:%s\n", newest.Number, newest.Hash))
}

// compareNote compares a checkpoint with what was noted of it elsewhere.
func compareNote(ctx context.Context, proofs *postgres.Proofs, note string, v *domain.Verdict) error {
	digits, want, ok := strings.Cut(note, ":")
	number, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok {
		return usage("--noted must be NUMBER:HASH")
	}
	found := "none"
	c, err := proofs.Checkpoint(ctx, number)
	if err == nil {
		found = c.Hash()
	} else if domain.CodeOf(err) != domain.NotFound {
		return err
	}
	if found != want {
		v.Fault(domain.Fault{What: "checkpoint " + digits + " as it was noted", Expected: want, Found: found})
	}
	return nil
}

// verdictOf is a verdict that tells people of each fault at once.
func (p printer) verdictOf() *domain.Verdict {
	if p.json {
		return new(domain.Verdict)
	}
	return &domain.Verdict{Tell: func(f domain.Fault) {
		fmt.Fprintf(p.out, "%s version %d: %q: expected %q, found %q\n", f.Stream, f.Version, f.What, f.Expected, f.Found)
	}}
}

// verification prints the end of a verification, and gives it its exit code.
func (p printer) verification(v verification, more string) error {
	v.Close()
	c := v.Checked
	text := fmt.Sprintf("%s%d streams, %d events, %d findings, %d ports, %d grades, %d pieces of evidence, %d reports, %d checkpoints",
		more, c.Streams, c.Events, c.Findings, c.Ports, c.Grades, c.Evidence, c.Reports, c.Checkpoints)
	for _, told := range []struct {
		n    int
		text string
	}{
		{c.Erased, "events are erased: the chain holds, what they said cannot be checked"},
		{c.OlderGrades, "grades are by older rules, by which they hold"},
		{c.Unnamed, "pieces of evidence are whole, and nothing rests on them: of what was told already, or of a probe that was begun again"},
		{c.Unsigned, "events are newer than the newest checkpoint"},
	} {
		if told.n > 0 {
			text += fmt.Sprintf("\n%d %s", told.n, told.text)
		}
	}
	end := "everything holds"
	if !v.OK {
		end = fmt.Sprintf("%d things do not hold", v.Count)
	}
	if err := p.print(v, "%s\n%s", text, end); err != nil || v.OK {
		return err
	}
	return &exit{code: exitFindings}
}
