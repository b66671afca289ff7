package domain

import "slices"

// Plan is what an account may do through one contract. A limit of 0 means
// that there is none.
type Plan struct {
	Contract       Contract
	Name           string
	ScansPerMonth  int // scans that may be requested in a calendar month, UTC
	RequestsPerMin int // API requests in a minute
}

// The plans that every contract has.
const (
	FreePlan     = "free"     // what an account begins with
	InternalPlan = "internal" // no limits
)

// Plans is the table of all plans: IsSafeSite's as its document has them;
// Scanner's limits are by address and set by the operator.
var Plans = []Plan{
	{Contract: IsSafeSite, Name: FreePlan, ScansPerMonth: 3, RequestsPerMin: 10},
	{Contract: IsSafeSite, Name: "pro", ScansPerMonth: 100, RequestsPerMin: 60},
	{Contract: IsSafeSite, Name: "enterprise", RequestsPerMin: 300},
	{Contract: IsSafeSite, Name: InternalPlan},
	{Contract: ScannerAPI, Name: FreePlan},
	{Contract: ScannerAPI, Name: InternalPlan},
}

// PlanOf finds a contract's plan by its name.
func PlanOf(c Contract, name string) (Plan, bool) {
	i := slices.IndexFunc(Plans, func(p Plan) bool { return p.Contract == c && p.Name == name })
	if i < 0 {
		return Plan{}, false
	}
	return Plans[i], true
}
