package stream_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// mail is a broker's: a publication fails where nobody waits for it.
type mail chan *message.Message

func (m mail) Publish(_ string, msgs ...*message.Message) error {
	if m == nil {
		return errors.New("away")
	}
	for _, one := range msgs {
		m <- one
	}
	return nil
}

func (mail) Close() error { return nil }

func spoolTo(t *testing.T, dir string, m mail) *stream.Spool {
	t.Helper()
	s, err := stream.OpenSpool(stream.SpoolOptions{Dir: dir, Publisher: m, Retry: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// odd is an event with all that one which bypasses the log may have.
func odd() domain.Envelope {
	link := uuid.MustParse("0193a0a0-0001-7000-8000-00000000000a")
	return domain.Envelope{
		ID: uuid.MustParse("0193a0a0-0002-7000-8000-00000000000b"), Stream: domain.NewStream(domain.LinkFamily, link), Owner: uuid.MustParse("0193a0a0-0003-7000-8000-00000000000c"),
		At: time.Date(2026, 11, 29, 1, 2, 3, 45_600_000, time.FixedZone("", 3600)), Actor: "user ü", Cause: "\"quoted\"\n<&>", Trace: "00-" + strings.Repeat("a", 32) + "-" + strings.Repeat("b", 16) + "-01",
		Event: domain.LinkClicked{Code: "ü\"\\", Visitor: "v", Agent: domain.Person, Via: domain.ViaQR, Rule: "a<b>&c\u2028", Fallback: true, Device: "mobile"},
	}
}

// An event is the same message whether it comes from memory, from a file, or from one
// that was written when a line was the message.
func TestSpoolOfEachKind(t *testing.T) {
	schema, payload, err := domain.Encode(odd().Event)
	if err != nil {
		t.Fatal(err)
	}
	want, err := stream.Encode(odd(), schema, payload)
	if err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	s := spoolTo(t, kept, nil)
	if err := s.Keep(odd()); err != nil {
		t.Fatal(err)
	}
	closeSpool(t, s)
	before := t.TempDir()
	text, err := json.Marshal(map[string]any{"topic": stream.Clicks, "id": want.UUID, "headers": want.Metadata, "payload": []byte(want.Payload)})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(before, "000000000001.spool"), fmt.Appendf(nil, "%08x %s\n", crc32.ChecksumIEEE(text), text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"from memory": t.TempDir(), "from a file": kept, "from a file of before": before} {
		t.Run(name, func(t *testing.T) {
			m := make(mail, 2)
			s := spoolTo(t, dir, m)
			if name == "from memory" {
				if err := s.Keep(odd()); err != nil {
					t.Fatal(err)
				}
			}
			got := <-m
			closeSpool(t, s)
			if got.UUID != want.UUID || !reflect.DeepEqual(got.Metadata, want.Metadata) || string(got.Payload) != string(want.Payload) {
				t.Errorf("%s %v\n%s, want\n%s %v\n%s", got.UUID, got.Metadata, got.Payload, want.UUID, want.Metadata, want.Payload)
			}
			if lost := s.Stats().Lost; lost != 0 {
				t.Errorf("%d are lost", lost)
			}
		})
	}
}
