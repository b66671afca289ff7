package domain

import (
	"maps"
	"time"

	"github.com/google/uuid"
)

// Credits is what an account may spend on scans, as decisions about it need
// it. It is never below 0 in either pool.
type Credits struct {
	Monthly   int   // left of Month's
	Month     Month // of the newest grant of monthly credits
	Purchased int   // left of those that stay
	granted   int   // monthly credits that Month has brought
	held      map[uuid.UUID]Split
}

// monthOf is the calendar month of a moment.
func monthOf(at time.Time) Month { return Month(at.UTC().Format("2006-01")) }

// Balance is what may be spent.
func (c *Credits) Balance() int { return c.Monthly + c.Purchased }

// Apply folds one event into the state; those that are not about credits
// change nothing.
func (c *Credits) Apply(e Envelope) {
	switch e := e.Event.(type) {
	case CreditsGranted:
		c.grant(e)
	case CreditsLapsed:
		c.Monthly -= e.Amount
	case CreditsHeld:
		c.Monthly, c.Purchased = c.Monthly-e.Monthly, c.Purchased-e.Purchased
		if c.held == nil {
			c.held = map[uuid.UUID]Split{}
		}
		c.held[e.Scan] = e.Split
	case CreditsSettled:
		delete(c.held, e.Scan)
	case CreditsReleased:
		c.Monthly, c.Purchased = c.Monthly+e.Monthly, c.Purchased+e.Purchased
		delete(c.held, e.Scan)
	}
}

func (c *Credits) grant(e CreditsGranted) {
	if e.Pool == PurchasedPool {
		c.Purchased += e.Amount
		return
	}
	if e.Month != c.Month {
		c.Month, c.granted = e.Month, 0
	}
	c.Monthly, c.granted = c.Monthly+e.Amount, c.granted+e.Amount
}

// Due is what has to be written down before anything else is decided in a
// month: what is left of an earlier one lapses, and the plan's credits come. A
// larger plan brings the difference at once; a smaller one takes nothing away
// before the month is over. A clock that is behind opens no month again.
func (c *Credits) Due(p Plan, now time.Time) []Event {
	var events []Event
	month := max(monthOf(now), c.Month)
	granted := c.granted
	if month > c.Month {
		granted = 0
		if c.Monthly > 0 {
			events = append(events, CreditsLapsed{Month: c.Month, Amount: c.Monthly})
		}
	}
	if more := p.Credits - granted; more > 0 {
		events = append(events, CreditsGranted{Pool: MonthlyPool, Month: month, Amount: more})
	}
	return events
}

// Standing is where the account stands at a moment, with what is due by then.
func (c *Credits) Standing(p Plan, now time.Time) *Credits { return c.after(c.Due(p, now)) }

// Hold sets aside what a scan costs, monthly credits first. What is due comes
// with it. It answers Payment with Short where the account has too little, and
// Conflict where the scan has its charge already. What is free, and everything
// on a plan without limits, holds nothing.
func (c *Credits) Hold(scan uuid.UUID, profile Profile, p Plan, now time.Time) ([]Event, error) {
	cost := profile.Cost()
	if cost == 0 || p.Unlimited() {
		return nil, nil
	}
	if _, charged := c.held[scan]; charged {
		return nil, Errorf(Conflict, "scan %s has been charged", scan)
	}
	events, then := c.Due(p, now), c.Standing(p, now)
	if then.Balance() < cost {
		return nil, &Error{Code: Payment, Message: "Insufficient scan credits", Short: &Shortfall{
			Profile: profile, Required: cost, Available: then.Balance(), Monthly: then.Monthly, Purchased: then.Purchased,
		}}
	}
	split := Split{Monthly: min(then.Monthly, cost)}
	if split.Monthly > 0 {
		split.Month = then.Month
	}
	split.Purchased = cost - split.Monthly
	return append(events, CreditsHeld{Scan: scan, Profile: profile, Split: split}), nil
}

// Close decides what becomes of what is held for a scan as the scan ends. A
// scan that completed is paid for, with whatever of it could not be tested: it
// has a report that says so. One that was cancelled is paid for when it had
// started, for its probes were run. A failed one is given back, whoever's
// fault it was: it leaves nothing that could be paid for. Monthly credits that
// come back after their month lapse at once. A scan for which nothing is held
// has no events.
func (c *Credits) Close(scan uuid.UUID, was State, end Event, p Plan, now time.Time) []Event {
	split, charged := c.held[scan]
	if !charged {
		return nil
	}
	_, failed := end.(ScanFailed)
	_, cancelled := end.(ScanCancelled)
	if !failed && !(cancelled && was == Requested) {
		return []Event{CreditsSettled{Scan: scan, Amount: split.Total()}}
	}
	events := c.Due(p, now)
	month := c.after(events).Month
	events = append(events, CreditsReleased{Scan: scan, Split: split})
	if over := max(monthOf(now), month); split.Monthly > 0 && split.Month != over {
		events = append(events, CreditsLapsed{Month: split.Month, Amount: split.Monthly})
	}
	return events
}

// after is the state once events have happened.
func (c *Credits) after(events []Event) *Credits {
	then := c.clone()
	for _, e := range events {
		then.Apply(Envelope{Event: e})
	}
	return then
}

func (c *Credits) clone() *Credits {
	then := *c
	then.held = maps.Clone(c.held)
	return &then
}
