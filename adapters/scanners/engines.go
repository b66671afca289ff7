package scanners

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Engines = Engines{}

// Engines says which tools run scans on this installation. The zero value runs
// the built-in scanners alone.
type Engines struct {
	Scanners map[domain.Tool]Scanner // all that this build has
	Settings ToolSettings
}

// ToolSettings are where tools outside of this program are; "" is nowhere, or
// for a program on PATH.
type ToolSettings struct {
	Nmap, SSLyze, Nuclei string // paths of programs
	ZAP                  string // URL of its API
	ZAPKey               string // its key
	GMP                  string // socket path or host:port of Greenbone's GMP
	GMPUser, GMPPassword string
}

// External is a tool outside of this program.
type External struct {
	Tool  domain.Tool
	Name  string // as people call it
	Needs string // what to do for it to be there, as an imperative
	Mend  string // what to do where it is there and does not work
	Local bool   // whether it is a program here
	where func(ToolSettings) (string, error)
}

// Externals are all tools outside of this program that scans can be asked of.
var Externals = []External{
	{domain.NmapTool, "nmap", "install nmap (apt-get install nmap), or set SCANLEDGER_NMAP to its path", runs("SCANLEDGER_NMAP"), true,
		func(s ToolSettings) (string, error) { return program(s.Nmap, "nmap") }},
	{domain.SSLyzeTool, "SSLyze", "install sslyze (pip install sslyze), or set SCANLEDGER_SSLYZE to its path", runs("SCANLEDGER_SSLYZE"), true,
		func(s ToolSettings) (string, error) { return program(s.SSLyze, "sslyze") }},
	{domain.NucleiTool, "Nuclei", "install nuclei, or set SCANLEDGER_NUCLEI to its path, and put its templates into a folder nuclei-templates beside it, or into /usr/share/nuclei-templates", runs("SCANLEDGER_NUCLEI"), true,
		func(s ToolSettings) (string, error) { return withTemplates(program(s.Nuclei, "nuclei")) }},
	{domain.ZAPTool, "OWASP ZAP", "start ZAP as a daemon, and set SCANLEDGER_ZAP_URL and SCANLEDGER_ZAP_KEY", "see that ZAP runs, and that SCANLEDGER_ZAP_URL and SCANLEDGER_ZAP_KEY are its", false,
		func(s ToolSettings) (string, error) { return service(s.ZAP) }},
	{domain.OpenVASTool, "OpenVAS", "start Greenbone's gvmd, and set SCANLEDGER_GMP_ADDR, SCANLEDGER_GMP_USER and SCANLEDGER_GMP_PASSWORD", "see that gvmd runs, and that SCANLEDGER_GMP_ADDR, SCANLEDGER_GMP_USER and SCANLEDGER_GMP_PASSWORD are its", false,
		func(s ToolSettings) (string, error) { return service(s.GMP, s.GMPUser, s.GMPPassword) }},
}

// runs is what to do about a program that does not run, whose path is this setting.
func runs(setting string) string {
	return "let every user run it (root has it run as nobody, who does not get into root's home), or set " + setting + " to one that runs"
}

// Templates is the folder of nuclei's templates: beside the program, in our user's
// home, where nuclei itself puts them, or where packages do; "" where it is nowhere.
func Templates(program string) string {
	home, _ := os.UserHomeDir() // "" is none of the folders
	for _, dir := range []string{filepath.Dir(program), home, "/usr/share", "/usr/local/share"} {
		path := filepath.Join(dir, "nuclei-templates")
		if info, err := os.Stat(path); filepath.IsAbs(path) && err == nil && info.IsDir() {
			return path
		}
	}
	return ""
}

func withTemplates(program string, err error) (string, error) {
	if err == nil && Templates(program) == "" {
		return "", errors.New("there, but its templates are not")
	}
	return program, err
}

// service is where a tool is that is asked over the network, and that needs more to be
// known of it.
func service(address string, needed ...string) (string, error) {
	if address == "" || slices.Contains(needed, "") {
		return "", errors.New("not configured")
	}
	return address, nil
}

// Tools implements commands.Engines.
func (e Engines) Tools(_ context.Context, p domain.Profile) ([]domain.Tool, error) {
	s := p.Scanner()
	i := slices.IndexFunc(Externals, func(x External) bool { return x.Tool == domain.Tool(s) })
	if i < 0 {
		return p.Tools(), nil
	}
	x := Externals[i]
	_, err := e.Look(x)
	if err == nil {
		return p.Tools(), nil
	}
	if other := s.StandIn(); other != "" {
		return []domain.Tool{other}, nil
	}
	return nil, domain.Errorf(domain.Unavailable, "The scanner %s cannot be used here: %s is %s", s, x.Name, err)
}

// Reachable is a scanner whose tool is outside of this program.
type Reachable interface {
	// Ping has the tool say what it is: a program is run for it, one elsewhere is asked. Its
	// error is why nothing answers, or not us; it has no secret in it.
	Ping(ctx context.Context) (string, error)
}

// Ping has a tool say what it is. Told is "" where its scanner cannot ask it.
func (e Engines) Ping(ctx context.Context, x External) (told string, err error) {
	if s, asked := e.Scanners[x.Tool].(Reachable); asked {
		return s.Ping(ctx)
	}
	return "", nil
}

// Missing says that a tool is not there, and what to do about it.
type Missing struct {
	Why string // "not installed"
	Fix string // an imperative
}

// Error implements error.
func (m Missing) Error() string { return m.Why + ": " + m.Fix }

// Find returns where a tool outside of this program is, by its settings, else on
// PATH. Its error, Missing, says what to do.
func Find(t domain.Tool, s ToolSettings) (string, error) {
	for _, x := range Externals {
		if x.Tool == t {
			return x.find(s)
		}
	}
	return "", Missing{"unknown", "ask for a tool that scans can be asked of"}
}

func (x External) find(s ToolSettings) (string, error) {
	where, err := x.where(s)
	if err != nil {
		return "", Missing{err.Error(), x.Needs}
	}
	return where, nil
}

// Look returns where a tool is, as far as that is known. Its error, Missing or
// another, says why it runs no scans here.
func (e Engines) Look(x External) (where string, err error) {
	if where, err = x.find(e.Settings); err != nil {
		return "", err
	}
	if e.Scanners[x.Tool] == nil {
		return where, errors.New("there, but this version of scanledger cannot run it")
	}
	return where, nil
}
