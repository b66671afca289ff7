package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
)

func exportCommand() *cobra.Command {
	var scan uuid.UUID
	var file string
	cmd := &cobra.Command{
		Use: "export ID --out FILE", Short: "Write a scan and all that proves it into one file",
		Long:    "Write a scan's events, raw evidence and report into one file, with the signed\ncheckpoint that covers them. scanledger verify FILE needs no server.",
		Example: "  scanledger export 0190a1b2-… --out scan.tar",
		Args: func(_ *cobra.Command, args []string) (err error) {
			if len(args) != 1 {
				return usage("the id of one scan is needed")
			}
			if scan, err = uuid.Parse(args[0]); err != nil {
				return usage("%q is no scan's id", args[0])
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "out", "", "the file to be written")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		if file == "" {
			return usage("--out is needed")
		}
		write, err := p.bundle(ctx, scan, func(uuid.UUID) bool { return true })
		if err != nil {
			return err
		}
		size, err := writeWhole(file, func(w io.Writer) error { return write(ctx, w) })
		if err != nil {
			return err
		}
		return out.print(map[string]any{"scan": scan, "file": file, "bytes": size}, "scan %s is in %s, %d bytes", scan, file, size)
	})
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(name string, write func(io.Writer) error) (size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	if err := errors.Join(write(w), w.Flush(), f.Sync()); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	size, err = f.Seek(0, io.SeekEnd)
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return size, os.Rename(f.Name(), name)
}
