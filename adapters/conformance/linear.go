package conformance

import (
	"encoding/binary"
	"hash/fnv"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// prefix is a stream as far as somebody knows it: how many events, and a hash
// of their ids in order.
type prefix struct {
	version int
	hash    uint64
}

// then is the prefix with one event more.
func (p prefix) then(id uuid.UUID) prefix {
	h := fnv.New64a()
	h.Write(binary.BigEndian.AppendUint64(nil, p.hash))
	h.Write(id[:])
	return prefix{p.version + 1, h.Sum64()}
}

// appending asks for one event after a version.
type appending struct {
	after int
	event uuid.UUID
}

// reading asks for a stream; what it answers is a prefix.
type reading struct{}

// oneStream is what a log has to look like to everybody: a list to which an
// event is appended at the version that its writer expects, and not otherwise,
// and which a reader sees whole.
var oneStream = porcupine.Model{
	Init: func() any { return prefix{} },
	Step: func(state, input, output any) (bool, any) {
		s := state.(prefix)
		a, appends := input.(appending)
		switch {
		case !appends:
			return output == s, s
		case output == true:
			return a.after == s.version, s.then(a.event)
		default:
			return a.after != s.version, s
		}
	},
	Hash: func(state any) uint64 { return state.(prefix).hash },
}

// writers write to one stream at a time, each the next operation of operations
// in all.
const (
	writers    = 64
	operations = 2_000
)

// histories is how many histories are checked; SCANLEDGER_TEST_HISTORIES asks
// for more than the few that take seconds.
func histories(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("SCANLEDGER_TEST_HISTORIES"))
	if os.Getenv("SCANLEDGER_TEST_HISTORIES") == "" {
		return 20
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Linearizable lets many writers loose on one stream after the other, on two
// instances of a log: whatever each of them was told has to fit into one order
// of all that happened.
func Linearizable(t *testing.T, open func(t *testing.T) LogUnderTest) {
	l := open(t)
	for n := range histories(t) {
		history := record(t, l, newStream())
		if result := porcupine.CheckOperationsTimeout(oneStream, inTurn(history), time.Minute); result != porcupine.Ok {
			t.Errorf("history %d of %d operations: %s", n+1, len(history), result)
		}
	}
}

// inTurn is the same history with what follows from it written down, without
// which the search for an order takes years: an append takes effect after all
// those that read what was there before it, and so not before these were asked.
func inTurn(history []porcupine.Operation) []porcupine.Operation {
	asked := map[int]int64{} // by the version that was read: when last
	newest := 0
	for _, o := range history {
		if p, read := o.Output.(prefix); read {
			asked[p.version] = max(asked[p.version], o.Call)
			newest = max(newest, p.version)
		}
	}
	for v := 1; v <= newest; v++ {
		asked[v] = max(asked[v], asked[v-1])
	}
	out := slices.Clone(history)
	for i, o := range out {
		if a, appends := o.Input.(appending); appends && o.Output == true {
			out[i].Call = min(max(o.Call, asked[min(a.after, newest)]+1), o.Return)
		}
	}
	return out
}

// record lets the writers write and read, and notes what each was told and when.
func record(t *testing.T, l LogUnderTest, s domain.Stream) []porcupine.Operation {
	t.Helper()
	start := time.Now()
	var mu sync.Mutex
	var history []porcupine.Operation
	atOnce(writers, func(client int) {
		log := []commands.Log{l.Log, l.Twin}[client%2]
		var known prefix
		for i := range operations / writers {
			var input, output any
			call := time.Since(start)
			if i%2 == 0 {
				input, output = reading{}, nil
				news, err := log.Read(t.Context(), s, known.version)
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				for _, e := range news {
					known = known.then(e.ID)
				}
				output = known
			} else {
				w := write(s, known.version, ports(1)...)
				_, err := log.Append(t.Context(), w)
				if err != nil && domain.CodeOf(err) != domain.Stale {
					t.Errorf("append: %v", err)
					return
				}
				input, output = appending{known.version, w.Events[0].ID}, err == nil
			}
			returned := time.Since(start)
			mu.Lock()
			history = append(history, porcupine.Operation{
				ClientId: client, Input: input, Output: output, Call: call.Nanoseconds(), Return: returned.Nanoseconds(),
			})
			mu.Unlock()
		}
	})
	return history
}
