package openvas

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

var _ scanners.Outside = (*run)(nil)

// run is one scan in Greenbone. It implements scanners.Outside.
type run struct {
	client
	job    scanners.Job
	hosts  string // addresses alone
	name   string // of what we make there
	target string
	task   string
	report string          // of the task, once it runs
	told   map[string]bool // results by their id
	bytes  int             // of the evidence that was kept
	guess  int             // results that OpenVAS is not sure of
}

// ours begins the names of what we make in Greenbone; then comes the scan.
const ours = "scanledger "

func newRun(o Options, job scanners.Job, hosts string) *run {
	return &run{
		client: client{Options: o}, job: job, hosts: hosts, told: map[string]bool{},
		name: ours + job.Scan.String() + " " + uuid.NewString()[:8],
	}
}

// Follow implements scanners.Outside.
func (r *run) Follow(ctx context.Context, to *scanners.Sight) error {
	if err := r.sweep(ctx); err != nil {
		return err
	}
	config, err := r.config(ctx, r.job.Profile)
	if err != nil {
		return err
	}
	list, err := r.ports(ctx, r.portList())
	if err != nil {
		return err
	}
	if err := r.begin(ctx, config, list); err != nil {
		return err
	}
	if err := r.watch(ctx, to); err != nil {
		return err
	}
	if err := r.cover(ctx, to, config, list); err != nil {
		return err
	}
	return r.remove(ctx)
}

func (r *run) portList() domain.PortList {
	if o := r.job.Options.OpenVAS; o != nil {
		return o.PortList
	}
	return domain.DefaultOptions(r.job.Profile).OpenVAS.PortList
}

// begin makes the target and the task, and starts it.
func (r *run) begin(ctx context.Context, config, list named) (err error) {
	const comment = "made by scanledger, which removes it"
	t := newTarget{Name: r.name, Comment: comment, Hosts: r.hosts, Alive: "Consider Alive"}
	if r.job.Target.Kind == domain.RangeTarget {
		t.Alive = "Scan Config Default"
	}
	if list.ID != "" {
		t.PortList = &reference{list.ID}
	} else {
		t.Ports = list.Name
	}
	r.target, err = r.make(ctx, "create_target", t, func() (string, error) {
		var there targets
		err := r.ask(ctx, "get_targets", byFilter{Filter: r.byName()}, &there)
		return idOf(there.All, r.name), err
	})
	if err != nil {
		return err
	}
	task := newTask{Name: r.name, Comment: comment, Config: reference{config.ID}, Target: reference{r.target}, Scanner: reference{scannerID}}
	r.task, err = r.make(ctx, "create_task", task, func() (string, error) {
		there, err := r.tasks(ctx, byFilter{Filter: r.byName()})
		for _, t := range there {
			if t.Name == r.name {
				return t.ID, err
			}
		}
		return "", err
	})
	if err != nil {
		return err
	}
	return r.start(ctx)
}

// start starts the task once: where the answer is lost, its state tells whether it
// has begun.
func (r *run) start(ctx context.Context) (err error) {
	for range attempts {
		err = r.once(ctx, "start_task", ofTask{Task: r.task}, &nothing{})
		if err == nil || final(err) || ctx.Err() != nil {
			return err
		}
		t, err := r.state(ctx)
		if err != nil || t.Status != "New" {
			return err
		}
	}
	return err
}

func (r *run) byName() string { return fmt.Sprintf("name=%q rows=-1", r.name) }

func (r *run) tasks(ctx context.Context, which byFilter) ([]task, error) {
	var there tasks
	err := r.ask(ctx, "get_tasks", which, &there)
	return there.All, err
}

// state is how our task stands.
func (r *run) state(ctx context.Context) (task, error) {
	there, err := r.tasks(ctx, byFilter{Task: r.task})
	if err != nil {
		return task{}, err
	}
	if len(there) != 1 || there[0].ID != r.task {
		return task{}, errors.New("Greenbone does not have the task any more")
	}
	t := there[0]
	r.report = first(t.Current.ID, t.Last.ID, r.report)
	return t, nil
}

// ends are the states in which a task does nothing more, and what that means; "" is
// its proper end.
var ends = map[string]string{
	"Done": "", "Stopped": "somebody has stopped it in Greenbone", "Interrupted": "Greenbone has interrupted it",
	"Delete Requested": "somebody deletes it in Greenbone", "Ultimate Delete Requested": "somebody deletes it in Greenbone",
}

// rounds is how many looks at the state come to one at the results.
const rounds = 5

// watch tells what the task finds until it has ended.
func (r *run) watch(ctx context.Context, to *scanners.Sight) error {
	for n := 1; ; n++ {
		t, err := r.state(ctx)
		if err != nil {
			return err
		}
		to.Advance(percent(t.Progress))
		why, over := ends[t.Status]
		if over {
			if err := r.collect(ctx, to, 1); err != nil || why == "" {
				return err
			}
			return errors.New(why)
		}
		if n%rounds == 0 {
			if err := r.collect(ctx, to, len(r.told)+1); err != nil {
				return err
			}
		}
		if err := scanners.Rest(ctx, r.pause()); err != nil {
			return err
		}
	}
}

// percent reads a task's progress; below 0 it is none.
func percent(text string) float64 {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return 0
	}
	return float64(max(n, 0))
}

func idOf(there []named, name string) string {
	for _, n := range there {
		if n.Name == name {
			return n.ID
		}
	}
	return ""
}
