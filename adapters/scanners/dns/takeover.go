package dns

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// host is a service on which anybody can claim a name that an alias leads to:
// below which names its sites are, and what it says of one that nobody has
// claimed. Those that say nothing have names that do not exist until then.
// Collected by https://github.com/EdOverflow/can-i-take-over-xyz.
type host struct {
	name     string
	suffixes []string
	says     string
}

var hosts = []host{
	{"Amazon S3", []string{"s3.amazonaws.com"}, "The specified bucket does not exist"},
	{"Amazon S3", []string{"amazonaws.com"}, "<Code>NoSuchBucket</Code>"},
	{"AWS Elastic Beanstalk", []string{"elasticbeanstalk.com"}, ""},
	{"Microsoft Azure", []string{"azurewebsites.net", "cloudapp.net", "cloudapp.azure.com", "trafficmanager.net", "blob.core.windows.net",
		"azureedge.net", "azure-api.net", "azurecontainer.io", "azurefd.net", "azurestaticapps.net", "search.windows.net", "servicebus.windows.net"}, ""},
	{"GitHub Pages", []string{"github.io"}, "There isn't a GitHub Pages site here."},
	{"Heroku", []string{"herokuapp.com", "herokudns.com", "herokussl.com"}, "no-such-app.html"},
	{"Heroku", []string{"herokuapp.com", "herokudns.com", "herokussl.com"}, "No such app"},
	{"Netlify", []string{"netlify.app", "netlify.com"}, "Not Found - Request ID:"},
	{"Bitbucket", []string{"bitbucket.io"}, "Repository not found"},
	{"Pantheon", []string{"pantheonsite.io", "pantheon.io"}, "404 error unknown site!"},
	{"Ghost", []string{"ghost.io"}, "The thing you were looking for is no longer here, or never was"},
	{"Surge", []string{"surge.sh"}, "project not found"},
	{"Shopify", []string{"myshopify.com"}, "Sorry, this shop is currently unavailable."},
	{"Tumblr", []string{"domains.tumblr.com"}, "Whatever you were looking for doesn't currently exist at this address"},
	{"WordPress.com", []string{"wordpress.com"}, "Do you want to register"},
	{"Help Scout", []string{"helpscoutdocs.com"}, "No settings were found for this company:"},
	{"Help Juice", []string{"helpjuice.com"}, "We could not find what you're looking for."},
	{"Agile CRM", []string{"agilecrm.com"}, "Sorry, this page is no longer available."},
	{"Anima", []string{"animaapp.io"}, "If this is your website and you've just created it, try refreshing in a minute"},
	{"Gemfury", []string{"furyns.com"}, "404: This page could not be found."},
	{"HatenaBlog", []string{"hatenablog.com"}, "404 Blog is not found"},
	{"JetBrains YouTrack", []string{"youtrack.cloud", "myjetbrains.com"}, "is not a registered InCloud YouTrack"},
	{"Kinsta", []string{"kinsta.cloud"}, "No Site For Domain"},
	{"ngrok", []string{"ngrok.io", "ngrok.app"}, "ngrok.io not found"},
	{"Strikingly", []string{"s.strikinglydns.com"}, "PAGE NOT FOUND."},
	{"SurveySparrow", []string{"surveysparrow.com"}, "Account not found."},
	{"Uberflip", []string{"read.uberflip.com"}, "The URL you've accessed does not provide a hub."},
	{"UptimeRobot", []string{"stats.uptimerobot.com"}, "page not found"},
	{"Worksites", []string{"worksites.net"}, "the website you&rsquo;re looking for doesn&rsquo;t exist."},
	{"Intercom", []string{"custom.intercom.help"}, "Uh oh. That page doesn't exist."},
	{"Campaign Monitor", []string{"createsend.com"}, "Trying to access your account?"},
	{"Read the Docs", []string{"readthedocs.io"}, "The link you have followed or the URL that you entered does not exist."},
}

// hostOf returns the services that a name is on.
func hostOf(name string) (found []host) {
	for _, h := range hosts {
		for _, suffix := range h.suffixes {
			if miekg.IsSubDomain(miekg.Fqdn(suffix), name) {
				found = append(found, h)
			}
		}
	}
	return found
}

// on says which service a name is on that anybody can claim it at; "" for none.
func on(name string) string {
	if found := hostOf(name); len(found) > 0 {
		return fmt.Sprintf(", a name that anybody can claim at %s", found[0].name)
	}
	return ""
}

// pageSize bounds what is read of a service's page.
const pageSize = 64 << 10

// unclaimed asks the service behind an alias whether somebody has it: it says
// by a page of its own that nobody does.
func (p *probe) unclaimed(ctx context.Context, alias string, a *answer) error {
	candidates := hostOf(a.owner)
	if len(candidates) == 0 {
		return nil
	}
	target := &url.URL{Scheme: "http", Host: net.JoinHostPort(show(alias), p.webPort), Path: "/"}
	answer, err := p.job.Net.Fetch(ctx, scanners.Request{URL: target, MaxBody: pageSize})
	if err != nil {
		return err
	}
	for _, h := range candidates {
		if h.says != "" && bytes.Contains(answer.Body, []byte(h.says)) {
			p.weakness("dns/cname/unclaimed", alias, fmt.Sprintf("%s is an alias of %s, and %s answers that nobody has claimed it: %q",
				show(alias), show(a.owner), h.name, strings.TrimSpace(h.says)), a.msg)
			return nil
		}
	}
	return nil
}
