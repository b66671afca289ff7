package scanners_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// local is a scanner whose tool says "port N" and "done P" on its output, and
// writes a report that ends in "end".
type local struct {
	scanners.Scanner
	path string
	args []string
}

func (s local) Scan(ctx context.Context, _ scanners.Job, see func(domain.Observation)) error {
	return scanners.Watch(ctx, "the stub", &scanners.Local{Path: s.path, Args: s.args, Line: line, Report: report}, see)
}

func line(to *scanners.Sight, said string) error {
	word, number, _ := strings.Cut(said, " ")
	n, _ := strconv.Atoi(number)
	switch word {
	case "port":
		return to.See(domain.Port{Port: n, Protocol: "tcp"})
	case "done":
		to.Advance(float64(n))
	}
	return nil
}

func report(_ *scanners.Sight, r io.Reader) error {
	last := ""
	for lines := bufio.NewScanner(r); lines.Scan(); {
		last = lines.Text()
	}
	if last != "end" {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// begins is what the stubs say first: progress that goes back, and one port.
const begins = `echo done 30; echo done 20; echo port 80; echo done 150; `

func TestLocal(t *testing.T) {
	for name, after := range map[string]map[scantest.Manner]string{
		"on its output": {
			scantest.Ends:   begins + "echo end > /dev/fd/3",
			scantest.Floods: begins + "yes",
			scantest.Hangs:  begins + "(while :; do sleep 1000; done) & while :; do sleep 1000; done",
			scantest.Dies:   begins + "kill -SEGV $$",
			scantest.Halves: begins + "echo begin > /dev/fd/3",
			scantest.Mute:   "echo no such option >&2; exit 1",
		},
		"in its report": {
			scantest.Ends:   begins + "echo end > /dev/fd/3",
			scantest.Floods: begins + "yes > /dev/fd/3",
			scantest.Hangs:  begins + "exec 3>&-; trap '' TERM INT; while :; do sleep 1000; done",
			scantest.Dies:   begins + "echo begin > /dev/fd/3; exit 139",
			scantest.Halves: begins + "true",
			scantest.Mute:   "kill -KILL $$",
		},
		"elsewhere": {
			scantest.Ends:   begins + "echo end > /dev/fd/3; yes | head -c 1000000 >&2",
			scantest.Floods: begins + "head -c 100000000 /dev/zero > file; yes >&2",
			scantest.Hangs:  begins + "yes >&2",
			scantest.Dies:   begins + "kill -KILL 0",
			scantest.Halves: begins + "head -c 100000 /dev/zero; echo begin > /dev/fd/3", // one line that is too long
			scantest.Mute:   "echo port none; exit 3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scantest.Outside(t, func(t *testing.T, m scantest.Manner) scantest.Rig {
				script := after[m]
				if m == scantest.Mute {
					script = strings.Replace(script, "echo port none; ", "", 1)
				}
				path, gone := scantest.Stub(t, script)
				return scantest.Rig{Scanner: local{path: path}, Gone: gone}
			})
		})
	}
}

// TestLocalThatIsNotThere is tried again: it has not looked.
func TestLocalThatIsNotThere(t *testing.T) {
	err := local{path: "/nowhere/tool"}.Scan(t.Context(), scanners.Job{}, func(o domain.Observation) { t.Errorf("%+v", o) })
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != domain.Failed {
		t.Errorf("%v", err)
	}
}

// TestArguments come as they are: nothing of them is looked at by a shell.
func TestArguments(t *testing.T) {
	path, _ := scantest.Stub(t, `echo end > /dev/fd/3; for a; do echo "port $a"; done; echo "port $#"`)
	var ports []int
	see := func(o domain.Observation) {
		if p, ok := o.(domain.Port); ok {
			ports = append(ports, p.Port)
		}
	}
	if err := (local{path: path, args: []string{"1 2", "$(id)", "3"}}).Scan(t.Context(), scanners.Job{}, see); err != nil {
		t.Fatal(err)
	}
	if len(ports) != 4 || ports[2] != 3 || ports[3] != 3 {
		t.Errorf("%v", ports)
	}
}
