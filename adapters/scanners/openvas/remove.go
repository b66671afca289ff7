package openvas

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// over is the comment of a task that waits for its removal: one that runs cannot
// be deleted, and may take long to stop.
const over = "over: scanledger removes it when it has stopped"

// comment changes a task's.
type comment struct {
	Task string `xml:"task_id,attr"`
	Text string `xml:"comment"`
}

// Stop implements scanners.Outside. A task that does not stop in time stays there
// with the comment over, for the next scan to remove.
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
	if err := r.ask(ctx, "modify_task", comment{task, over}, &nothing{}); err != nil && !errors.As(err, &no) {
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
	there, err := r.tasks(ctx, byFilter{Filter: fmt.Sprintf("name~%q rows=-1", ours)})
	if err != nil {
		return err
	}
	for _, t := range there {
		_, ended := ends[t.Status]
		switch {
		case !strings.HasPrefix(t.Name, ours):
		case t.Comment == over && ended:
			err = r.erase(ctx, t.ID, t.Target.ID)
		case strings.HasPrefix(t.Name, ours+r.job.Scan.String()+" "):
			err = r.halt(ctx, t.ID)
		}
		var no *refusal
		if err != nil && !errors.As(err, &no) {
			return err
		}
	}
	return nil
}
