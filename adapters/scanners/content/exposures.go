package content

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
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
	all := append(slices.Clone(exposures), l.listings())
	for _, e := range all {
		for _, path := range e.paths {
			if e.within(l.job.Profile) {
				l.ledger.expect(whole(s.at(path)))
			}
		}
	}
	looking, ctx := errgroup.WithContext(ctx)
	looking.SetLimit(atOnce)
	for _, e := range all {
		if !e.within(l.job.Profile) {
			l.ledger.settle(e.coverage(), domain.Skipped, fmt.Sprintf("the profile %s does not look for it", l.job.Profile))
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
		s.ledger.lost(debugRule, err)
		s.silent.Store(maxSilent)
		return nil
	case cannotServe(answer) == "" || answer.Status >= 500:
		s.plain = answer
		for _, d := range debugPages {
			if m := d.says.FindString(latin1(answer.Body)); m != "" {
				s.raise(debugPage, "", fmt.Sprintf("The answer to a made-up path is %s.", d.what), s.job.Keep("http-response", excerpt(answer, m)))
				break
			}
		}
	}
	s.ledger.tested(debugRule)
	return nil
}

// madeUp is a name that nobody has given to a file.
func madeUp() string { return "x" + strings.ToLower(rand.Text()[:16]) }

// at is a path of the site, which may have a query.
func (s *search) at(path string) *url.URL {
	u := *s.site
	u.Path, u.RawQuery, _ = strings.Cut(strings.ReplaceAll(path, "{host}", registrable(s.site.Hostname())), "?")
	return &u
}

// fetch asks for a URL, unless its answer is there already.
func (s *search) fetch(ctx context.Context, u *url.URL) (*scanners.Answer, error) {
	for _, p := range s.pages {
		if p.answer.URL.String() == u.String() {
			return p.answer, nil
		}
	}
	answer, err := s.job.Net.Fetch(ctx, scanners.Request{URL: u, MaxBody: maxExposed})
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
		found, missed, err := s.look1(ctx, e, path)
		if err != nil {
			return err
		}
		if missed.Outcome != "" && worst.Outcome == "" {
			worst = missed
		}
		if found {
			for _, rest := range e.paths[i+1:] {
				s.ledger.settle(whole(s.at(rest)), domain.Skipped, "what it would show is exposed already")
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
		_, missed, err := s.look1(ctx, e, path)
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
		s.ledger.tested(e.coverage())
		return
	}
	s.ledger.settle(e.coverage(), worst.Outcome, worst.Reason)
}

// look1 looks for one path. What it could not look at has an outcome in missed;
// the error is ctx's.
func (s *search) look1(ctx context.Context, e exposure, path string) (found bool, missed domain.Coverage, err error) {
	u := s.at(path)
	what := whole(u)
	defer func() {
		if missed.Outcome != "" {
			s.ledger.settle(what, missed.Outcome, missed.Reason)
		} else if err == nil {
			s.ledger.tested(what)
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
		missed.Outcome, missed.Reason = lossOf(err)
		return false, missed, nil
	case cannotServe(answer) != "":
		return false, domain.Coverage{Outcome: domain.Refused, Reason: cannotServe(answer)}, nil
	}
	shown, there := e.shows(answer)
	if !there {
		return false, missed, nil
	}
	return s.confirm(ctx, e, answer, shown)
}

// shows returns what of a file may be shown, and whether it is one.
func (e exposure) shows(a *scanners.Answer) (shown string, there bool) {
	if a.Status != http.StatusOK || len(a.Body) == 0 || !e.page && isHTML(a) {
		return "", false
	}
	m := e.says.FindStringSubmatch(latin1(a.Body))
	if m == nil {
		return "", false
	}
	for _, group := range m[1:] {
		if group != "" {
			return group, true
		}
	}
	return m[0], true
}

// confirm asks for a made-up path beside a file that was found. A site that
// answers with such a file whatever it is asked for has not exposed one.
func (s *search) confirm(ctx context.Context, e exposure, a *scanners.Answer, shown string) (bool, domain.Coverage, error) {
	alike := domain.Coverage{Outcome: domain.Refused, Reason: "a made-up path is answered in the same way"}
	if s.plain != nil && sameBody(s.plain, a) {
		return false, alike, nil
	}
	other, err := s.fetch(ctx, beside(a.URL))
	switch {
	case ctx.Err() != nil:
		return false, domain.Coverage{}, ctx.Err()
	case err != nil:
		outcome, reason := lossOf(err)
		return false, domain.Coverage{Outcome: outcome, Reason: "a made-up path beside it: " + reason}, nil
	}
	if _, same := e.shows(other); same || sameBody(a, other) {
		return false, alike, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	evidence := s.job.Keep("http-response", excerpt(a, shown))
	s.raise(e.advisory, s.place(a.URL), fmt.Sprintf("%s answers with %d bytes or more that hold %s.", whole(a.URL), len(a.Body), quote(toBytes(shown))), evidence)
	return true, domain.Coverage{}, nil
}

func sameBody(a, b *scanners.Answer) bool {
	return a.Status == b.Status && len(a.Body) > 0 && sha256.Sum256(a.Body) == sha256.Sum256(b.Body)
}

// beside is a made-up path in the same directory and with the same ending.
func beside(u *url.URL) *url.URL {
	other := *u
	other.RawPath = ""
	name, dir := path.Base(u.Path), path.Dir("/"+strings.Trim(u.Path, "/"))
	made := madeUp()
	if strings.HasPrefix(name, ".") {
		made, name = "."+made, name[1:]
	}
	if dot := strings.Index(name, "."); dot > 0 {
		made += name[dot:]
	}
	if strings.HasSuffix(u.Path, "/") {
		made += "/"
	}
	other.Path = strings.TrimSuffix(dir, "/") + "/" + made
	return &other
}

// latin1 makes a character of each byte, so that expressions can name bytes.
func latin1(raw []byte) string {
	var text strings.Builder
	text.Grow(len(raw) + len(raw)/8)
	for _, b := range raw {
		text.WriteRune(rune(b))
	}
	return text.String()
}

// toBytes undoes latin1.
func toBytes(text string) string {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		raw = append(raw, byte(r))
	}
	return string(raw)
}

// excerpt is the evidence of a file: the answer's head, what shows that it is
// one, and the hash of what was read. The rest of it may be secret.
func excerpt(a *scanners.Answer, shown string) []byte {
	head := observatory.Redact(a.Raw[:len(a.Raw)-len(a.Body)])
	return fmt.Appendf(head, "%s\r\n[of %d bytes that were read, with the SHA-256 %x, only this is kept]\r\n", toBytes(shown), len(a.Body), sha256.Sum256(a.Body))
}
