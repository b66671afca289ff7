package secably

import (
	"cmp"
	"context"
	"encoding/json"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Schedules are the commands about what is scanned without being asked for.
type Schedules interface {
	AddSchedule(ctx context.Context, c commands.AddSchedule) ([]domain.Envelope, error)
	ChangeSchedule(ctx context.Context, c commands.ChangeSchedule) error
	PauseSchedule(ctx context.Context, c commands.PauseSchedule) ([]domain.Envelope, error)
	ResumeSchedule(ctx context.Context, c commands.ResumeSchedule) ([]domain.Envelope, error)
	RemoveSchedule(ctx context.Context, c commands.RemoveSchedule) error
}

// mountSchedules puts the routes of schedules.
func (a *API) mountSchedules(r fiber.Router, gate *web.Gate) {
	let := func(h web.Handler) fiber.Handler { return gate.Let(web.Always(Management), h) }
	r.Get("/api/v1/schedules", let(a.ListSchedules))
	r.Post("/api/v1/schedules", let(a.AddSchedule))
	r.Get("/api/v1/schedules/:id", let(a.ShowSchedule))
	r.Patch("/api/v1/schedules/:id", let(a.ChangeSchedule))
	r.Delete("/api/v1/schedules/:id", let(a.RemoveSchedule))
	r.Post("/api/v1/schedules/:id/pause", let(a.PauseSchedule))
	r.Post("/api/v1/schedules/:id/resume", let(a.ResumeSchedule))
}

// ListSchedules answers GET /api/v1/schedules.
func (a *API) ListSchedules(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	rows, all, err := a.Targets.Targets(c.UserContext(), projections.TargetFilter{Account: by.Account, Planned: true, Offset: p.Offset(), Limit: p.Size})
	if err != nil {
		return err
	}
	out := make([]scheduled, len(rows))
	for i, r := range rows {
		if out[i], err = a.scheduledOf(r); err != nil {
			return err
		}
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, all, out))
}

// AddSchedule answers POST /api/v1/schedules/.
func (a *API) AddSchedule(c *fiber.Ctx, by commands.Caller) error {
	add := commands.AddSchedule{By: by}
	if before := by.Before("add_schedule"); len(before) > 0 { // whatever has become of it
		add.Target = before[0].Stream.ID()
	} else if err := a.adding(c, &add); err != nil {
		return err
	}
	history, err := a.Schedules.AddSchedule(c.UserContext(), add)
	if err != nil {
		return err
	}
	return a.answerSchedule(c.Status(fiber.StatusCreated), history)
}

// adding reads what schedule is asked for.
func (a *API) adding(c *fiber.Ctx, add *commands.AddSchedule) error {
	var w scheduling
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	number, err := creation{Target: w.Target, Website: w.Website}.target()
	if err != nil {
		return err
	}
	if deref(w.Cron) == "" {
		return domain.Errorf(domain.Invalid, "cron is required: minute, hour, day of month, month and day of week, such as 30 3 * * 1-5")
	}
	w.Config = given(w.Config)
	row, err := a.Targets.Target(c.UserContext(), add.By.Account, number)
	if err != nil {
		return err
	}
	scan, err := w.scanning(row)
	add.Target = row.ID
	add.Schedule = domain.Schedule{Cron: *w.Cron, TimeZone: cmp.Or(deref(w.TimeZone), "UTC"), Profile: scan.Profile, Options: scan.Options}
	return err
}

// answerSchedule answers with the schedule that a target's history has come to.
func (a *API) answerSchedule(c *fiber.Ctx, history []domain.Envelope) error {
	row, _ := projections.TargetOf(history)
	if row.Schedule == nil { // it has just gone
		return domain.Errorf(domain.NotFound, "Schedule not found")
	}
	answer, err := a.scheduledOf(row)
	if err != nil {
		return err
	}
	return c.JSON(answer)
}

// given is a value of a body; null is as nothing.
func given(value json.RawMessage) json.RawMessage {
	if string(value) == "null" {
		return nil
	}
	return value
}

// scanning is what a body asks the scans to be; where it says nothing, what a scan
// of such a target is by its scan_frequency.
func (w scheduling) scanning(r projections.TargetRow) (commands.Scanning, error) {
	if w.Scanner == nil && len(w.Config) == 0 {
		p := domain.Regular(r.Target)
		return commands.Scanning{Profile: p, Options: domain.DefaultOptions(p)}, nil
	}
	s := domain.Builtin
	switch {
	case w.Scanner != nil:
		s = domain.Scanner(*w.Scanner)
	case r.Schedule != nil:
		s = r.Schedule.Profile.Scanner()
	}
	profile, options, err := choose(s, w.Config)
	return commands.Scanning{Profile: profile, Options: options}, err
}

// ShowSchedule answers GET /api/v1/schedules/{id}/.
func (a *API) ShowSchedule(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.planned(c, by)
	if err != nil {
		return err
	}
	answer, err := a.scheduledOf(row)
	if err != nil {
		return err
	}
	return c.JSON(answer)
}

// planned is the target of the path, with its schedule; NotFound for one without.
func (a *API) planned(c *fiber.Ctx, by commands.Caller) (projections.TargetRow, error) {
	row, err := a.target(c, by)
	if code := domain.CodeOf(err); code == domain.NotFound || err == nil && row.Schedule == nil {
		return projections.TargetRow{}, domain.Errorf(domain.NotFound, "Schedule not found")
	}
	return row, err
}

// ChangeSchedule answers PATCH /api/v1/schedules/{id}/: what a body leaves out
// stays as it is.
func (a *API) ChangeSchedule(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.planned(c, by)
	if err != nil {
		return err
	}
	var w scheduling
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	w.Config = given(w.Config)
	change := commands.ChangeSchedule{By: by, Target: row.ID, Cron: w.Cron, TimeZone: w.TimeZone}
	if w.Scanner != nil || len(w.Config) > 0 {
		scan, err := w.scanning(row)
		if err != nil {
			return err
		}
		change.Scan = &scan
	}
	if err := a.Schedules.ChangeSchedule(c.UserContext(), change); err != nil {
		return err
	}
	return a.ShowSchedule(c, by)
}

// RemoveSchedule answers DELETE /api/v1/schedules/{id}/.
func (a *API) RemoveSchedule(c *fiber.Ctx, by commands.Caller) error {
	row, err := a.planned(c, by)
	if err != nil {
		return err
	}
	if err := a.Schedules.RemoveSchedule(c.UserContext(), commands.RemoveSchedule{By: by, Target: row.ID}); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// PauseSchedule answers POST /api/v1/schedules/{id}/pause/.
func (a *API) PauseSchedule(c *fiber.Ctx, by commands.Caller) error {
	id, err := a.plannedBefore(c, by, "pause_schedule")
	if err != nil {
		return err
	}
	history, err := a.Schedules.PauseSchedule(c.UserContext(), commands.PauseSchedule{By: by, Target: id})
	if err != nil {
		return err
	}
	return a.answerSchedule(c, history)
}

// plannedBefore is the target that an earlier attempt at the request was about; else
// the one of the path.
func (a *API) plannedBefore(c *fiber.Ctx, by commands.Caller, command string) (uuid.UUID, error) {
	if before := by.Before(command); len(before) > 0 {
		return before[0].Stream.ID(), nil
	}
	row, err := a.planned(c, by)
	return row.ID, err
}

// ResumeSchedule answers POST /api/v1/schedules/{id}/resume/.
func (a *API) ResumeSchedule(c *fiber.Ctx, by commands.Caller) error {
	id, err := a.plannedBefore(c, by, "resume_schedule")
	if err != nil {
		return err
	}
	history, err := a.Schedules.ResumeSchedule(c.UserContext(), commands.ResumeSchedule{By: by, Target: id})
	if err != nil {
		return err
	}
	return a.answerSchedule(c, history)
}
