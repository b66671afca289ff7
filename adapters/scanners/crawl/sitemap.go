package crawl

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

const (
	maxSitemaps = 5       // files that are read
	maxListed   = 1000    // addresses of one file that are taken
	maxSitemap  = 2 << 20 // bytes of one file, packed and unpacked
)

// seed takes the pages that the site's sitemaps name: those in robots.txt, and
// the usual one.
func (c *crawl) seed(ctx context.Context) {
	var files []*url.URL
	for _, raw := range append(c.pace.robots.Sitemaps, "/sitemap.xml") {
		if u, ok := site.ParseURL(raw, c.home); ok {
			files = append(files, u)
		}
	}
	asked := map[string]bool{}
	for len(files) > 0 && ctx.Err() == nil {
		at := c.front.at(files[0])
		files = files[1:]
		switch {
		case at == nil || asked[at.String()]:
			continue
		case len(asked) >= maxSitemaps:
			c.ledger.Settle(sitemapPart, domain.Skipped, fmt.Sprintf("only the first %d files are read", maxSitemaps))
			return
		}
		asked[at.String()] = true
		s := c.readSitemap(ctx, at)
		for _, u := range s.pages {
			c.front.add(u, 1)
		}
		files = append(files, s.files...)
	}
	if ctx.Err() == nil {
		c.ledger.Tested(sitemapPart)
	}
}

// readSitemap asks for one file. One that is not there names nothing.
func (c *crawl) readSitemap(ctx context.Context, at *url.URL) (s sitemap) {
	answer, err := c.pace.ask(ctx, scanners.Request{URL: at, MaxBody: maxSitemap, Header: http.Header{"Accept": {"application/xml, text/xml, */*"}}})
	switch {
	case ctx.Err() != nil:
		return s
	case err != nil:
		c.ledger.Lost(scanners.Whole(at), err)
		return s
	case answer.Status != http.StatusOK:
		c.ledger.Settle(scanners.Whole(at), domain.Skipped, fmt.Sprintf("it answers with the status %d", answer.Status))
		return s
	}
	s = parseSitemap(answer.Body, at)
	if s.cut || answer.Truncated {
		c.ledger.Settle(scanners.Whole(at), domain.Skipped, fmt.Sprintf("only %d addresses in it are taken", len(s.pages)))
	}
	c.ledger.Tested(scanners.Whole(at))
	return s
}

// sitemap is what a file names (https://www.sitemaps.org/protocol.html).
type sitemap struct {
	pages, files []*url.URL
	cut          bool // whether there is more in it
}

// parseSitemap reads a sitemap or an index of some, packed or not. What can no
// longer be read ends it.
func parseSitemap(body []byte, at *url.URL) (s sitemap) {
	var from io.Reader = bytes.NewReader(body)
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return s
		}
		from = io.LimitReader(unpacked, maxSitemap)
	}
	decoder := xml.NewDecoder(from)
	decoder.Strict = false
	decoder.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil } // addresses are ASCII
	within := ""
	for {
		token, err := decoder.Token()
		if err != nil {
			s.cut = s.cut || err != io.EOF
			return s
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "url", "sitemap":
			within = start.Name.Local
		case "loc":
			var text string
			if decoder.DecodeElement(&text, &start) != nil {
				s.cut = true
				return s
			}
			if s.take(within, strings.TrimSpace(text), at); s.cut {
				return s
			}
		}
	}
}

func (s *sitemap) take(within, raw string, at *url.URL) {
	u, ok := site.ParseURL(raw, at)
	switch {
	case !ok || u.Host == "":
	case len(s.pages)+len(s.files) >= maxListed:
		s.cut = true
	case within == "sitemap":
		s.files = append(s.files, u)
	case within == "url":
		s.pages = append(s.pages, u)
	}
}
