// Package list has all scanners. It is a folder of its own because scanners
// import the guard from the folder above.
package list

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/adapters/scanners/cookies"
	"github.com/scanledger/scanledger/adapters/scanners/crawl"
	"github.com/scanledger/scanledger/adapters/scanners/dns"
	"github.com/scanledger/scanledger/adapters/scanners/headers"
	"github.com/scanledger/scanledger/adapters/scanners/nmap"
	"github.com/scanledger/scanledger/adapters/scanners/nuclei"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/adapters/scanners/openvas"
	"github.com/scanledger/scanledger/adapters/scanners/ports"
	"github.com/scanledger/scanledger/adapters/scanners/seo"
	"github.com/scanledger/scanledger/adapters/scanners/sslyze"
	"github.com/scanledger/scanledger/adapters/scanners/tls"
	"github.com/scanledger/scanledger/adapters/scanners/traffic"
	"github.com/scanledger/scanledger/adapters/scanners/vitals"
	"github.com/scanledger/scanledger/adapters/scanners/zap"
	"github.com/scanledger/scanledger/domain"
)

// Options are what scanners need of the settings.
type Options struct {
	Resolver    string // host:port of the DNS resolver; the system's when empty
	TrustAnchor string // file with the DNSSEC trust anchors; the root's when empty
	Preload     string // file with the HSTS preload list; the one built in when empty
	Content     content.Options
	Chromium    string // path of the browser; the one on PATH when empty
	Tools       scanners.ToolSettings
}

// All returns every scanner by its name. A new one is entered here.
func All(o Options) (map[domain.Tool]scanners.Scanner, error) {
	zones, err := dns.New(dns.Options{Resolver: o.Resolver, TrustAnchor: o.TrustAnchor})
	if err != nil {
		return nil, err
	}
	files, err := content.New(o.Content)
	if err != nil {
		return nil, err
	}
	preload, err := observatory.NewPreload(o.Preload)
	if err != nil {
		return nil, err
	}
	all := map[domain.Tool]scanners.Scanner{}
	headed, cookied := headers.Scanner{Preload: preload}, cookies.Scanner{Preload: preload}
	pages := crawl.New(files, headed, cookied)
	for _, s := range []scanners.Scanner{
		ports.Scanner{}, tls.Scanner{}, headed, cookied, files, zones, seo.New(), traffic.New(), pages, vitals.New(o.Chromium),
		nmap.New(o.Tools), sslyze.New(o.Tools), nuclei.New(o.Tools),
		zap.New(zap.Options{URL: o.Tools.ZAP, Key: o.Tools.ZAPKey}),
		openvas.New(openvas.Options{Address: o.Tools.GMP, User: o.Tools.GMPUser, Password: o.Tools.GMPPassword}),
	} {
		all[s.Tool()] = s
	}
	return all, nil
}
