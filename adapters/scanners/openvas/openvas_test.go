package openvas

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// jobOf is the scan of a target with the profile's own options.
func jobOf(t *testing.T, target domain.Target, p domain.Profile) (scanners.Job, *scantest.Told) {
	t.Helper()
	job, told := scantest.Job(t, "http://127.0.0.1/", p)
	job.Target, job.Scan, job.Options = target, uuid.New(), domain.DefaultOptions(p)
	return job, told
}

const finding = "openvas/1.3.6.1.4.1.25623.1.0.999002 28090/tcp"

func found(told *scantest.Told) (all []string) {
	for _, w := range told.Weaknesses {
		all = append(all, w.Advisory.ID+" "+w.Where)
	}
	return all
}

// TestScan looks at a host, over both ways to gvmd.
func TestScan(t *testing.T) {
	for _, network := range []string{"unix", "tls"} {
		f := newFake(t, network)
		job, told := jobOf(t, host, domain.OpenVASFullFast)
		var ports []domain.Port
		err := f.scanner().Scan(t.Context(), job, func(o domain.Observation) {
			told.See(o)
			if p, ok := o.(domain.Port); ok {
				ports = append(ports, p)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := found(told); !slices.Equal(got, []string{finding}) || told.Percent != 100 {
			t.Errorf("%s: %q, %d %%", network, got, told.Percent)
		}
		if len(ports) == 0 || ports[0] != (domain.Port{Port: 28090, Protocol: "tcp"}) {
			t.Errorf("%s: ports %v", network, ports)
		}
		for what, want := range map[string]domain.Outcome{
			"scan configuration Full and fast": domain.Tested, "port list All IANA assigned TCP": domain.Tested,
			"openvas/1.3.6.1.4.1.25623.1.0.999009": domain.TimedOut,
		} {
			if got := told.Coverage[what]; got.Outcome != want {
				t.Errorf("%s: %s is %+v", network, what, got)
			}
		}
		if f.left() != 0 {
			t.Errorf("%s: %d things are left in Greenbone", network, f.left())
		}
		if evidence := told.Kept[told.Weaknesses[0].Evidence]; !strings.Contains(evidence, "SESSIONID=abc123") || strings.Contains(told.Weaknesses[0].Detail, "abc123") {
			t.Errorf("%s: %q, %q", network, evidence, told.Weaknesses[0].Detail)
		}
	}
}

// TestAsked is what gvmd is handed: addresses alone, in every case.
func TestAsked(t *testing.T) {
	for _, c := range []struct {
		target   domain.Target
		profile  domain.Profile
		list     domain.PortList
		asked    []string
		coverage string
	}{
		{host, domain.OpenVASDeep, domain.AllTCP, []string{"<hosts>127.0.0.1</hosts>", "<port_range>T:1-65535</port_range>", "Consider Alive", `<config id="9c678569">`}, "scan configuration Full and very deep"},
		{host, domain.OpenVASDiscovery, domain.AllIANATCP, []string{`<port_list id="33d0cd82-57c6-11e1-8ed1-406186ea4fc5">`, `<config id="8715c877-47a0-438d-98a3-27c7a6ab2196">`}, "port list All IANA assigned TCP"},
		{domain.Target{Kind: domain.RangeTarget, Value: "127.0.0.0/30", Host: "127.0.0.0/30", Domain: "127.0.0.0/30"}, domain.OpenVASFullFast, domain.AllTCP,
			[]string{"<hosts>127.0.0.0/30</hosts>", "Scan Config Default"}, "127.0.0.1"},
		{domain.Target{Kind: domain.HostTarget, Value: "localhost", Host: "127.0.0.1", Domain: "site.example"}, domain.OpenVASFullFast, domain.AllTCP,
			[]string{"<hosts>127.0.0.1</hosts>"}, "what answers to the name site.example alone"},
	} {
		f := newFake(t, "unix")
		said := ""
		f.before = func(_ net.Conn, command, request string) bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			if strings.HasPrefix(command, "create_") {
				said += request
			}
			return false
		}
		job, told := jobOf(t, c.target, c.profile)
		job.Options = domain.Options{OpenVAS: &domain.OpenVASOptions{PortList: c.list}}
		if err := f.scanner().Scan(t.Context(), job, told.See); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.asked {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %s in %s", c.profile, want, said)
			}
		}
		if told.Coverage[c.coverage].What == "" {
			t.Errorf("%s: no word of %q in %v", c.profile, c.coverage, told.Coverage)
		}
	}
}

// TestNoFeed is told before anything is made.
func TestNoFeed(t *testing.T) {
	f := newFake(t, "unix")
	f.feed = false
	job, told := jobOf(t, host, domain.OpenVASFullFast)
	var not *scanners.NotTested
	if err := f.scanner().Scan(t.Context(), job, told.See); !errors.As(err, &not) || !strings.Contains(not.Reason, "Full and fast") || f.times("create_target") != 0 {
		t.Errorf("%v", err)
	}
}

// TestLogin says which settings are wrong, and what they are nowhere.
func TestLogin(t *testing.T) {
	f := newFake(t, "unix")
	s := New(Options{Address: f.address, User: user, Password: "wrong secret", Pace: 1})
	job, told := jobOf(t, host, domain.OpenVASFullFast)
	err := s.Scan(t.Context(), job, told.See)
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != domain.Failed || !strings.Contains(not.Reason, "SCANLEDGER_GMP_PASSWORD") || strings.Contains(not.Reason, "secret") {
		t.Errorf("%v", err)
	}
	if _, err := s.Ping(t.Context()); !errors.Is(err, errLogin) {
		t.Errorf("ping: %v", err)
	}
	if version, err := f.scanner().Ping(t.Context()); version != "GMP 22.7" || err != nil {
		t.Errorf("ping: %q, %v", version, err)
	}
	if _, err := New(Options{Address: f.address}).Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "SCANLEDGER_GMP_USER") {
		t.Errorf("ping: %v", err)
	}
}

// TestCancel stops the task, and removes what was made.
func TestCancel(t *testing.T) {
	for _, stops := range []bool{true, false} {
		f := newFake(t, "unix")
		f.states, f.stops = []string{"Running"}, stops
		ctx, cancel := context.WithCancel(t.Context())
		f.before = func(_ net.Conn, command, _ string) bool {
			if command == "get_results" {
				cancel()
			}
			return false
		}
		job, told := jobOf(t, host, domain.OpenVASFullFast)
		if err := f.scanner().Scan(ctx, job, told.See); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if f.times("stop_task") != 1 {
			t.Errorf("stopped %d times", f.times("stop_task"))
		}
		if stops && f.left() != 0 {
			t.Errorf("%d things are left", f.left())
		}
		if stops {
			continue
		}
		// What has not stopped in time is removed by the next scan that finds it stopped.
		f.mu.Lock()
		f.before, f.states, f.progress = nil, []string{"Done"}, []string{"-1"}
		for _, task := range f.tasks {
			task.status = "Stopped"
		}
		f.mu.Unlock()
		job, told = jobOf(t, host, domain.OpenVASFullFast)
		if err := f.scanner().Scan(t.Context(), job, told.See); err != nil || f.left() != 0 {
			t.Errorf("%v, %d things are left", err, f.left())
		}
	}
}

// TestEndedByOthers keeps what was found, and says who ended it.
func TestEndedByOthers(t *testing.T) {
	for _, status := range []string{"Stopped", "Interrupted"} {
		f := newFake(t, "unix")
		f.states, f.progress = []string{"Running", status}, []string{"5", "-1"}
		job, told := jobOf(t, host, domain.OpenVASFullFast)
		err := f.scanner().Scan(t.Context(), job, told.See)
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != domain.Failed || !strings.HasPrefix(not.Reason, "partial: ") || !slices.Equal(found(told), []string{finding}) || f.left() != 0 {
			t.Errorf("%s: %v, %q, %d left", status, err, found(told), f.left())
		}
	}
}

// TestSilence reconnects where gvmd hangs up, and makes nothing twice.
func TestSilence(t *testing.T) {
	for _, command := range []string{
		"authenticate", "get_tasks", "get_configs", "create_target", "create_task", "start_task", "get_results", "get_reports", "delete_task", "delete_target",
	} {
		for _, late := range []bool{false, true} {
			f := newFake(t, "unix")
			f.before = func(_ net.Conn, now, request string) bool {
				if now != command || f.times(now) != 1 {
					return false
				}
				if late && strings.HasPrefix(now, "create_") { // it was done all the same
					f.answer(now, nil, request)
				}
				return true
			}
			job, told := jobOf(t, host, domain.OpenVASFullFast)
			err := f.scanner().Scan(t.Context(), job, told.See)
			if err != nil || !slices.Equal(found(told), []string{finding}) || f.left() != 0 {
				t.Errorf("%s, done %v: %v, %q, %d left", command, late, err, found(told), f.left())
			}
		}
	}
}

// TestOthersResults are none of ours, though gvmd should tell them.
func TestOthersResults(t *testing.T) {
	f := newFake(t, "unix")
	f.session["get_results"] = strings.ReplaceAll(f.session["get_results"], "b2fe878c-2e2f-4ad6-bd84-ae057e0a2f4c", "another")
	job, told := jobOf(t, host, domain.OpenVASFullFast)
	if err := f.scanner().Scan(t.Context(), job, told.See); err != nil || len(told.Weaknesses) != 0 {
		t.Errorf("%v, %q", err, found(told))
	}
}

// TestEarlierAttempt is stopped by the next one at the same scan.
func TestEarlierAttempt(t *testing.T) {
	f := newFake(t, "unix")
	job, told := jobOf(t, host, domain.OpenVASFullFast)
	f.tasks["old"] = &fakeTask{name: ours + job.Scan.String() + " 01234567", status: "Running", target: "target-old"}
	f.tasks["other"] = &fakeTask{name: ours + uuid.NewString() + " 01234567", status: "Running"}
	if err := f.scanner().Scan(t.Context(), job, told.See); err != nil {
		t.Fatal(err)
	}
	if f.tasks["old"].status != "Stopped" || f.tasks["old"].comment != removable || f.tasks["other"].status != "Running" {
		t.Errorf("%+v, %+v", f.tasks["old"], f.tasks["other"])
	}
}

// TestClear stops and removes what a dead worker has left of scans that are over, and touches
// nothing else.
func TestClear(t *testing.T) {
	f := newFake(t, "unix")
	dead, alive := uuid.New(), uuid.New()
	f.tasks["dead"] = &fakeTask{name: ours + dead.String() + " 01234567", status: "Running", target: "target-dead"}
	f.tasks["alive"] = &fakeTask{name: ours + alive.String() + " 01234567", status: "Running", target: "target-alive"}
	f.tasks["foreign"] = &fakeTask{name: "scanledger of somebody else", status: "Stopped", target: "target-foreign"}
	f.targets = map[string]string{
		f.tasks["dead"].name: "target-dead", f.tasks["alive"].name: "target-alive",
		ours + dead.String() + " 89abcdef": "bare", ours + alive.String() + " 89abcdef": "about to be used", "scanledger of somebody else": "target-foreign",
	}
	over := func(_ context.Context, scan uuid.UUID) (bool, error) { return scan == dead, nil }
	if err := f.scanner().Clear(t.Context(), over); err != nil {
		t.Fatal(err)
	}
	if f.tasks["dead"].status != "Stopped" || f.tasks["alive"].status != "Running" || f.left() != 7 {
		t.Errorf("%+v, %+v, %d left", f.tasks["dead"], f.tasks["alive"], f.left())
	}
	if err := f.scanner().Clear(t.Context(), over); err != nil || f.tasks["dead"] != nil || f.left() != 5 {
		t.Errorf("after it has stopped: %v, %+v, %d left", err, f.tasks, f.left())
	}
	if err := New(Options{}).Clear(t.Context(), over); err != nil {
		t.Errorf("where there is none: %v", err)
	}
}
