package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestOneOwnerPublishesTheAddresses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "data")
	if _, err := Published(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("no folder: %v", err)
	}
	owner, err := Own(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Own(dir); !errors.Is(err, ErrOwned) {
		t.Errorf("a second owner: %v", err)
	}
	if _, err := Published(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("before publishing: %v", err)
	}
	var a Addresses
	a.Kafka.Brokers = []string{"127.0.0.1:9092"}
	a.Postgres.URL = "postgres://scanledger:secret@127.0.0.1:5433/scanledger"
	if err := owner.Publish(a); err != nil {
		t.Fatal(err)
	}
	back, err := Published(dir)
	if err != nil || back.Postgres.URL != a.Postgres.URL || back.Kafka.Brokers[0] != a.Kafka.Brokers[0] || back.ClickHouse.URL != "" {
		t.Errorf("got %+v, %v", back, err)
	}
	info, err := os.Stat(enginesFile(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with passwords: %v, %v", info.Mode(), err)
	}
	if err := owner.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Published(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("after the owner: %v", err)
	}
	if err := writeWhole(enginesFile(dir), []byte(`{"postgres": {"url": "stale"}}`)); err != nil {
		t.Fatal(err)
	}
	if a, err := Published(dir); !errors.Is(err, ErrNotRunning) || a.Postgres.URL != "" {
		t.Errorf("what a killed owner left is believed: %+v, %v", a, err)
	}
	again, err := Own(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := Published(dir); !errors.Is(err, ErrNotRunning) {
		t.Errorf("the next owner took over a stale file: %v", err)
	}
}

func TestPasswordIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	first, err := password(path)
	if err != nil || len(first) < 22 {
		t.Fatalf("got %q, %v", first, err)
	}
	if again, err := password(path); err != nil || again != first {
		t.Errorf("got %q, %v, want the same", again, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := password(path); err == nil {
		t.Errorf("an empty file gave the password %q", got)
	}
}
