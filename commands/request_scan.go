package commands

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// RequestScan asks for a scan.
type RequestScan struct {
	By       Caller
	Contract domain.Contract
	Target   domain.Target
	Profile  domain.Profile
	Options  domain.Options // zero for the profile's defaults
	RetestOf uuid.UUID      // nil UUID unless it repeats another scan

	also func(ctx context.Context, scan uuid.UUID) (Write, error) // what is appended with it; nil for nothing
}

// RequestScan opens a scan and returns the event that did. It answers a
// *domain.Error: Unavailable where nothing here runs such a scan, Invalid,
// Unresolvable or Forbidden for the target, Invalid for the options, Conflict
// with Existing when Scanner's rule of one running scan per target holds it
// back, Quota when the plan's month or the queue is full, Payment with Short
// when it costs more credits than there are. What it costs is held with it.
func (d Desk) RequestScan(ctx context.Context, c RequestScan) (domain.Envelope, error) {
	by := c.By.act("request_scan")
	if len(by.done) > 0 { // it is asked for, whatever becomes of its target
		return by.done[0], nil
	}
	tools, err := d.tools(ctx, c)
	if err != nil {
		return domain.Envelope{}, err
	}
	if err := d.MayScan(ctx, c.By.Account, c.Target, c.Profile); err != nil {
		return domain.Envelope{}, err
	}
	account, err := d.standing(ctx, c.By)
	if err != nil {
		return domain.Envelope{}, err
	}
	verified, err := d.ownsAll(ctx, c.By.Account, c.Target, c.Profile)
	if err != nil {
		return domain.Envelope{}, err
	}
	id := d.NewID()
	by.opens = true
	request := c.event(id, tools)
	request.Verified = verified
	if charged(c.Profile) {
		done, err := d.Accounts.turn(ctx, c.By.Account)
		if err != nil {
			return domain.Envelope{}, err
		}
		defer done()
	}
	appended, err := decideWith(ctx, d, by, scanStream(id), newScan, func(s *domain.Scan) (Write, []domain.Event, error) {
		events, err := s.Request(request)
		return Write{
			Owner:   c.By.Account,
			Claims:  []Claim{{Name: domain.RunningClaim(c.By.Account, c.Target), Optional: c.Contract != domain.ScannerAPI}},
			Tallies: d.tallies(c, account.Plan(c.Contract)),
		}, events, err
	}, func(*domain.Scan, []domain.Event) ([]Write, error) { return d.beside(ctx, c, request) })
	if err != nil {
		return domain.Envelope{}, err
	}
	return appended[0], nil
}

// beside is what is appended to other streams with the scan's first event.
func (d Desk) beside(ctx context.Context, c RequestScan, r domain.ScanRequested) ([]Write, error) {
	writes, err := d.charge(ctx, c.By, r)
	if err != nil || c.also == nil {
		return writes, err
	}
	w, err := c.also(ctx, r.Scan)
	return append(writes, w), err
}

// event is what opens the scan.
func (c RequestScan) event(id uuid.UUID, tools []domain.Tool) domain.ScanRequested {
	e := domain.ScanRequested{
		Scan: id, Account: c.By.Account, Contract: c.Contract, Target: c.Target,
		Profile: c.Profile, Probes: tools, Options: c.Options, RetestOf: c.RetestOf,
	}
	if e.Options == (domain.Options{}) {
		e.Options = domain.DefaultOptions(c.Profile)
	}
	return e
}

// tools are those that run the scan here; none of an unknown profile.
func (d Desk) tools(ctx context.Context, c RequestScan) ([]domain.Tool, error) {
	if c.Profile.Scanner() == "" {
		return nil, nil
	}
	return d.Engines.Tools(ctx, c.Profile)
}

// tallies are the limits that a new scan counts against.
func (d Desk) tallies(c RequestScan, plan domain.Plan) []Tally {
	var tallies []Tally
	monthly, queue := plan.ScansPerMonth, 0
	if c.Contract == domain.ScannerAPI {
		if plan.Name != domain.InternalPlan {
			monthly, queue = d.Limits.Monthly, d.Limits.Queue
		}
		tallies = append(tallies, Tally{
			Name: queueTally, Add: 1, Max: queue,
			Full: "The scan queue is full. Try again when running scans have finished.",
		})
	}
	now := d.Now().UTC()
	if hourly := plan.ScansPerHour; hourly > 0 {
		wait := hourOf(now).Add(time.Hour).Sub(now)
		tallies = append(tallies, Tally{
			Name: hourTally(c.Contract, c.By.Account, now), Add: 1, Max: hourly, Wait: wait,
			Full: fmt.Sprintf("Scan limit reached: %d scans per hour. Try again in %.0f s.", hourly, math.Ceil(wait.Seconds())),
		})
	}
	if monthly == 0 {
		return tallies
	}
	month, next := now.Format("2006-01"), time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	return append(tallies, Tally{
		Name: fmt.Sprintf("scans:%s:%s:%s", c.Contract, c.By.Account, month), Add: 1, Max: monthly,
		Full: fmt.Sprintf("Monthly scan limit reached: %d scans in %s.", monthly, month),
		Wait: next.Sub(now),
	})
}

func hourOf(at time.Time) time.Time { return at.UTC().Truncate(time.Hour) }

// hourTally counts an account's scans of an hour. Its name begins with the hour,
// so that those that are over are together.
func hourTally(c domain.Contract, account uuid.UUID, at time.Time) string {
	return fmt.Sprintf("%sscans:%s:%s", HourTallies(at), c, account)
}

// HourTallies is what the names of the tallies of an hour begin with. The names
// follow each other as the hours do.
func HourTallies(at time.Time) string { return hourOf(at).Format("hour:2006-01-02T15:") }

// ScansInHour is how many scans of a contract the caller's account has been
// granted in the hour that is open now, how many its plan allows, 0 for any, and
// when the hour ends.
func (d Desk) ScansInHour(ctx context.Context, by Caller, c domain.Contract) (used, limit int, ends time.Time, err error) {
	a, err := d.standing(ctx, by)
	if err != nil {
		return 0, 0, time.Time{}, err
	}
	now := d.Now()
	used, err = d.Secrets.Tallied(ctx, hourTally(c, by.Account, now))
	return used, a.Plan(c).ScansPerHour, hourOf(now).Add(time.Hour), err
}

// queueTally counts Scanner's scans that no worker has taken yet.
const queueTally = "queue:scanner"

// leaves is the tally of a scan that stops waiting.
func leaves(s *domain.Scan) []Tally {
	if s.Contract != domain.ScannerAPI || s.State != domain.Requested {
		return nil
	}
	return []Tally{{Name: queueTally, Add: -1}}
}
