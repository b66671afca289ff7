package content

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// listed is the page that servers make of a directory without an index.
var listed = regexp.MustCompile(`(?i)<title>\s*(?:Index of|Directory listing for|Directory Listing For|Directory:|listing directory)\s*\[?/|<a[^>]{1,200}>\[To Parent Directory\]</a>|^(?:<!doctype html>\s*(?:<meta[^>]*>\s*)*)?<pre>\s*<a href="`)

// directories are looked at wherever nothing better is known, those first in
// which most is found.
var directories = []string{"/backup/", "/uploads/", "/files/", "/images/", "/assets/", "/static/", "/js/", "/css/", "/logs/", "/tmp/", "/data/", "/wp-content/uploads/", "/media/", "/download/", "/downloads/", "/public/", "/includes/", "/inc/", "/lib/", "/src/", "/old/", "/test/", "/config/", "/db/", "/sql/"}

// listings is the rule for the directories that the pages load from, and for
// those that many sites have.
func (l *look) listings() exposure {
	var own []string
	for _, p := range l.pages {
		for _, a := range p.loads {
			if site.Origin(a.url).String() != l.site.String() {
				continue
			}
			for dir := path.Dir(path.Clean("/" + a.url.Path)); dir != "/" && dir != "."; dir = path.Dir(dir) {
				own = append(own, strings.TrimSuffix(dir, "/")+"/")
			}
		}
	}
	var paths []string
	for _, dir := range slices.Concat([]string{"/"}, own, directories) {
		if len(paths) < l.limits.directories && !slices.Contains(paths, dir) {
			paths = append(paths, dir)
		}
	}
	return exposure{
		name: "directory-listings", advisory: directoryListing, from: domain.Quick, paths: paths, says: listed, page: true, each: true,
	}
}

// debugPage is what frameworks answer to their developers.
var debugPages = []struct {
	says *regexp.Regexp
	what string
}{
	{regexp.MustCompile(`You're seeing this error because you have <code>DEBUG = True</code>`), "Django's debug page"},
	{regexp.MustCompile(`(?i)<title>[^<]{0,200}Whoops! There was an error|window\.ignite\(|laravel-ignition|Illuminate\\Foundation\\`), "Laravel's debug page"},
	{regexp.MustCompile(`<title>Action Controller: Exception caught</title>|<h1>Routing Error</h1>`), "the debug page of Ruby on Rails"},
	{regexp.MustCompile(`Symfony Exception|sf-toolbar|symfony/profiler`), "Symfony's debug page"},
	{regexp.MustCompile(`Werkzeug Debugger|EVALEX = (?:true|false)`), "Werkzeug's debugger"},
	{regexp.MustCompile(`<title>Whitelabel Error Page</title>[\s\S]*?java\.lang\.|<pre>\s*[a-z.]+Exception[^<]{0,400}\n\s+at [\w.$]+\(`), "a stack trace"},
	{regexp.MustCompile(`<title>[^<]{0,200}(?:Runtime Error|Server Error in)[\s\S]*?\[[A-Za-z]+Exception[^\]]{0,200}\]`), "ASP.NET's detailed error page"},
	{regexp.MustCompile(`(?:Fatal error|Warning|Notice)</b>:\s[^<]{1,400} in <b>/[^<]{1,300}\.php</b> on line <b>\d+`), "an error of PHP with the path of its file"},
}
