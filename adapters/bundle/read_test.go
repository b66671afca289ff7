package bundle

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestHostile refuses manifests that announce what no bundle has.
func TestHostile(t *testing.T) {
	var good manifest
	raw := fixedBundle(t)
	m, err := archiveOf(raw).manifest()
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(m *manifest){
		"a path upwards":      func(m *manifest) { m.Files[4].Name = "evidence/../../etc/passwd" },
		"an absolute path":    func(m *manifest) { m.Files[4].Name = "/etc/passwd" },
		"a name twice":        func(m *manifest) { m.Files = append(m.Files, m.Files[5]) },
		"other order":         func(m *manifest) { m.Files[4], m.Files[5] = m.Files[5], m.Files[4] },
		"a file more":         func(m *manifest) { m.Files = slices.Insert(m.Files, 4, file{"more", 1, m.Files[0].SHA256}) },
		"a file less":         func(m *manifest) { m.Files = m.Files[:3] },
		"too many files":      func(m *manifest) { m.Files = make([]file, maxFiles+1) },
		"huge events":         func(m *manifest) { m.Files[2].Size = maxEvents + 1 },
		"huge evidence":       func(m *manifest) { m.Files[4].Size = 1 << 62 },
		"a size below zero":   func(m *manifest) { m.Files[4].Size = -1 },
		"another format":      func(m *manifest) { m.Format = "scanledger-bundle-2" },
		"another aggregate":   func(m *manifest) { m.Stream = domain.NewStream(domain.AccountFamily, fixedScan) },
		"no scan":             func(m *manifest) { m.Stream = "scan-" },
		"no version":          func(m *manifest) { m.Version = 0 },
		"a short head":        func(m *manifest) { m.Head = "00" },
		"hash and name apart": func(m *manifest) { m.Files[4].SHA256 = m.Files[5].SHA256 },
	} {
		good = m
		good.Files = slices.Clone(m.Files)
		change(&good)
		if err := good.check(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := m.check(); err != nil {
		t.Errorf("what is in order: %v", err)
	}
	for _, size := range []string{"77777777777", "-0000000001", "00000000000", "xxxxxxxxxxx"} {
		head := bytes.Clone(raw)
		copy(head[124:], size)
		if v, _ := verify(head); v.OK {
			t.Errorf("a manifest of %s bytes", size)
		}
	}
}

// TestLines reads lines that are longer than the buffer, and ends that are none.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	var got []int
	see := func(b []byte) error { got = append(got, len(b)); return nil }
	if err := lines(strings.NewReader("a\n"+long+"\n\n"), see); err != nil || fmt.Sprint(got) != fmt.Sprint([]int{2, len(long) + 1, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	if err := lines(strings.NewReader("a\nb"), see); err == nil {
		t.Error("a line without an end")
	}
	if err := lines(io.LimitReader(endless{}, maxWhole+2), see); err == nil {
		t.Error("a line without bounds")
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }
