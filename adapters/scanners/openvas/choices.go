package openvas

import (
	"context"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// choice is a thing of Greenbone's feed: by its name, for ids differ where
// somebody made it anew, else by the id that it has in the feed.
type choice struct{ name, id string }

// scanConfigs are what runs each profile, the first that a Greenbone has. Its feed
// has had no deeper one than "Full and fast" since 2021.
var scanConfigs = map[domain.Profile][]choice{
	domain.OpenVASDiscovery: {{"Discovery", "8715c877-47a0-438d-98a3-27c7a6ab2196"}},
	domain.OpenVASFullFast:  {fullAndFast},
	domain.OpenVASDeep:      {{"Full and very deep", "708f25c4-7489-11df-8094-002264764cea"}, fullAndFast},
}

var fullAndFast = choice{"Full and fast", "daba56c8-73ec-11df-a475-002264764cea"}

// everyTCP is the port list that needs no entry of the feed.
const everyTCP = "T:1-65535"

var lists = map[domain.PortList][]choice{
	domain.AllIANATCP:      {{"All IANA assigned TCP", "33d0cd82-57c6-11e1-8ed1-406186ea4fc5"}},
	domain.AllIANATCPUDP:   {{"All IANA assigned TCP and UDP", "4a4717fe-57d2-11e1-9a26-406186ea4fc5"}},
	domain.AllTCP:          nil,
	domain.AllTCPTop100UDP: {{"All TCP and Nmap top 100 UDP", "730ef368-57e2-11e1-a90f-406186ea4fc5"}, {"All TCP and Nmap 5.51 top 100 UDP", "730ef368-57e2-11e1-a90f-406186ea4fc5"}},
}

// covered are the ports of a list as the coverage has them, where the list is the
// same everywhere; IANA's changes with the feed.
var covered = map[domain.PortList]string{domain.AllTCP: "1-65535/tcp", domain.AllTCPTop100UDP: "1-65535/tcp"}

// scannerID is OpenVAS as gvmd itself enters it.
const scannerID = "08b69003-5fc2-4037-a479-93b440211c73"

// pick finds the first of some choices among what there is.
func pick(there []named, choices []choice) (named, bool) {
	for _, c := range choices {
		for _, same := range []func(named) bool{
			func(n named) bool { return n.Name == c.name },
			func(n named) bool { return n.ID == c.id },
		} {
			for _, n := range there {
				if same(n) {
					return n, true
				}
			}
		}
	}
	return named{}, false
}

// config is what runs a profile on this Greenbone.
func (c *client) config(ctx context.Context, p domain.Profile) (named, error) {
	var there configs
	if err := c.ask(ctx, "get_configs", byFilter{Filter: everything}, &there); err != nil {
		return named{}, err
	}
	found, ok := pick(there.All, scanConfigs[p])
	if !ok {
		return named{}, absent("scan configuration", scanConfigs[p])
	}
	return found, nil
}

// ports is the id of a port list on this Greenbone; "" for every TCP port.
func (c *client) ports(ctx context.Context, list domain.PortList) (named, error) {
	if list == domain.AllTCP {
		return named{Name: everyTCP}, nil
	}
	var there portLists
	if err := c.ask(ctx, "get_port_lists", byFilter{Filter: everything}, &there); err != nil {
		return named{}, err
	}
	found, ok := pick(there.All, lists[list])
	if !ok {
		return named{}, absent("port list", lists[list])
	}
	return found, nil
}

// everything is the filter for all of a kind.
const everything = "rows=-1"

func absent(kind string, choices []choice) error {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.name
	}
	return scanners.Skip("Greenbone has no %s %s: its feed is not there yet, or not whole", kind, strings.Join(names, " or "))
}
