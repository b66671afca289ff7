package content

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

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
		outcome, reason := scanners.LossOf(err)
		return false, domain.Coverage{Outcome: outcome, Reason: "a made-up path beside it: " + reason}, nil
	}
	if _, same := e.shows(other); same || sameBody(a, other) {
		return false, alike, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	evidence := s.job.Keep("http-response", excerpt(a, shown))
	s.raise(e.advisory, s.place(a.URL), fmt.Sprintf("%s answers with %d bytes or more that hold %s.", scanners.Whole(a.URL), len(a.Body), scanners.Quote(toBytes(shown))), evidence)
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

// excerpt is the evidence of a file; shown is in Latin-1.
func excerpt(a *scanners.Answer, shown string) []byte {
	return observatory.Excerpt(a, []byte(toBytes(shown)))
}
