package content

import (
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// listed is the page that servers make of a directory without an index.
var listed = regexp.MustCompile(`(?i)<title>\s*(?:Index of|Directory listing for|Directory Listing For|Directory:|listing directory)\s*\[?/|<a[^>]{1,200}>\[To Parent Directory\]</a>|^(?:<!doctype html>\s*(?:<meta[^>]*>\s*)*)?<pre>\s*<a href="`)

// directories are looked at wherever nothing better is known, those first in
// which most is found.
var directories = []string{"/backup/", "/uploads/", "/files/", "/images/", "/assets/", "/static/", "/js/", "/css/", "/logs/", "/tmp/", "/data/", "/wp-content/uploads/", "/media/", "/download/", "/downloads/", "/public/", "/includes/", "/inc/", "/lib/", "/src/", "/old/", "/test/", "/config/", "/db/", "/sql/"}

// noteDirs notes the directories of the site that a page loads from, and the one
// that it is a listing of.
func (l *look) noteDirs(p *page) {
	if u := p.answer.URL; strings.HasSuffix(u.Path, "/") && site.Origin(u).String() == l.site.String() && listed.Match(p.answer.Body) {
		l.noteDir(u.Path)
	}
	for _, a := range p.loads {
		if site.Origin(a.url).String() != l.site.String() {
			continue
		}
		for dir := path.Dir(path.Clean("/" + a.url.Path)); dir != "/" && dir != "."; dir = path.Dir(dir) {
			l.noteDir(strings.TrimSuffix(dir, "/") + "/")
		}
	}
}

func (l *look) noteDir(dir string) {
	if len(l.dirs) < maxLoads && !slices.Contains(l.dirs, dir) {
		l.dirs = append(l.dirs, dir)
	}
}

// listings is the rule for some directories, each once and no more than the
// profile has.
func (l *look) listings(among ...string) exposure {
	var paths []string
	for _, dir := range among {
		if len(paths) < l.limits.directories && !slices.Contains(paths, dir) {
			paths = append(paths, dir)
		}
	}
	return exposure{
		name: "directory-listings", advisory: directoryListing, from: domain.Quick, paths: paths, says: listed, page: true, each: true,
	}
}

// debugPages are what frameworks answer to their developers.
var debugPages = []struct {
	says *regexp.Regexp
	what string
	// alone says that no page which only speaks of it looks like this; others are
	// believed of answers that say that they are errors.
	alone bool
}{
	{regexp.MustCompile(`You're seeing this error because you have <code>DEBUG = True</code>`), "Django's debug page", true},
	{regexp.MustCompile(`(?i)<title>[^<]{0,200}Whoops! There was an error|window\.ignite\(|laravel-ignition|Illuminate\\Foundation\\`), "Laravel's debug page", false},
	{regexp.MustCompile(`<title>Action Controller: Exception caught</title>|<h1>Routing Error</h1>`), "the debug page of Ruby on Rails", true},
	{regexp.MustCompile(`Symfony Exception|sf-toolbar|symfony/profiler`), "Symfony's debug page", false},
	{regexp.MustCompile(`Werkzeug Debugger|EVALEX = (?:true|false)`), "Werkzeug's debugger", false},
	{regexp.MustCompile(`<title>Whitelabel Error Page</title>[\s\S]*?java\.lang\.|<pre>\s*[a-z.]+Exception[^<]{0,400}\n\s+at [\w.$]+\(`), "a stack trace", false},
	{regexp.MustCompile(`Traceback \(most recent call last\):\s+File (?:"|&quot;)/[^<\n]{1,300}, line \d+|goroutine \d+ \[running\]:\n|\n\s+at [^\n(]{1,200}\((?:/|file:///)[^\n)]{1,300}\.[cm]?js:\d+:\d+\)`), "a stack trace", false},
	{regexp.MustCompile(`<title>[^<]{0,200}(?:Runtime Error|Server Error in)[\s\S]*?\[[A-Za-z]+Exception[^\]]{0,200}\]`), "ASP.NET's detailed error page", true},
	{regexp.MustCompile(`(?:Fatal error|Warning|Notice)</b>:\s[^<]{1,400} in <b>/[^<]{1,300}\.php</b> on line <b>\d+`), "an error of PHP with the path of its file", true},
}

// judgeErrors looks whether an answer is one that is for developers; name is the
// answer in the detail, where its place, which the answer to a made-up path has
// none of.
func (l *look) judgeErrors(a *scanners.Answer, where, name string) {
	text := latin1(a.Body)
	for _, d := range debugPages {
		if !d.alone && a.Status < http.StatusBadRequest && where != "" {
			continue
		}
		if m := d.says.FindString(text); m != "" {
			l.raise(debugPage, where, fmt.Sprintf("%s is %s.", name, d.what), l.job.Keep("http-response", excerpt(a, m)))
			return
		}
	}
}
