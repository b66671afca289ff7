package observatory

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// Redirection is the test of the way from http to https. Where a redirect led
// to something that did not answer, that is judged by its URL.
func Redirection(s Site) domain.ObservatoryTest {
	route := s.HTTP.Route()
	if len(route) == 0 {
		detail := "The target is an https origin alone."
		if s.HTTP.Start != nil {
			detail = fmt.Sprintf("There is no http: %s.", s.HTTP.Loss())
		}
		return result(RedirectionName, "redirection-not-needed-no-http", detail)
	}
	if bad := s.HTTP.Mistrusted(); bad != nil {
		return result(RedirectionName, "redirection-invalid-cert",
			fmt.Sprintf("On the way, at %s, %s", quote(bad.URL.Host), mistrust(bad.CertError)))
	}
	return result(RedirectionName, judgeRoute(s, route), showRoute(route))
}

func judgeRoute(s Site, route []*url.URL) string {
	preloaded := true
	for _, u := range route {
		preloaded = preloaded && s.preloaded(u.Hostname())
	}
	switch first, last := route[0], route[len(route)-1]; {
	case preloaded:
		return "redirection-all-redirects-preloaded"
	case len(route) == 1:
		return "redirection-missing"
	case last.Scheme != "https":
		return "redirection-not-to-https"
	case route[1].Scheme == "http":
		return "redirection-not-to-https-on-initial-redirection"
	case first.Scheme == "http" && !strings.EqualFold(first.Hostname(), route[1].Hostname()):
		return "redirection-off-host-from-http"
	}
	return "redirection-to-https"
}

// showRoute names the origins of a route, which says all that the test looks at.
func showRoute(route []*url.URL) string {
	var origins []string
	for _, u := range route {
		origins = append(origins, u.Scheme+"://"+u.Host)
	}
	return "The way is " + quote(strings.Join(origins, " -> ")) + "."
}
