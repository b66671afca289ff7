package embedded

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrNotRunning says that no process runs engines for this data folder.
var ErrNotRunning = errors.New("no process runs the engines of the data folder")

// Addresses are where the engines of a data folder answer, embedded or not.
// The URLs carry passwords. An engine that is not running has none.
type Addresses struct {
	Kafka struct {
		Brokers []string `json:"brokers,omitempty"`
	} `json:"kafka"`
	Postgres struct {
		URL string `json:"url,omitempty"`
	} `json:"postgres"`
	ClickHouse struct {
		URL string `json:"url,omitempty"`
	} `json:"clickhouse"`
}

func enginesFile(dataDir string) string { return filepath.Join(dataDir, "engines.json") }

// Publish tells other processes of this user where the engines answer, all at
// once: a reader sees the addresses before or the addresses after.
func (o *Owner) Publish(a Addresses) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the engines' addresses: %w", err)
	}
	return writeWhole(enginesFile(o.dir), append(text, '\n'))
}

// Published returns the addresses that the owner of dataDir has published. It
// is ErrNotRunning when nobody owns the folder, whatever an owner that was
// killed left behind, or when the owner has not published yet.
func Published(dataDir string) (Addresses, error) {
	var a Addresses
	running, err := owned(dataDir)
	if err != nil {
		return a, err
	}
	if !running {
		return a, ErrNotRunning
	}
	text, err := os.ReadFile(enginesFile(dataDir))
	if errors.Is(err, os.ErrNotExist) {
		return a, ErrNotRunning
	}
	if err != nil {
		return a, fmt.Errorf("read the engines' addresses: %w", err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		return a, fmt.Errorf("read the engines' addresses in %s: %w", enginesFile(dataDir), err)
	}
	return a, nil
}
