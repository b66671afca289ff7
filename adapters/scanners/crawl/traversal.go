package crawl

import (
	"context"
	"fmt"
	"regexp"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// climbs lead to a file that every Unix has and all may read, in the spellings
// that checks forget. Those that are raw are sent as they are.
var climbs = []struct {
	value string
	raw   bool
}{
	{"../../../../../../../../../../etc/passwd", false},
	{"/etc/passwd", false},
	{"....//....//....//....//....//....//....//....//etc/passwd", false},
	{"..%252f..%252f..%252f..%252f..%252f..%252f..%252f..%252fetc%252fpasswd", true},
	{"../../../../../../../../../../etc/passwd\x00.html", false},
}

// nowhere is a climb to a file that is not there.
const nowhere = "../../../../../../../../../../etc/scanledger-is-not-here"

// accounts is a line of /etc/passwd: the one of the account with all rights.
var accounts = regexp.MustCompile(`(?:^|[\n>"])(root:[^:\n]{0,40}:0:0:[^:\n]{0,80}:/[^:\n]{0,40}:[^\n<"]{0,40})`)

var fileNames = regexp.MustCompile(`(?i)file|path|page|doc|dir|folder|template|tpl|include|inc\b|view|theme|lang|locale|layout|module|load|read|content|image|img|download|src|style|^[fpd]$`)

// traverses sends ways out of the folder that files are read from. What looks
// like a file's name is tried in all spellings, others in one.
func traverses(ctx context.Context, a *active, p *point, found *scanners.Answer) error {
	if accounts.Match(found.Body) {
		return nil // it shows such lines anyway
	}
	tries := climbs
	if !fileNames.MatchString(p.name()) && !fileLike.MatchString(p.value()) {
		tries = climbs[:1]
	}
	for _, climb := range tries {
		answer, err := a.ask(ctx, p, climb.value, climb.raw)
		if err != nil {
			return err
		}
		m := accounts.FindSubmatch(answer.Body)
		if m == nil {
			continue
		}
		control, err := a.ask(ctx, p, nowhere, false)
		if err != nil || accounts.Match(control.Body) {
			return err
		}
		a.raise(pathTraversal, p, fmt.Sprintf("With %s as %s the answer holds %s, a line of /etc/passwd.", scanners.Quote(climb.value), scanners.Quote(p.name()), scanners.Quote(string(m[1]))), answer, string(m[1]))
		return nil
	}
	return nil
}

// fileLike is a value with the ending of a file, or with a folder in it.
var fileLike = regexp.MustCompile(`^[\w./ -]*(?:\.[A-Za-z]{1,5}|/[\w.-]+)$`)
