package domain

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
)

// may, june and july are moments of three months that follow each other; may's
// is June already where clocks are not in UTC.
var (
	may  = time.Date(2026, 6, 1, 1, 59, 59, 0, time.FixedZone("", 2*3600))
	june = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	july = time.Date(2026, 7, 31, 12, 0, 0, 0, time.UTC)
)

// creditsOf are the credits of an account with a history.
func creditsOf(events ...Event) *Credits {
	c := new(Credits)
	for _, e := range events {
		c.Apply(Envelope{Event: e})
	}
	return c
}

func planNamed(t *testing.T, name string) Plan {
	t.Helper()
	p, ok := PlanOf(SecAbly, name)
	if !ok {
		t.Fatalf("there is no plan %q", name)
	}
	return p
}

func monthly(m Month, n int) Event { return CreditsGranted{Pool: MonthlyPool, Month: m, Amount: n} }
func purchased(n int) Event        { return CreditsGranted{Pool: PurchasedPool, Amount: n} }

func TestCreditsDue(t *testing.T) {
	spent := CreditsHeld{Scan: uuid.UUID{1}, Profile: ZAPFull, Split: Split{"2026-05", 50, 0}}
	for name, c := range map[string]struct {
		given []Event
		plan  string
		at    time.Time
		want  []Event
	}{
		"a free plan brings nothing":        {nil, "free", may, nil},
		"no limits need no credits":         {nil, "internal", may, nil},
		"the first month":                   {nil, "startup", may, []Event{monthly("2026-05", 50)}},
		"once a month":                      {[]Event{monthly("2026-05", 50)}, "startup", may, nil},
		"once, though all are spent":        {[]Event{monthly("2026-05", 50), spent}, "startup", may, nil},
		"the next month":                    {[]Event{monthly("2026-05", 50)}, "startup", june, []Event{CreditsLapsed{"2026-05", 50}, monthly("2026-06", 50)}},
		"nothing is left to lapse":          {[]Event{monthly("2026-05", 50), spent}, "startup", june, []Event{monthly("2026-06", 50)}},
		"a month that was left out":         {[]Event{monthly("2026-05", 50)}, "startup", july, []Event{CreditsLapsed{"2026-05", 50}, monthly("2026-07", 50)}},
		"a larger plan brings what is more": {[]Event{monthly("2026-05", 50)}, "business", may, []Event{monthly("2026-05", 150)}},
		"a smaller one takes nothing":       {[]Event{monthly("2026-05", 50)}, "indie", may, nil},
		"to and fro brings nothing":         {[]Event{monthly("2026-05", 50), monthly("2026-05", 150)}, "business", may, nil},
		"free after the month":              {[]Event{monthly("2026-05", 50)}, "free", june, []Event{CreditsLapsed{"2026-05", 50}}},
		"lapsed once":                       {[]Event{monthly("2026-05", 50), CreditsLapsed{"2026-05", 50}}, "free", july, nil},
		"granted ones stay":                 {[]Event{purchased(7)}, "free", july, nil},
		"a clock that is behind":            {[]Event{monthly("2026-06", 50)}, "startup", may, nil},
	} {
		if got := creditsOf(c.given...).Due(planNamed(t, c.plan), c.at); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", name, got, c.want)
		}
	}
}

func TestCreditsHold(t *testing.T) {
	scan := uuid.UUID{1}
	held := func(p Profile, m Month, monthly, purchased int) Event {
		return CreditsHeld{Scan: scan, Profile: p, Split: Split{Month: m, Monthly: monthly, Purchased: purchased}}
	}
	short := func(p Profile, required, monthly, purchased int) *Shortfall {
		return &Shortfall{Profile: p, Required: required, Available: monthly + purchased, Monthly: monthly, Purchased: purchased}
	}
	for name, c := range map[string]struct {
		given   []Event
		plan    string
		profile Profile
		want    []Event
		short   *Shortfall
	}{
		"free of charge":             {nil, "free", NmapQuick, nil, nil},
		"built in":                   {nil, "free", Deep, nil, nil},
		"no limits":                  {nil, "internal", OpenVASDeep, nil, nil},
		"the month's with it":        {nil, "startup", ZAPFull, []Event{monthly("2026-05", 50), held(ZAPFull, "2026-05", 10, 0)}, nil},
		"monthly first":              {[]Event{monthly("2026-05", 4), purchased(9)}, "free", ZAPFull, []Event{held(ZAPFull, "2026-05", 4, 6)}, nil},
		"monthly alone":              {[]Event{monthly("2026-05", 10), purchased(9)}, "free", ZAPFull, []Event{held(ZAPFull, "2026-05", 10, 0)}, nil},
		"purchased alone":            {[]Event{purchased(10)}, "free", ZAPFull, []Event{held(ZAPFull, "", 0, 10)}, nil},
		"one too few":                {[]Event{monthly("2026-05", 4), purchased(5)}, "free", ZAPFull, nil, short(ZAPFull, 10, 4, 5)},
		"none":                       {nil, "free", NmapFull, nil, short(NmapFull, 1, 0, 0)},
		"what lapses is not counted": {[]Event{monthly("2026-04", 90), purchased(3)}, "free", OpenVASDiscovery, nil, short(OpenVASDiscovery, 10, 0, 3)},
		"what comes is counted":      {[]Event{monthly("2026-04", 9)}, "indie", OpenVASDeep, nil, short(OpenVASDeep, 20, 10, 0)},
	} {
		got, err := creditsOf(c.given...).Hold(scan, c.profile, planNamed(t, c.plan), may)
		var e *Error
		if errors.As(err, &e); (c.short == nil) != (err == nil) || e != nil && (e.Code != Payment || !reflect.DeepEqual(e.Short, c.short)) {
			t.Errorf("%s: %v, %+v", name, err, e)
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", name, got, c.want)
		}
	}
	c := creditsOf(purchased(100), held(ZAPFull, "", 0, 10))
	if _, err := c.Hold(scan, ZAPFull, planNamed(t, "free"), may); CodeOf(err) != Conflict {
		t.Errorf("charged twice: %v", err)
	}
	if c.Balance() != 90 {
		t.Errorf("a decision has changed the state: %d", c.Balance())
	}
}

// TestCreditsClose has what becomes of a charge for every end that a scan can
// have.
func TestCreditsClose(t *testing.T) {
	scan := uuid.UUID{1}
	split := Split{Month: "2026-05", Monthly: 4, Purchased: 6}
	given := []Event{monthly("2026-05", 50), purchased(6), CreditsHeld{Scan: scan, Profile: ZAPFull, Split: split}}
	paid, back := CreditsSettled{Scan: scan, Amount: 10}, CreditsReleased{Scan: scan, Split: split}
	over := []Event{CreditsLapsed{"2026-05", 46}}
	for name, c := range map[string]struct {
		scan uuid.UUID
		was  State
		end  Event
		plan string
		at   time.Time
		want []Event
	}{
		"completed":                        {scan, Started, ScanCompleted{}, "startup", may, []Event{paid}},
		"failed":                           {scan, Started, ScanFailed{}, "startup", may, []Event{back}},
		"cancelled before it started":      {scan, Requested, ScanCancelled{}, "startup", may, []Event{back}},
		"cancelled after it started":       {scan, Started, ScanCancelled{}, "startup", may, []Event{paid}},
		"nothing is held":                  {uuid.UUID{2}, Started, ScanCompleted{}, "startup", may, nil},
		"completed in the next month":      {scan, Started, ScanCompleted{}, "startup", june, []Event{paid}},
		"given back in the next month":     {scan, Started, ScanFailed{}, "startup", june, append(over, monthly("2026-06", 50), back, CreditsLapsed{"2026-05", 4})},
		"given back when the plan is free": {scan, Started, ScanFailed{}, "free", june, append(over[:1:1], back, CreditsLapsed{"2026-05", 4})},
		"paid for though the plan changed": {scan, Started, ScanCompleted{}, "internal", may, []Event{paid}},
	} {
		credits := creditsOf(given...)
		got := credits.Close(c.scan, c.was, c.end, planNamed(t, c.plan), c.at)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", name, got, c.want)
		}
		if then := credits.after(got); len(got) > 0 && then.Close(c.scan, c.was, c.end, planNamed(t, c.plan), c.at) != nil {
			t.Errorf("%s: closed twice", name)
		}
	}
	bought := creditsOf(purchased(10), CreditsHeld{Scan: scan, Profile: ZAPFull, Split: Split{Purchased: 10}})
	if got := bought.Close(scan, Started, ScanFailed{}, planNamed(t, "free"), july); len(got) != 1 || bought.after(got).Balance() != 10 {
		t.Errorf("purchased credits come back as %+v", got)
	}
}
