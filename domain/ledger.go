package domain

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// Ledger explains an account's balance: every change to it, oldest first. It
// is a fold of the account's stream; the amounts of its entries sum to its
// balance.
type Ledger struct {
	Entries []LedgerEntry
	Charges map[uuid.UUID]Charge // by scan
	Credits Credits              // where the account stands at the end
	Faults  []string             // what no ledger may have, in the order in which it happened; none in a sound one
}

// LedgerEntry is one change to the balance.
type LedgerEntry struct {
	Amount int    // positive where it may be spent; 0 for what was held and is used up now
	Kind   string // "granted", "lapsed", "held", "settled", "released"
	At     time.Time
	Cause  string // the scan of a charge, the month of monthly credits, else the request that granted them
	Reason Sealed // why an operator granted them, sealed; empty where none was given
}

// Charge is what became of what a scan costs.
type Charge struct {
	Profile Profile
	Held    int // what the scan costs
	Settled int // how much of it has been used up
	Back    int // how much of it has been given back
}

// Open says whether it is held still.
func (c Charge) Open() bool { return c.Settled == 0 && c.Back == 0 }

// Balance is the sum of all entries.
func (l *Ledger) Balance() int {
	sum := 0
	for _, e := range l.Entries {
		sum += e.Amount
	}
	return sum
}

// Apply folds one event into the ledger; those that are not about credits
// change nothing.
func (l *Ledger) Apply(e Envelope) {
	switch event := e.Event.(type) {
	case CreditsGranted:
		cause := string(event.Month)
		if event.Pool == PurchasedPool {
			cause = e.Cause
		}
		l.enter(e, "granted", event.Amount, cause)
		l.Entries[len(l.Entries)-1].Reason = event.Reason
	case CreditsLapsed:
		l.enter(e, "lapsed", -event.Amount, string(event.Month))
	case CreditsHeld:
		l.enter(e, "held", -event.Total(), event.Scan.String())
		l.charge(event)
	case CreditsSettled:
		l.enter(e, "settled", 0, event.Scan.String())
		l.close(event.Scan, event.Amount, 0)
	case CreditsReleased:
		l.enter(e, "released", event.Total(), event.Scan.String())
		l.close(event.Scan, 0, event.Total())
	default:
		return
	}
	l.Credits.Apply(e)
	if l.Credits.Monthly < 0 || l.Credits.Purchased < 0 {
		l.fault("version %d leaves %d monthly and %d purchased credits", e.Version, l.Credits.Monthly, l.Credits.Purchased)
	}
}

func (l *Ledger) enter(e Envelope, kind string, amount int, cause string) {
	l.Entries = append(l.Entries, LedgerEntry{Amount: amount, Kind: kind, At: e.At, Cause: cause})
}

func (l *Ledger) charge(e CreditsHeld) {
	if l.Charges == nil {
		l.Charges = map[uuid.UUID]Charge{}
	}
	if _, twice := l.Charges[e.Scan]; twice {
		l.fault("scan %s is charged more than once", e.Scan)
	}
	l.Charges[e.Scan] = Charge{Profile: e.Profile, Held: e.Total()}
}

// close notes the one end that a charge has: all of it used up, or all of it
// given back.
func (l *Ledger) close(scan uuid.UUID, settled, back int) {
	c, known := l.Charges[scan]
	switch {
	case !known:
		l.fault("scan %s has a charge closed that it never had", scan)
		return
	case !c.Open():
		l.fault("the charge of scan %s is closed more than once", scan)
	case settled+back != c.Held:
		l.fault("scan %s is held %d credits for, and %d are closed", scan, c.Held, settled+back)
	}
	c.Settled, c.Back = c.Settled+settled, c.Back+back
	l.Charges[scan] = c
}

func (l *Ledger) fault(format string, args ...any) {
	l.Faults = append(l.Faults, fmt.Sprintf(format, args...))
}
