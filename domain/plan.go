package domain

import (
	"slices"
	"time"
)

// Plan is what an account may do through one contract. A limit of 0 means
// that there is none. Months are calendar months in UTC.
type Plan struct {
	Contract         Contract
	Name             string
	ScansPerMonth    int           // scans that may be requested in a month
	ScansPerHour     int           // scans that may be requested in an hour
	RequestsPerMonth int           // API requests in a month
	RequestsPerMin   int           // API requests in a minute; 7AZZANI's by key
	RequestsPerSec   int           // API requests in a second, by key
	Targets          int           // targets that there may be at one time
	Credits          int           // scan credits that a month brings; no limit, and 0 brings none
	ScheduleEvery    time.Duration // the least that lies between two runs of a schedule
}

// The plans that every contract has.
const (
	FreePlan     = "free"     // what an account begins with
	InternalPlan = "internal" // no limits
)

// Plans is the table of all plans: as the documents have them, but for
// Scanner's, whose limits are by address and set by the operator.
var Plans = []Plan{
	{Contract: SevenAzzani, Name: FreePlan, RequestsPerMin: 100, RequestsPerSec: 10},
	{Contract: SevenAzzani, Name: InternalPlan},
	{Contract: SecAbly, Name: FreePlan, ScansPerHour: 10, RequestsPerMonth: 100, Targets: 5, ScheduleEvery: 24 * time.Hour},
	{Contract: SecAbly, Name: "indie", ScansPerHour: 10, RequestsPerMonth: 2_000, Targets: 20, Credits: 10, ScheduleEvery: 6 * time.Hour},
	{Contract: SecAbly, Name: "startup", ScansPerHour: 10, RequestsPerMonth: 10_000, Targets: 100, Credits: 50, ScheduleEvery: time.Hour},
	{Contract: SecAbly, Name: "business", ScansPerHour: 10, RequestsPerMonth: 50_000, Targets: 500, Credits: 200, ScheduleEvery: 15 * time.Minute},
	{Contract: SecAbly, Name: "enterprise", ScansPerHour: 10, Credits: 1_000, ScheduleEvery: 5 * time.Minute},
	{Contract: SecAbly, Name: InternalPlan},
	{Contract: IsSafeSite, Name: FreePlan, ScansPerMonth: 3, RequestsPerMin: 10},
	{Contract: IsSafeSite, Name: "pro", ScansPerMonth: 100, RequestsPerMin: 60},
	{Contract: IsSafeSite, Name: "enterprise", RequestsPerMin: 300},
	{Contract: IsSafeSite, Name: InternalPlan},
	{Contract: ScannerAPI, Name: FreePlan},
	{Contract: ScannerAPI, Name: InternalPlan},
}

// Unlimited says whether the plan knows no limits and takes no credits.
func (p Plan) Unlimited() bool { return p.Name == InternalPlan }

// PlanOf finds a contract's plan by its name.
func PlanOf(c Contract, name string) (Plan, bool) {
	i := slices.IndexFunc(Plans, func(p Plan) bool { return p.Contract == c && p.Name == name })
	if i < 0 {
		return Plan{}, false
	}
	return Plans[i], true
}
