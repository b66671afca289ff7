package scanners_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestWorkerWritesWhileTheScannerRuns(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		release := make(chan struct{})
		defer s.start(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
			see(port(80))
			<-release
			see(domain.Advance{Percent: 50})
			see(port(80))
			see(port(443))
			return nil
		}}))()
		s.await("first port", func() bool { return len(of[domain.PortFound](s)) > 0 })
		s.want(begun, found(1, 80))
		close(release)
		s.await("end", func() bool { return domain.Closes(s.last().Event) })
		s.want(begun, found(1, 80), domain.ProbeProgressed{Tool: domain.Ports, Lease: 1, Percent: 50}, found(1, 443),
			ended(1, 1, domain.Tested, ""), clean)
		if e := s.last(); e.Actor != "worker:w" || e.Cause != "cause" || e.Owner != s.scan.Account {
			t.Errorf("written by %q because of %q for %s", e.Actor, e.Cause, e.Owner)
		}
	})
}

// TestWorkerGivesUp has a scanner that breaks every time: after three tries the
// probe has failed, and what it saw stays.
func TestWorkerGivesUp(t *testing.T) {
	for name, breaks := range map[string]func() error{
		"an error": func() error { return errors.New("out of luck") },
		"a panic":  func() error { panic("out of range") },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, domain.Quick, alone, func(s *stage) {
				tries := 0
				s.finish(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
					tries++
					see(port(tries))
					<-time.After(time.Second) // it is in the log by then
					return breaks()
				}}))
				const reason = "the scanner broke 3 times and was given up"
				s.want(begun, found(1, 1), found(2, 2), found(3, 3), ended(4, 4, domain.Failed, reason),
					domain.ScanFailed{Reason: "nothing could be tested: " + reason})
				if tries != 3 {
					t.Errorf("%d tries", tries)
				}
			})
		})
	}
}

func TestWorkerTriesAgain(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		tries := 0
		s.finish(s.worker(fake{domain.Ports, func(context.Context, scanners.Job, func(domain.Observation)) error {
			if tries++; tries < 3 {
				return errors.New("not yet")
			}
			return nil
		}}))
		s.want(begun, ended(3, 3, domain.Tested, ""), clean)
	})
}

// TestWorkerTellsHowItEnded has ends that are no fault and are not tried again.
func TestWorkerTellsHowItEnded(t *testing.T) {
	for _, c := range []struct {
		err     error
		outcome domain.Outcome
		reason  string
	}{
		{nil, domain.Tested, ""},
		{scanners.Skip("no %s here", "server"), domain.Skipped, "no server here"},
		{&scanners.NotTested{Outcome: domain.Refused, Reason: "not let in"}, domain.Refused, "not let in"},
		{fmt.Errorf("page: %w", &scanners.NotTested{Outcome: domain.TimedOut, Reason: "slow"}), domain.TimedOut, "slow"},
		{fmt.Errorf("dial: %w", domain.Errorf(domain.Forbidden, "not allowed")), domain.Refused, "not allowed"},
		{domain.Errorf(domain.Unresolvable, "no address"), domain.Skipped, "no address"},
	} {
		t.Run(string(c.outcome)+" "+c.reason, func(t *testing.T) {
			play(t, domain.Quick, []domain.Tool{domain.Ports, domain.TLS}, func(s *stage) {
				s.finish(s.worker(fake{domain.TLS, tested}, fake{domain.Ports,
					func(context.Context, scanners.Job, func(domain.Observation)) error { return c.err }}))
				ends := of[domain.ProbeFinished](s)
				if want := ended(1, 1, c.outcome, c.reason); !slices.ContainsFunc(ends, func(e domain.ProbeFinished) bool { return reflect.DeepEqual(e, want) }) {
					t.Errorf("ended %+v, want %+v", ends, want)
				}
				if len(of[domain.ScanCompleted](s)) != 1 {
					t.Errorf("not completed: %+v", s.last())
				}
			})
		})
	}
}

func TestWorkerWithoutTheScanner(t *testing.T) {
	play(t, domain.Quick, []domain.Tool{domain.Ports, "zap"}, func(s *stage) {
		s.finish(s.worker(fake{domain.Ports, tested}))
		want := domain.ProbeFinished{
			Tool: "zap", Lease: 1, Attempt: 1, Outcome: domain.Skipped, Reason: "zap is not built into this worker", Coverage: []domain.Coverage{},
		}
		if got := of[domain.ProbeFinished](s); !reflect.DeepEqual(got[1], want) {
			t.Errorf("ended %+v", got)
		}
	})
}

// TestWorkerTimeLimit stops a scanner that would never end. Its lease holds
// all the while, and what it saw is kept.
func TestWorkerTimeLimit(t *testing.T) {
	for profile, limit := range map[domain.Profile]time.Duration{
		domain.Quick: 2 * time.Minute, domain.Standard: 5 * time.Minute, domain.Deep: 30 * time.Minute,
	} {
		t.Run(string(profile), func(t *testing.T) {
			play(t, profile, alone, func(s *stage) {
				line := domain.Coverage{What: "1-80/tcp", Outcome: domain.Tested}
				s.finish(s.worker(fake{domain.Ports, func(ctx context.Context, _ scanners.Job, see func(domain.Observation)) error {
					see(port(80))
					see(line)
					<-ctx.Done()
					see(port(81))
					return ctx.Err()
				}}))
				end := ended(1, 1, domain.TimedOut, "its time ran out; what it saw until then is in the report")
				end.Coverage = []domain.Coverage{line}
				s.want(begun, found(1, 80), found(1, 81), end, domain.ScanFailed{Reason: "nothing could be tested: " + end.Reason})
				if took := s.last().At.Sub(s.history()[0].At); took != limit {
					t.Errorf("it was stopped after %s, want %s", took, limit)
				}
			})
		})
	}
}

// TestWorkerCoverage keeps each line of coverage once, and says so where there
// are too many of them.
func TestWorkerCoverage(t *testing.T) {
	for _, c := range []struct{ lines, kept int }{{3, 3}, {5000, 5000}, {6000, 5000}} {
		t.Run(fmt.Sprint(c.lines), func(t *testing.T) {
			play(t, domain.Quick, alone, func(s *stage) {
				s.finish(s.worker(fake{domain.Ports, func(_ context.Context, _ scanners.Job, see func(domain.Observation)) error {
					for range 2 {
						for n := range c.lines {
							see(domain.Coverage{What: fmt.Sprintf("%d/tcp", n), Outcome: domain.Tested})
						}
					}
					return nil
				}}))
				got := of[domain.ProbeFinished](s)[0].Coverage
				if len(got) != c.kept || got[0].What != "0/tcp" {
					t.Errorf("%d lines, the first %+v", len(got), got[0])
				}
				if last := got[len(got)-1]; (last.Outcome == domain.Tested) != (c.lines <= c.kept) {
					t.Errorf("the last line is %+v", last)
				}
			})
		})
	}
}

// TestWorkerCompletes grades a scan of several probes at the same time.
func TestWorkerCompletes(t *testing.T) {
	play(t, domain.Quick, []domain.Tool{domain.Ports, domain.TLS, domain.SEO}, func(s *stage) {
		weak := domain.Weakness{Advisory: domain.Advisory{ID: "tls/a", Severity: domain.Medium}, Where: "443/tcp"}
		sees := func(o domain.Observation) work {
			return func(_ context.Context, job scanners.Job, see func(domain.Observation)) error {
				if job.Target != s.scan.Target || job.Profile != domain.Quick || job.Net == nil {
					t.Errorf("job %+v", job)
				}
				see(o)
				return nil
			}
		}
		s.finish(s.worker(fake{domain.Ports, sees(port(443))}, fake{domain.TLS, sees(weak)},
			fake{domain.SEO, sees(domain.SEOAudit{ID: "document-title", Outcome: domain.SEOPass})}))
		want := domain.Grade(domain.Measured{
			Findings: map[domain.Severity]int{domain.Medium: 1}, SEO: []domain.SEOAudit{{ID: "document-title", Outcome: domain.SEOPass}},
		})
		if got := s.last().Event; !reflect.DeepEqual(got, domain.ScanCompleted{Scores: want}) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if l := s.free(); l != nil {
			t.Errorf("left in the inbox: %+v", l)
		}
	})
}

// TestWorkerKeepsEvidence names what was kept, and nothing where it was not.
func TestWorkerKeepsEvidence(t *testing.T) {
	play(t, domain.Quick, alone, func(s *stage) {
		w := s.worker(fake{domain.Ports, func(_ context.Context, job scanners.Job, see func(domain.Observation)) error {
			for n, raw := range []string{"good", "bad"} {
				see(domain.Service{Port: n + 1, Protocol: "tcp", Evidence: job.Keep("banner", []byte(raw))})
			}
			return nil
		}})
		w.Keep = func(_ context.Context, scan uuid.UUID, kind string, raw []byte) (domain.Hash, error) {
			if string(raw) == "bad" {
				return "half a hash", errors.New("the disk is full")
			}
			return domain.Hash(kind + " of " + scan.String()), nil
		}
		s.finish(w)
		seen := of[domain.ServiceIdentified](s)
		if len(seen) != 2 || seen[0].Evidence != domain.Hash("banner of "+s.scan.Scan.String()) || seen[1].Evidence != "" {
			t.Errorf("evidence %+v", seen)
		}
	})
}
