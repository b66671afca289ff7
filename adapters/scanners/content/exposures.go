package content

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// exposure is a kind of file that is not for visitors.
type exposure struct {
	name     string
	advisory domain.Advisory
	// from is the least thorough profile that looks for it.
	from  domain.Profile
	paths []string
	// says is what the file begins with or holds, in bytes as Latin-1. What is
	// shown of a file is its first group that has a part in the match, or else
	// the match: no secret may be in it.
	says *regexp.Regexp
	page bool // whether it is HTML; else HTML is another thing
	each bool // whether each path is a finding; else the first one speaks for all
}

func (e exposure) coverage() string { return "exposed-files: " + e.name }

// thoroughness orders the profiles.
var thoroughness = []domain.Profile{domain.Quick, domain.Standard, domain.Deep}

func (e exposure) within(p domain.Profile) bool {
	return slices.Index(thoroughness, e.from) <= slices.Index(thoroughness, p)
}

const (
	maxExposed = 64 << 10 // bytes of a file that are read
	maxSilent  = 4        // requests in a row without an answer after which the rest is not asked for
)

// search is the look for all files.
type search struct {
	*look
	plain  *scanners.Answer // to a made-up path
	silent atomic.Int32     // requests without an answer, in a row
	mu     sync.Mutex       // guards findings
}

// expose looks for files. Where a made-up path is not answered, none of them
// is asked for.
func (l *look) expose(ctx context.Context) error {
	s := &search{look: l}
	if err := s.calibrate(ctx); err != nil {
		return err
	}
	all := append(slices.Clone(exposures), l.listings(slices.Concat([]string{"/"}, l.dirs, directories)...))
	for _, e := range all {
		for _, path := range e.paths {
			if e.within(l.job.Profile) {
				l.ledger.Expect(scanners.Whole(s.at(path)))
			}
		}
	}
	looking, ctx := errgroup.WithContext(ctx)
	looking.SetLimit(s.atOnce)
	for _, e := range all {
		if !e.within(l.job.Profile) {
			l.ledger.Settle(e.coverage(), domain.Skipped, fmt.Sprintf("the profile %s does not look for it", l.job.Profile))
			continue
		}
		if !e.each {
			looking.Go(func() error { return s.first(ctx, e) })
			continue
		}
		looking.Go(func() error { return s.every(ctx, e) })
	}
	return looking.Wait()
}

// calibrate asks for a path that nobody has, and looks whether its answer is
// one that is for developers.
func (s *search) calibrate(ctx context.Context) error {
	made := s.at("/" + madeUp())
	answer, err := s.fetch(ctx, made)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		s.ledger.Lost(debugRule, err)
		s.silent.Store(maxSilent)
		return nil
	case answer.CannotServe() == "" || answer.Status >= 500:
		s.plain = answer
		s.judgeErrors(answer, "", "The answer to a made-up path")
	}
	s.ledger.Tested(debugRule)
	return nil
}

// madeUp is a name that nobody has given to a file.
func madeUp() string { return "x" + strings.ToLower(rand.Text()[:16]) }

// at is a path of the site, which may have a query.
func (s *search) at(path string) *url.URL {
	u := *s.site
	u.Path, u.RawQuery, _ = strings.Cut(strings.ReplaceAll(path, "{host}", site.Registrable(s.site.Hostname())), "?")
	return &u
}

// fetch asks for a URL, unless its answer is there already.
func (s *search) fetch(ctx context.Context, u *url.URL) (*scanners.Answer, error) {
	for _, p := range s.pages {
		if p.answer.URL.String() == u.String() {
			return p.answer, nil
		}
	}
	answer, err := s.look.fetch(ctx, scanners.Request{URL: u, MaxBody: maxExposed})
	if err != nil {
		s.silent.Add(1)
		return nil, err
	}
	s.silent.Store(0)
	return answer, nil
}

// first looks for the paths of a rule until one is there.
func (s *search) first(ctx context.Context, e exposure) error {
	var worst domain.Coverage
	for i, path := range e.paths {
		found, missed, err := s.lookFor(ctx, e, path)
		if err != nil {
			return err
		}
		if missed.Outcome != "" && worst.Outcome == "" {
			worst = missed
		}
		if found {
			for _, rest := range e.paths[i+1:] {
				s.ledger.Settle(scanners.Whole(s.at(rest)), domain.Skipped, "what it would show is exposed already")
			}
			worst = domain.Coverage{}
			break
		}
	}
	s.conclude(e, worst)
	return nil
}

// every looks for all paths of a rule.
func (s *search) every(ctx context.Context, e exposure) error {
	var worst domain.Coverage
	for _, path := range e.paths {
		_, missed, err := s.lookFor(ctx, e, path)
		if err != nil {
			return err
		}
		if missed.Outcome != "" && worst.Outcome == "" {
			worst = missed
		}
	}
	s.conclude(e, worst)
	return nil
}

// conclude says of a rule what became of it.
func (s *search) conclude(e exposure, worst domain.Coverage) {
	if worst.Outcome == "" {
		s.ledger.Tested(e.coverage())
		return
	}
	s.ledger.Settle(e.coverage(), worst.Outcome, worst.Reason)
}

// lookFor looks for one path. What it could not look at has an outcome in missed;
// the error is ctx's.
func (s *search) lookFor(ctx context.Context, e exposure, path string) (found bool, missed domain.Coverage, err error) {
	u := s.at(path)
	what := scanners.Whole(u)
	defer func() {
		if missed.Outcome != "" {
			s.ledger.Settle(what, missed.Outcome, missed.Reason)
		} else if err == nil {
			s.ledger.Tested(what)
		}
	}()
	if s.silent.Load() >= maxSilent {
		return false, domain.Coverage{Outcome: domain.TimedOut, Reason: "the site no longer answers"}, nil
	}
	answer, err := s.fetch(ctx, u)
	switch {
	case ctx.Err() != nil:
		return false, missed, ctx.Err()
	case err != nil:
		missed.Outcome, missed.Reason = scanners.LossOf(err)
		return false, missed, nil
	case answer.CannotServe() != "":
		return false, domain.Coverage{Outcome: domain.Refused, Reason: answer.CannotServe()}, nil
	}
	shown, there := e.shows(answer)
	if !there {
		return false, missed, nil
	}
	return s.confirm(ctx, e, answer, shown)
}
