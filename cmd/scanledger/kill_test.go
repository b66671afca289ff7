//go:build failpoint

package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// How much is killed. The seeds are those from FAULT_SEED on.
const (
	seedsSetting = "FAULT_SEEDS" // per step; 3 when empty
	seedSetting  = "FAULT_SEED"  // the first; 1 when empty
	stepSetting  = "FAULT_STEP"  // one step alone
	lanesSetting = "FAULT_LANES" // how many programs are killed at one time; 6 when empty
)

// way is what a run is like beside the others.
type way int

const (
	usual   way = iota
	fresh       // on an empty folder: the step belongs to a first start
	spooled     // with a broker outside, which is away when the program starts
	drained     // with SIGTERM when the work has begun
)

// death is one kill: the program dies when it comes to a step for the nth time.
type death struct {
	step failpoint.Step
	seed uint64
	nth  int
	way  way
}

// most is how often a run's work comes to each step for certain, at least; a
// run dies at one of these passings, by its seed.
var most = map[failpoint.Step]int{
	failpoint.SchemaMigrated: 5, failpoint.AnswerBegun: 3, failpoint.AnswerKept: 3, failpoint.AnalyticsMigrated: 2, failpoint.EnginesStarted: 1,
	failpoint.RequestParsed: 3, failpoint.LogQueued: 6, failpoint.LogBegun: 6, failpoint.LogInserted: 6, failpoint.LogCommitted: 3,
	failpoint.RequestDecided: 5, failpoint.RequestServed: 5,
	failpoint.RelayRead: 3, failpoint.KafkaSent: 3, failpoint.RelayPublished: 3, failpoint.RelayMoved: 3,
	failpoint.BatchTaken: 5, failpoint.BatchDone: 5, failpoint.BatchMarked: 5,
	failpoint.InboxEnqueued: 3, failpoint.InboxDropped: 1, failpoint.InboxLeased: 8,
	failpoint.ProbeTaken: 8, failpoint.ProbeRunning: 8, failpoint.EvidenceKept: 4, failpoint.ProbeRecorded: 4,
	failpoint.ProbeSeen: 8, failpoint.ProbeFinished: 8, failpoint.ProbeDone: 8,
	failpoint.TableRead: 5, failpoint.TableWritten: 5, failpoint.TableCommitted: 5,
	failpoint.SinkFilled: 2, failpoint.SinkSent: 2,
	failpoint.SpoolSpilled: 1, failpoint.SpoolSynced: 1, failpoint.SpoolSent: 1, failpoint.ClickKept: 3,
	failpoint.CheckpointSigned: 1, failpoint.CheckpointWritten: 1, failpoint.ServerDraining: 1,
}

// unlike are the steps that the ordinary way does not come to. A third of the
// seeds is theirs, as what leads to them is the same each time.
var unlike = map[failpoint.Step]way{
	failpoint.SchemaMigrated: fresh, failpoint.AnalyticsMigrated: fresh,
	failpoint.SpoolSpilled: spooled, failpoint.SpoolSynced: spooled, failpoint.SpoolSent: spooled,
	failpoint.ServerDraining: drained,
}

// apart are the steps that the work of a lane does not come to, and that have a test of their own.
var apart = []failpoint.Step{failpoint.ScheduleTaken}

// resent are the steps at which a client is left without knowing: there each
// command has an Idempotency-Key, and is sent again under it after the restart.
var resent = []failpoint.Step{
	failpoint.RequestParsed, failpoint.AnswerBegun, failpoint.LogCommitted, failpoint.RequestDecided, failpoint.AnswerKept,
}

// charging are the steps at which a charge may be half done: there a scan that
// costs credits is among the work, and may be cancelled.
var charging = []failpoint.Step{
	failpoint.LogBegun, failpoint.LogInserted, failpoint.LogCommitted, failpoint.RequestDecided, failpoint.AnswerKept,
	failpoint.InboxDropped, failpoint.ProbeTaken, failpoint.ProbeSeen, failpoint.ProbeFinished, failpoint.ProbeDone,
}

// TestKilledAtEveryStep lets the program die at each step of the list, starts
// it again on the same folder, and audits everything. Each lane keeps a folder
// over many kills.
func TestKilledAtEveryStep(t *testing.T) {
	queue := make(chan death, 10_000)
	seeds := howMany(t, seedsSetting, 3)
	for seed := range seeds {
		for i := range failpoint.Steps {
			step := failpoint.Step(i)
			if _, seldom := unlike[step]; seldom && seed >= max(1, seeds/3) {
				continue
			}
			if slices.Contains(apart, step) {
				continue
			}
			if only := os.Getenv(stepSetting); only != "" && only != step.String() {
				continue
			}
			queue <- newDeath(step, uint64(howMany(t, seedSetting, 1)+seed))
		}
	}
	close(queue)
	total := &sum{planned: len(queue)}
	t.Run("lanes", func(t *testing.T) {
		for n := range howMany(t, lanesSetting, 6) {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				drive(t, queue, total)
			})
		}
	})
	fmt.Println(total)
	if total.kills != total.planned {
		t.Errorf("%d of %d kills", total.kills, total.planned)
	}
	if os.Getenv(stepSetting) == "" && total.sum.paid == 0 {
		t.Error("no scan has cost anything")
	}
}

func newDeath(step failpoint.Step, seed uint64) death {
	chance := rand.New(rand.NewPCG(seed, uint64(step)))
	return death{step, seed, 1 + chance.IntN(max(1, most[step])), unlike[step]}
}

func (r death) String() string { return fmt.Sprintf("%s:%d#%d", r.step, r.nth, r.seed) }

// drive takes runs until there are none. A folder in which something did not
// hold is left, as it would spoil what comes after.
func drive(t *testing.T, queue <-chan death, total *sum) {
	lanes := map[way]*lane{}
	for r := range queue {
		w := r.way
		if w == drained {
			w = usual
		}
		if lanes[w] == nil || w == fresh {
			lanes[w] = laneFor(t, w)
		}
		sound := t.Run(r.String(), func(t *testing.T) { total.add(lanes[w].kill(t, r)) })
		if !sound || w == fresh {
			delete(lanes, w)
		}
	}
}

// laneFor is a lane for runs of one way.
func laneFor(t *testing.T, w way) *lane {
	t.Helper()
	var l *lane
	if w == spooled {
		broker := startBroker(t)
		l = newLane(t, "--kafka-brokers", broker.address)
		l.broker = broker
	} else {
		l = newLane(t)
	}
	if w != fresh { // a first start is to find nothing
		l.enter(t)
	}
	return l
}

// howMany reads a setting of the tests.
func howMany(t *testing.T, setting string, preset int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(setting), strconv.Itoa(preset)))
	if err != nil || n < 1 {
		t.Fatalf("%s=%s is no number from 1", setting, os.Getenv(setting))
	}
	return n
}

// figures are what a run says.
type figures struct {
	acknowledged, events, absorbed, paid int
	recovery                             time.Duration
}

func (f figures) String() string {
	return fmt.Sprintf("acknowledged %d events %d absorbed %d credits %d recovery %.1fs", f.acknowledged, f.events, f.absorbed, f.paid, f.recovery.Seconds())
}

// say prints a line that the suite shows.
func say(r death, f figures) {
	fmt.Println("fault kill", r.step, "pass", r.nth, "seed", r.seed, f, "violations 0:", strings.TrimSuffix(failpoint.Steps[r.step].Says, "."))
}

// sum adds up what the runs of all lanes say.
type sum struct {
	mu         sync.Mutex
	planned    int
	kills      int
	sum        figures
	recoveries []time.Duration
}

func (s *sum) add(f figures) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kills++
	s.sum.acknowledged += f.acknowledged
	s.sum.events += f.events
	s.sum.absorbed += f.absorbed
	s.sum.paid += f.paid
	s.recoveries = append(s.recoveries, f.recovery)
}

func (s *sum) String() string {
	slices.Sort(s.recoveries)
	at := func(share float64) float64 {
		if len(s.recoveries) == 0 {
			return 0
		}
		return s.recoveries[int(share*float64(len(s.recoveries)-1))].Seconds()
	}
	return fmt.Sprintf("fault kills %d of %d: acknowledged %d events %d absorbed %d credits %d recovery p50 %.1fs p95 %.1fs max %.1fs",
		s.kills, s.planned, s.sum.acknowledged, s.sum.events, s.sum.absorbed, s.sum.paid, at(0.5), at(0.95), at(1))
}
