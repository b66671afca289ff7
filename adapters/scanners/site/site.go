// Package site has what several scanners need to know of web sites as a whole:
// addresses as browsers read them, and robots.txt.
package site

import (
	"context"
	"net/url"
	"strings"
	"unicode"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	maxRobots = 1 << 20 // bytes of robots.txt that are read; Google reads half as much
	robotHops = 5       // RFC 9309, 2.3.1.2
)

// RobotsFile is what a site answers for /robots.txt.
type RobotsFile struct {
	Status  int    // 0 when there was no answer
	Content string // of an answer with a status from 200 to 299
	Failure string // why there was none
	Refused bool   // whether the guard was the reason
}

// FetchRobots asks the site of a page for its robots.txt.
func FetchRobots(ctx context.Context, session *scanners.Session, page *url.URL) RobotsFile {
	at := &url.URL{Scheme: page.Scheme, Host: page.Host, Path: "/robots.txt"}
	chain, err := session.Follow(ctx, scanners.Request{URL: at, MaxBody: maxRobots}, robotHops)
	if err != nil {
		return RobotsFile{Failure: err.Error(), Refused: domain.CodeOf(err) == domain.Forbidden}
	}
	file := RobotsFile{Status: chain.Last().Status}
	if file.Status >= 200 && file.Status <= 299 {
		file.Content = string(chain.Last().Body)
	}
	return file
}

// Trim takes off what JavaScript's trim takes off.
func Trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\u0085' || r == '\ufeff' })
}
