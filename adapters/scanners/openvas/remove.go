package openvas

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// removable is the comment of a task that waits for its removal: one that runs cannot
// be deleted, and may take long to stop.
const removable = "over: scanledger removes it when it has stopped"

// comment changes a task's.
type comment struct {
	Task string `xml:"task_id,attr"`
	Text string `xml:"comment"`
}

// Stop implements scanners.Outside. A task that does not stop in time stays there
// with the comment removable, for the next scan to remove.
func (r *run) Stop(ctx context.Context) error {
	defer r.client.close()
	if r.target == "" {
		return nil
	}
	r.client.close() // an answer that is late may still come in the old connection
	if r.task != "" {
		if err := r.halt(ctx, r.task); err != nil {
			return err
		}
		for {
			t, err := r.state(ctx)
			if err != nil {
				return err
			}
			if _, still := ends[t.Status]; still || t.Status == "New" {
				break
			}
			if scanners.Rest(ctx, min(r.pause(), 200*time.Millisecond)) != nil {
				return nil
			}
		}
	}
	return r.remove(ctx)
}

// halt asks a task to stop. One that does not run is well.
func (r *run) halt(ctx context.Context, task string) error {
	var no *refusal
	err := r.ask(ctx, "stop_task", ofTask{Task: task}, &nothing{})
	if err != nil && !errors.As(err, &no) {
		return err
	}
	if err := r.ask(ctx, "modify_task", comment{task, removable}, &nothing{}); err != nil && !errors.As(err, &no) {
		return err
	}
	return nil
}

// remove deletes the task, with its report, and the target.
func (r *run) remove(ctx context.Context) error {
	if err := r.erase(ctx, r.task, r.target); err != nil {
		return err
	}
	r.task, r.target = "", ""
	return nil
}

// erase deletes what is there. What is not is well.
func (r *run) erase(ctx context.Context, task, target string) error {
	var no *refusal
	if task != "" {
		err := r.ask(ctx, "delete_task", ofTask{Task: task, Ultimate: "1"}, &nothing{})
		if err != nil && !(errors.As(err, &no) && no.status == 404) {
			return err
		}
	}
	err := r.ask(ctx, "delete_target", ofTarget{Target: target, Ultimate: "1"}, &nothing{})
	if err != nil && !(errors.As(err, &no) && no.status == 404) {
		return err
	}
	return nil
}

// sweep removes what earlier scans had to leave behind, and stops what an earlier
// attempt at this one has started.
func (r *run) sweep(ctx context.Context) error {
	return r.tidy(ctx, func(_ context.Context, scan uuid.UUID) (bool, error) { return scan == r.job.Scan, nil })
}

// tidy removes tasks of ours that have stopped after they were told to, and tells those to whose
// scans are over. A target that never got a task goes with its scan.
func (r *run) tidy(ctx context.Context, over func(context.Context, uuid.UUID) (bool, error)) error {
	there, err := r.tasks(ctx, byFilter{Filter: oursAlone})
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, t := range there {
		used[t.Target.ID] = true
		if err := r.tidyTask(ctx, t, over); err != nil {
			return err
		}
	}
	var bare targets
	if err := r.ask(ctx, "get_targets", byFilter{Filter: oursAlone}, &bare); err != nil {
		return err
	}
	for _, t := range bare.All {
		if done, err := overBy(ctx, t, over); err != nil || !done || used[t.ID] {
			if err != nil {
				return err
			}
			continue
		}
		if err := unlessRefused(r.erase(ctx, "", t.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) tidyTask(ctx context.Context, t task, over func(context.Context, uuid.UUID) (bool, error)) error {
	done, err := overBy(ctx, t.named, over)
	if err != nil {
		return err
	}
	_, ended := ends[t.Status]
	switch ended = ended || t.Status == "New"; {
	case ended && strings.HasPrefix(t.Name, ours) && (done || t.Comment == removable):
		return unlessRefused(r.erase(ctx, t.ID, t.Target.ID))
	case done:
		return unlessRefused(r.halt(ctx, t.ID))
	default:
		return nil
	}
}

// oursAlone is the filter for what is named as ours.
var oursAlone = fmt.Sprintf("name~%q rows=-1", ours)

// overBy says whether something in Greenbone is of a scan that is over.
func overBy(ctx context.Context, n named, over func(context.Context, uuid.UUID) (bool, error)) (bool, error) {
	name, mine := strings.CutPrefix(n.Name, ours)
	text, _, _ := strings.Cut(name, " ")
	scan, err := uuid.Parse(text)
	if !mine || err != nil {
		return false, nil
	}
	return over(ctx, scan)
}

// unlessRefused leaves out that gvmd will not: it is tried again another time.
func unlessRefused(err error) error {
	var no *refusal
	if errors.As(err, &no) {
		return nil
	}
	return err
}
