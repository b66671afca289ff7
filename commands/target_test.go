package commands_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// target1 is the stream of the first target, where nothing else draws ids before.
var target1 = domain.NewStream(domain.TargetFamily, id(1))

// on is a target on a list, by names that were never sealed.
func on(value string) domain.Details {
	t, err := domain.ParseTarget(value)
	if err != nil {
		panic(err)
	}
	return domain.Details{Target: t, Name: "clear:shop", Frequency: domain.Manual, Active: true}
}

// listed is ann's first target, as it was added before.
func listed(value string) step {
	return happened(target1, domain.TargetAdded{Account: ann, Details: on(value)})
}

func add(by commands.Caller, value string) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.AddTarget(s.t.Context(), commands.AddTarget{By: by, Target: on(value).Target})
		return err
	}
}

func remove(by commands.Caller, target uuid.UUID) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.RemoveTarget(s.t.Context(), commands.RemoveTarget{By: by, ID: target})
	}
}

func change(by commands.Caller, to commands.ChangeTarget) func(*scenario) error {
	to.By, to.ID = by, id(1)
	return func(s *scenario) error { return s.desk.ChangeTarget(s.t.Context(), to) }
}

func TestAddTarget(t *testing.T) {
	s := given(t)
	var answer domain.Envelope
	s.when(func(s *scenario) error {
		added, err := s.desk.AddTarget(t.Context(), commands.AddTarget{
			By: byAnn, Target: on("192.168.1.100").Target, Name: " Production Server ", Description: "Main\nserver", Frequency: domain.Weekly,
		})
		answer = added[0]
		return err
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	added := answer.Event.(domain.TargetAdded)
	if name, about := s.open(ann, added.Name), s.open(ann, added.Description); name != "Production Server" || about != "Main\nserver" {
		t.Errorf("it is called %q, %q", name, about)
	}
	want := domain.Details{Target: on("192.168.1.100").Target, Name: added.Name, Description: added.Description, Frequency: domain.Weekly, Active: true}
	if answer.Stream != target1 || answer.Version != 1 || answer.Position != 3 || answer.Owner != ann || added != (domain.TargetAdded{Account: ann, Details: want}) {
		t.Errorf("answer %+v", answer)
	}
	if strings.Contains(fmt.Sprint(added), "Production") {
		t.Errorf("its name is not sealed: %+v", added)
	}
	long := strings.Repeat("a.", 122) + "example"
	if s.when(add(byAnn, long)); s.err != nil {
		t.Errorf("a name as long as a host's: %v", s.err)
	}
	s.when(func(s *scenario) error {
		added, err := s.desk.AddTarget(t.Context(), commands.AddTarget{By: byAnn, Target: on("https://a.example/").Target})
		answer = added[0]
		return err
	})
	if added := answer.Event.(domain.TargetAdded); s.open(ann, added.Name) != "a.example" || added.Description != "" || added.Frequency != domain.Manual {
		t.Errorf("by default %+v", added)
	}
}

func TestAddTargetRefuses(t *testing.T) {
	full := []step{onPlan(ann, domain.SecAbly, "free")}
	for n := range 5 {
		full = append(full, did(add(byAnn, fmt.Sprintf("%d.example", n))))
	}
	full = slices.Clip(full) // what follows it is each case's own
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		code  domain.Code
	}{
		"the same once more":     {[]step{did(add(byAnn, "a.example"))}, add(byAnn, "A.example."), domain.Conflict},
		"another's is another":   {[]step{did(add(byBob, "a.example"))}, add(byAnn, "a.example"), ""},
		"a sixth":                {full, add(byAnn, "a.example"), domain.Denied},
		"a sixth, of bob's":      {full, add(byBob, "a.example"), ""},
		"in the place of one":    {append(full, did(remove(byAnn, id(1)))), add(byAnn, "a.example"), ""},
		"two in the place":       {append(full, did(remove(byAnn, id(1))), did(add(byAnn, "b.example"))), add(byAnn, "a.example"), domain.Denied},
		"on a larger plan":       {append(full, onPlan(ann, domain.SecAbly, "indie")), add(byAnn, "a.example"), ""},
		"on a plan without one":  {append(full, onPlan(ann, domain.SecAbly, "enterprise")), add(byAnn, "a.example"), ""},
		"on a smaller one again": {append(full, onPlan(ann, domain.SecAbly, "indie"), did(add(byAnn, "b.example")), onPlan(ann, domain.SecAbly, "free")), add(byAnn, "a.example"), domain.Denied},
		"removed and again":      {[]step{did(add(byAnn, "a.example")), did(remove(byAnn, id(1)))}, add(byAnn, "a.example"), ""},
		"nobody's":               {nil, add(commands.Caller{Account: id(9)}, "a.example"), domain.NotFound},
		"a long name": {nil, func(s *scenario) error {
			_, err := s.desk.AddTarget(t.Context(), commands.AddTarget{By: byAnn, Target: on("a.example").Target, Name: strings.Repeat("ü", 256)})
			return err
		}, domain.Invalid},
		"a bell in its description": {nil, func(s *scenario) error {
			_, err := s.desk.AddTarget(t.Context(), commands.AddTarget{By: byAnn, Target: on("a.example").Target, Description: "\a"})
			return err
		}, domain.Invalid},
		"every hour": {nil, func(s *scenario) error {
			_, err := s.desk.AddTarget(t.Context(), commands.AddTarget{By: byAnn, Target: on("a.example").Target, Frequency: "hourly"})
			return err
		}, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...).when(c.when)
			if c.code != "" {
				s.refused(c.code)
			} else if s.err != nil || len(s.log.Stored(s.mark)) != 1 {
				t.Errorf("%v", s.err)
			}
		})
	}
	s := given(t, did(add(byAnn, "a.example"))).when(add(byAnn, "a.example"))
	var taken *domain.Error
	if !errors.As(s.err, &taken) || taken.Existing != target1 || taken.Number != 3 || !strings.Contains(taken.Message, "a.example is among your targets already: its id is 3") {
		t.Errorf("%+v", taken)
	}
	if err := given(t, full...).when(add(byAnn, "a.example")).err; !strings.Contains(err.Error(), "free has room for 5 targets. Remove one, or move to a larger plan") {
		t.Errorf("%v", err)
	}
}

// TestAddTargetAtOnce adds forty at the same moment, where there is room for five.
func TestAddTargetAtOnce(t *testing.T) {
	s := given(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[domain.Code]int{}
	for n := range 40 {
		wg.Go(func() {
			err := add(byAnn, fmt.Sprintf("%d.example", n))(s)
			mu.Lock()
			defer mu.Unlock()
			codes[domain.CodeOf(err)]++
		})
	}
	wg.Wait()
	if codes[""] != 5 || codes[domain.Denied] != 35 {
		t.Errorf("%v", codes)
	}
}

func TestChangeTarget(t *testing.T) {
	shop := on("https://shop.example/")
	changed := func(to func(*domain.Details)) domain.Event {
		d := shop
		to(&d)
		return domain.TargetChanged{Details: d}
	}
	to := on("192.0.2.1").Target
	rest, weekly, hourly, same, none, bell := false, domain.Weekly, domain.Frequency("hourly"), "shop", "", "\a"
	known := listed("https://shop.example/")
	for name, c := range map[string]struct {
		change commands.ChangeTarget
		want   []domain.Event
		code   domain.Code
	}{
		"nothing":                {commands.ChangeTarget{}, nil, ""},
		"what it is":             {commands.ChangeTarget{Name: &same, Description: &none, Target: &shop.Target}, nil, ""},
		"put to rest":            {commands.ChangeTarget{Active: &rest}, []domain.Event{changed(func(d *domain.Details) { d.Active = false })}, ""},
		"another target, weekly": {commands.ChangeTarget{Target: &to, Frequency: &weekly}, []domain.Event{changed(func(d *domain.Details) { d.Target, d.Frequency = to, weekly }), sundays}, ""},
		"hourly":                 {commands.ChangeTarget{Frequency: &hourly}, nil, domain.Invalid},
		"a bell":                 {commands.ChangeTarget{Name: &bell}, nil, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, known).when(change(byAnn, c.change))
			if c.code != "" {
				s.refused(c.code)
			} else {
				s.then(c.want...)
			}
		})
	}
	gone := []domain.Event{domain.TargetRemoved{}, domain.TargetErased{}}
	unknown(t, target1, known, gone, "Target not found", func(by commands.Caller) map[string]func(*scenario) error {
		return map[string]func(*scenario) error{
			"change": change(by, commands.ChangeTarget{Active: &rest}), "remove": remove(by, id(1)),
			"verify": func(s *scenario) error {
				_, err := s.desk.VerifyTarget(t.Context(), commands.VerifyTarget{By: by, ID: id(1)})
				return err
			},
		}
	})
}

// TestChangeTargetClaims moves targets about: each value is one target's, and
// what is let go of is free.
func TestChangeTargetClaims(t *testing.T) {
	a, b := on("a.example").Target, on("b.example").Target
	s := given(t, did(add(byAnn, "a.example")), did(add(byAnn, "c.example")))
	s.when(add(byAnn, "a.example")).refused(domain.Conflict)
	did(change(byAnn, commands.ChangeTarget{Target: &b}))(s)
	s.when(add(byAnn, "b.example")).refused(domain.Conflict)
	did(add(byAnn, "a.example"))(s)
	s.when(change(byAnn, commands.ChangeTarget{Target: &a})).refused(domain.Conflict)
	did(remove(byAnn, id(1)))(s)
	did(add(byAnn, "b.example"))(s)
	name := "an other"
	did(func(s *scenario) error {
		return s.desk.ChangeTarget(t.Context(), commands.ChangeTarget{By: byAnn, ID: id(3), Name: &name})
	})(s)
	s.when(add(byAnn, "c.example")).refused(domain.Conflict)
}

func TestRemoveTarget(t *testing.T) {
	given(t, listed("a.example")).when(remove(byAnn, id(1))).then(domain.TargetRemoved{})
	given(t, did(add(byAnn, "a.example")), did(remove(byAnn, id(1)))).when(remove(byAnn, id(1))).refused(domain.NotFound)
}

func eraseTarget(target uuid.UUID) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.EraseTarget(s.t.Context(), commands.EraseTarget{By: commands.Caller{Operator: true}, ID: target, Reason: domain.ForAccount})
	}
}

func TestEraseTarget(t *testing.T) {
	gone := domain.TargetErased{Reason: domain.ForAccount}
	s := given(t, did(add(byAnn, "a.example")))
	s.when(eraseTarget(id(1))).then(gone)
	if holder, err := s.log.Claimed(t.Context(), domain.TargetClaim(ann, on("a.example").Target)); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("its value is held by %q, %v", holder, err)
	}
	history, err := s.log.Read(t.Context(), target1, 0)
	if _, erased := history[0].Event.(domain.Erased); err != nil || !erased {
		t.Errorf("it says %+v, %v", history[0].Event, err)
	}
	s.when(eraseTarget(id(1))).then()
	given(t, listed("a.example"), happened(target1, domain.TargetRemoved{})).when(eraseTarget(id(1))).then(gone)
	given(t).when(eraseTarget(id(1))).refused(domain.NotFound)
	full := given(t)
	for n := range 5 {
		did(add(byAnn, fmt.Sprintf("%d.example", n)))(full)
	}
	did(eraseTarget(id(1)))(full)
	did(add(byAnn, "6.example"))(full)
	full.when(add(byAnn, "7.example")).refused(domain.Denied)
}
