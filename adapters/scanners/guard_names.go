package scanners

import (
	"net/netip"
	"strings"
)

// nameRule is how names under a reserved domain are treated.
type nameRule int

const (
	ordinary    nameRule = iota
	loopback             // always this machine: never asked of a resolver
	reserved             // only where every address is in a range that the operator allows
	addressless          // never has an address
)

// reservedNames are the domains, with all below them, that do not mean the
// public Internet.
var reservedNames = map[string]nameRule{
	"localhost":   loopback,    // RFC 6761 §6.3
	"localdomain": reserved,    // in the hosts file of many systems
	"local":       reserved,    // RFC 6762
	"internal":    reserved,    // ICANN resolution 2024.07.29.06; clouds' metadata
	"home.arpa":   reserved,    // RFC 8375
	"invalid":     addressless, // RFC 6761 §6.4
	"onion":       addressless, // RFC 7686
}

// ruleOf returns how name is treated. One without a dot is a name of the
// local network.
func ruleOf(name string) nameRule {
	for rest := name; ; {
		if rule, found := reservedNames[rest]; found {
			return rule
		}
		_, parent, found := strings.Cut(rest, ".")
		if !found {
			break
		}
		rest = parent
	}
	if !strings.Contains(name, ".") {
		return reserved
	}
	return ordinary
}

// CheckName says whether a name may be asked for in the DNS, whatever addresses it
// has: Forbidden for one that only this machine or its network knows, unless the
// operator allows some of those, and for one that the DNS never knows.
func (g *Guard) CheckName(name string) error {
	switch rule := ruleOf(name); {
	case rule == addressless:
		return g.forbid(name, "a name that the DNS does not have")
	case rule != ordinary && len(g.policy.Allow) == 0:
		return g.forbid(name, "a name of the local network")
	default:
		return nil
	}
}

// PublicName says whether a name can be one of the public DNS: registries know no
// other, and are not to be told which there are in a local network.
func (g *Guard) PublicName(name string) bool { return ruleOf(name) == ordinary }

// Shows says whether an address that a name has may be told to whoever asks: of
// what is not public only what the operator allows, and what was set aside for
// documents, where there is nobody.
func (g *Guard) Shows(addr netip.Addr) bool {
	reason := g.denied(addr)
	return reason == "" || strings.HasPrefix(reason, "documentation")
}
