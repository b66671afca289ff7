// Package speed measures the line to a test server that speaks LibreSpeed's
// protocol, with round trips before and during transfers as Cloudflare's engine
// has them.
package speed

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Server is a test server.
type Server struct {
	ID       string
	Location string
	Download *url.URL // garbage
	Upload   *url.URL // empty
	Ping     *url.URL // empty
	Dial     Dial     // the only way to it
}

// Dial connects to an address.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// listed is a server as LibreSpeed's lists have it.
type listed struct {
	ID     int    `json:"id"` // 0 for none
	Name   string `json:"name"`
	Server string `json:"server"`
	DLURL  string `json:"dlURL"`
	ULURL  string `json:"ulURL"`
	Ping   string `json:"pingURL"`
}

// MaxServers is how many servers a list may have.
const MaxServers = 1000

// ParseServers reads a list of LibreSpeed's, a JSON array of objects with id,
// name, server, dlURL, ulURL and pingURL. One whose id is 0 or missing has its
// place in the list, from 1. The error says which server is wrong and how.
func ParseServers(text []byte) ([]Server, error) {
	var list []listed
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("it is no list of LibreSpeed's: %w", err)
	}
	if len(list) > MaxServers {
		return nil, fmt.Errorf("it has %d servers, more than %d", len(list), MaxServers)
	}
	servers, seen := make([]Server, 0, len(list)), map[string]bool{}
	for i, l := range list {
		s, err := l.server(i)
		if err == nil && seen[s.ID] {
			err = fmt.Errorf("its id %q is another's", s.ID)
		}
		if err != nil {
			return nil, fmt.Errorf("server %d: %w", i+1, err)
		}
		seen[s.ID] = true
		servers = append(servers, s)
	}
	return servers, nil
}

// Own is the id of the installation's own server, and ownNumber another word for
// it: its id in lists, whose ids are numbers.
const (
	Own       = "local"
	ownNumber = "0"
)

func (l listed) server(i int) (s Server, err error) {
	s = Server{ID: strconv.Itoa(cmp.Or(l.ID, i+1)), Location: l.Name}
	if l.ID < 0 || len(s.Location) > 200 {
		return s, fmt.Errorf("its id is below 0, or its name has more than 200 bytes")
	}
	base := l.Server
	if strings.HasPrefix(base, "//") { // whichever the page has that shows it
		base = "https:" + base
	}
	root, err := url.Parse(strings.TrimSuffix(base, "/") + "/")
	if err != nil || root.Scheme != "http" && root.Scheme != "https" || root.Host == "" || root.User != nil {
		return s, fmt.Errorf("server must be an address that begins with http:// or https://, not %q", l.Server)
	}
	for _, part := range []struct {
		to     **url.URL
		name   string
		preset string
	}{
		{&s.Download, l.DLURL, "garbage.php"}, {&s.Upload, l.ULURL, "empty.php"}, {&s.Ping, l.Ping, "empty.php"},
	} {
		below, err := url.Parse(cmp.Or(part.name, part.preset))
		if err != nil || below.IsAbs() || below.Host != "" {
			return s, fmt.Errorf("%q must be a path below server", part.name)
		}
		*part.to = root.ResolveReference(below)
	}
	return s, nil
}

// OwnServer is the installation's own, at the address on which it serves. By the pass
// it knows that we are no visitor, whose share we would use up.
func OwnServer(address, location, pass string, dial Dial) Server {
	at := func(name string) *url.URL {
		return &url.URL{Scheme: "http", Host: address, Path: "/librespeed/" + name, RawQuery: url.Values{"pass": {pass}}.Encode()}
	}
	return Server{ID: Own, Location: location, Download: at("garbage"), Upload: at("empty"), Ping: at("empty"), Dial: dial}
}
