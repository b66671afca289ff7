// Package nuclei has nuclei send a web site the requests of its HTTP templates,
// and tells which matched. Quick has those of the severities high and critical, full
// all, both without what nuclei itself leaves out unless it is told otherwise: denial of
// service, fuzzing, guessing of passwords. A target that is not proven to be the
// account's is sent those alone that ask for what is there, and none that attacks it.
//
// The real nuclei was not to be had for the tests, which run a stub of its flags
// and its documented JSONL. It is handed the address that the guard has checked, with
// the site's name for Host and SNI, and follows no redirect; templates of other
// protocols, which would look names up, are not run, and the coverage says so.
package nuclei

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Scanner implements scanners.Scanner.
type Scanner struct{ settings scanners.ToolSettings }

// New returns a scanner that runs the nuclei of the settings, or else the one on PATH.
func New(s scanners.ToolSettings) Scanner { return Scanner{s} }

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.NucleiTool }

// maxPage is how much of the target's own page is read to find out where it is.
const maxPage = 64 << 10

// Ping implements scanners.Reachable.
func (s Scanner) Ping(ctx context.Context) (string, error) {
	path, err := scanners.Find(domain.NucleiTool, s.settings)
	if err != nil {
		return "", err
	}
	return scanners.Starts(ctx, path, "-version", "-duc", "-nc")
}

// Scan implements scanners.Scanner.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	path, err := scanners.Find(domain.NucleiTool, s.settings)
	if err != nil {
		return scanners.Skip("nuclei is %v", err)
	}
	chain, err := scanners.Open(ctx, job, maxPage)
	if err != nil {
		return err
	}
	addr, others, err := scanners.Address(ctx, job)
	if err != nil {
		return err
	}
	for _, c := range others {
		see(c)
	}
	start := scanners.Begin(job, chain)
	r := &run{job: job, site: start, pinned: pin(start, addr)}
	tool := &scanners.Local{Path: path, Args: r.args(scanners.Templates(path), addr), Line: r.line, Errors: true}
	if err := scanners.Watch(ctx, "nuclei", tool, see); err != nil {
		return err
	}
	for _, c := range r.coverage() {
		see(c)
	}
	return nil
}

// pin is a URL at an address.
func pin(u *url.URL, addr netip.Addr) *url.URL {
	at := *u
	port := u.Port()
	if at.Host = addr.String(); port != "" {
		at.Host = net.JoinHostPort(addr.String(), port)
	} else if addr.Is6() {
		at.Host = "[" + addr.String() + "]"
	}
	return &at
}

// run is one run of nuclei.
type run struct {
	job    scanners.Job
	site   *url.URL // by its name
	pinned *url.URL // the same at its address
	stats  stats
}

// severities are those of each profile.
var severities = map[domain.Profile][]string{
	domain.NucleiQuick: {"-s", "high,critical"},
	domain.NucleiFull:  nil,
}

// Tags of templates, as ProjectDiscovery gives them.
const (
	// never are those of nuclei's own .nuclei-ignore, which lies in a home that it does not have here.
	never = "dos,local,fuzz,bruteforce"
	// asking are those of templates that look what a site has on show.
	asking = "tech,panel,detect,discovery,exposure,config,misconfig,disclosure,files,logs,backup,listing,token,tokens,headers,cookie,generic,ssl,waf,takeover"
	// attacking are those of templates that send what breaks in, whatever else they look for.
	attacking = "cve,cnvd,edb,packetstorm,vkev,kev,intrusive,fuzzing,dast,brute-force,default-login,auth-bypass,sqli,xss,rce,lfi,rfi,ssrf,ssti,xxe,crlf,redirect," +
		"injection,traversal,fileupload,file-upload,deserialization,oast,oob"
)

// tags are what is held to the templates' tags.
func (r *run) tags() []string {
	if r.job.Verified {
		return []string{"-etags", never}
	}
	return []string{"-tags", asking, "-etags", never + "," + attacking}
}

// args are nuclei's. What comes from a target is the value of an option, and begins
// with a scheme or a word of ours.
func (r *run) args(templates string, addr netip.Addr) []string {
	args := []string{
		"-u", r.pinned.String(), "-t", templates, "-pt", "http", "-jsonl", "-silent", "-nc", "-or", "-ot",
		"-duc", "-ni", "-dr", "-stats", "-sj", "-si", "1", "-rl", "50", "-c", "10", "-timeout", "10", "-retries", "1",
	}
	if host := r.site.Hostname(); host != addr.String() {
		args = append(args, "-H", "Host: "+r.site.Host, "-sni", host)
	}
	if addr.IsGlobalUnicast() && !addr.IsPrivate() {
		args = append(args, "-lna") // no address of a local network
	}
	return append(append(args, severities[r.job.Profile]...), r.tags()...)
}

// line takes one line of nuclei's: a match, or how far it is.
func (r *run) line(to *scanners.Sight, line string) error {
	rec, now, err := read(line)
	switch {
	case err != nil:
		return err
	case now != nil:
		r.stats = *now
		if percent, err := strconv.ParseFloat(string(now.Percent), 64); err == nil {
			to.Advance(percent)
		}
		return nil
	case rec == nil:
		return nil
	}
	w := translate(r.site, r.pinned, *rec)
	if w == nil {
		return nil
	}
	w.Evidence = r.job.Keep("nuclei-record", []byte(line))
	return to.See(*w)
}

// coverage is what nuclei says that it has looked at, once it has come to its end.
func (r *run) coverage() []domain.Coverage {
	all := []domain.Coverage{
		{What: "HTTP templates", Outcome: domain.Tested},
		{What: "templates of other protocols", Outcome: domain.Skipped, Reason: "only those of HTTP can be held to the address that was checked"},
	}
	if !r.job.Verified {
		all = append(all, domain.Coverage{What: "templates that attack", Outcome: domain.Skipped, Reason: "target not verified"})
	}
	if n, err := strconv.Atoi(string(r.stats.Errors)); err == nil && n > 0 {
		all = append(all, domain.Coverage{What: "some requests", Outcome: domain.Failed, Reason: "nuclei counts " + strconv.Itoa(n) + " that had no answer"})
	}
	return all
}
