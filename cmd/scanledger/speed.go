package main

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/netip"
	"os"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/speed"
	"github.com/scanledger/scanledger/adapters/turn"
	"github.com/scanledger/scanledger/adapters/web/speedtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// testServers are those of the settings: to measure lines to, and as they are
// listed.
func (c Config) testServers() (servers []speed.Server, listed []speedtest.ListedServer, err error) {
	if c.SpeedTestServers == "" {
		return nil, nil, nil
	}
	text, err := os.ReadFile(c.SpeedTestServers)
	if err != nil {
		return nil, nil, err
	}
	if servers, err = speed.ParseServers(text); err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &listed); err != nil {
		return nil, nil, err
	}
	for i := range listed {
		if listed[i].ID == 0 {
			listed[i].ID = i + 1
		}
	}
	return servers, listed, nil
}

// lines measures the lines to the servers of the settings, and first of all to
// our own, which listens at an address and knows us by a pass. What the guard forbids to others, it is
// let at that alone.
func (p *platform) lines(listens net.Addr, pass string) (*speed.Client, error) {
	others, _, err := p.config.testServers()
	if err != nil {
		return nil, err
	}
	at := reachable(listens)
	config := p.config
	config.Addr = ""
	inward := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.PrefixFrom(at.Addr(), at.Addr().BitLen())}, Own: ownAddresses(config, p.engines), Log: p.log})
	servers := []speed.Server{speed.OwnServer(at.String(), p.config.SpeedTestLocation, pass, dialOf(inward))}
	for _, s := range others {
		s.Dial = dialOf(p.guard)
		servers = append(servers, s)
	}
	return &speed.Client{Servers: servers, Log: p.log}, nil
}

// newPass is a word that nobody guesses, for as long as the process lives.
func newPass() string {
	word := make([]byte, 16)
	random(word)
	return hex.EncodeToString(word)
}

// dialOf dials each address as a job of its own.
func dialOf(g *scanners.Guard) speed.Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return g.Session().DialContext(ctx, network, address)
	}
}

// reachable is where this machine reaches what listens at an address: on
// loopback, where that is all addresses.
func reachable(listens net.Addr) netip.AddrPort {
	at, err := netip.ParseAddrPort(listens.String())
	if err != nil || at.Addr().IsUnspecified() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// What a visitor may take of the line, beside the bytes of the settings.
const (
	visitorTransfers = 32
	allTransfers     = 512
	visitorRequests  = 6000 // a minute: quick lines send bodies of 20 MiB one after another
	visitorResults   = 60   // an hour
)

// speedSite is for those who measure without an account.
func (p *platform) speedSite(k keys, desk commands.Desk, tests projections.SpeedTestReader, counts speedtest.Shared, pass string) (*speedtest.Site, error) {
	_, others, err := p.config.testServers()
	return &speedtest.Site{
		Bounds: &speedtest.Bounds{
			Transfers: visitorTransfers, Together: allTransfers, Requests: visitorRequests, Results: visitorResults,
			Bytes: int64(p.config.SpeedTestGiBPerHour) << 30, Now: now, Shared: counts,
		},
		Visitor: k.addressName, Results: desk, Tests: tests, Location: p.config.SpeedTestLocation, Others: others, Pass: pass, Log: p.log,
	}, err
}

// noPackets is the setting of who sends none back.
const noPackets = "off"

// packets sends packets back to those who measure loss, where the API listens if
// nothing else is set; there it may do without, where somebody else has the port.
func (p *platform) packets(k keys, listens net.Addr) (*turn.Server, error) {
	address := cmp.Or(p.config.SpeedTestUDPAddr, listens.String())
	if address == noPackets || !p.config.has(roleAPI) {
		return nil, nil
	}
	conn, err := net.ListenPacket("udp", address)
	if err != nil && p.config.SpeedTestUDPAddr == "" {
		p.log.Warn("loss is not measured: no packets are sent back", "error", err)
		return nil, nil
	}
	if err != nil {
		return nil, fault("SPEEDTEST_UDP_ADDR", "%v", err)
	}
	return turn.Serve(conn, turn.Options{Secret: k.packets, Visitor: k.addressName, Random: random, Now: now})
}

// uncountedTests answers where there is no ClickHouse.
type uncountedTests struct{}

// SpeedTests implements projections.SpeedTestReader.
func (uncountedTests) SpeedTests(context.Context, projections.SpeedTestFilter) ([]projections.SpeedTestRow, int, error) {
	return nil, 0, noAnalytics()
}

// SpeedTest implements projections.SpeedTestReader.
func (uncountedTests) SpeedTest(context.Context, uuid.UUID) (projections.SpeedTestRow, error) {
	return projections.SpeedTestRow{}, noAnalytics()
}

func noAnalytics() error {
	return domain.Errorf(domain.Unavailable, "What has been measured cannot be read: the installation has no analytics engine")
}

// speedTests reads what has been measured. Its connections end with the platform.
func (p *platform) speedTests() projections.SpeedTestReader {
	db, err := p.engines.analytics()
	if err != nil {
		p.log.Warn("speed tests are not to be read", "reason", err)
		return uncountedTests{}
	}
	p.engines.closers = append(p.engines.closers, db.Close)
	return db
}
