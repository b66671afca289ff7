package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/accesstoken"
	"github.com/scanledger/scanledger/adapters/argon2id"
	"github.com/scanledger/scanledger/adapters/cron"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/qr"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/content"
	"github.com/scanledger/scanledger/adapters/scanners/list"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/redirect"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// platform is what every role and most commands need: the log and what stands
// beside it.
type platform struct {
	config  Config
	log     *slog.Logger
	engines *engines
	pool    *pgxpool.Pool
	events  *postgres.Log
	secrets *postgres.Secrets
	reader  *postgres.Reader
	guard   *scanners.Guard
	tools   scanners.Engines
	desk    commands.Desk
	known   *redirect.Known
	feeds   toldFeeds
	analyst *analyst
}

// migrationPatience is how long a process waits for a Postgres that is away
// when it starts.
const migrationPatience = 60 * time.Second

// openPlatform connects to the log and brings its schema up to date.
func openPlatform(ctx context.Context, c Config, log *slog.Logger, e *engines) (*platform, error) {
	pool, err := postgres.Open(ctx, e.Postgres.URL)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, pool, log); err != nil {
		pool.Close()
		return nil, err
	}
	secrets := postgres.NewSecrets(pool)
	tokens, err := accessTokens(ctx, secrets)
	if err != nil {
		pool.Close()
		return nil, err
	}
	tools, err := c.tools()
	if err != nil {
		pool.Close()
		return nil, err
	}
	proofs, err := secrets.Installation(ctx, "proofs", random)
	if err != nil {
		pool.Close()
		return nil, err
	}
	lists, err := scanners.OpenBlocklists(append(slices.Clone(c.LinkLists), c.MalwareLists...))
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("lists of what links may not lead to: %w", err)
	}
	p := &platform{
		config: c, log: log, engines: e, pool: pool, events: postgres.NewLog(pool), secrets: secrets,
		reader: postgres.NewReader(pool), tools: tools, feeds: toldFeeds{c.feeds()}, analyst: &analyst{engines: e, dataDir: c.DataDir},
		guard: scanners.NewGuard(scanners.Policy{Allow: prefixes(c.AllowTargets), Own: ownAddresses(c, e), Resolver: c.Resolver, Log: log}),
	}
	directory, err := p.directory()
	if err != nil {
		pool.Close()
		return nil, err
	}
	p.known = &redirect.Known{Read: p.reader.LinkAt, Fresh: linksFresh, Now: now, Log: log}
	p.desk = commands.Desk{
		Log: telling{p.events, p.known}, Secrets: p.secrets, Accounts: new(commands.Accounts), Inbox: postgres.NewInbox(pool), Targets: p.guard, Proofs: p.reader, Findings: p.reader, Engines: tools, Calendar: cron.Calendar{},
		Now: now, NewID: newID, Random: random,
		Passwords: argon2id.New(), Sessions: postgres.NewSessions(pool), Tokens: tokens, Uses: postgres.NewUses(pool),
		Published: &scanners.Published{Guard: p.guard}, ProofKey: proofs, Directory: directory,
		Limits: commands.ScanLimits{Queue: c.ScanQueueLimit, Monthly: c.ScanMonthlyLimit},

		Destinations: &scanners.Destinations{Guard: p.guard, Own: ownHosts(c), Lists: lists, Log: log},
	}
	return p, nil
}

// codes take commands about QR codes; emit takes the events that bypass the log.
func (p *platform) codes(k keys, emit func(domain.Envelope) error) commands.Codes {
	return commands.Codes{
		Printer: qr.Printer{}, Logos: &scanners.Logos{Guard: p.guard}, Links: p.desk, Pictures: postgres.NewPictures(p.pool),
		Emit: emit, Key: k.codes, Together: runtime.GOMAXPROCS(0), Now: now, NewID: newID, Random: random,
	}
}

// tools are the scanners that there are here.
func (c Config) tools() (scanners.Engines, error) {
	all, err := list.All(scannerOptions(c))
	return scanners.Engines{Scanners: all, Settings: toolSettings(c)}, err
}

// toolSettings are where the tools outside of this program are.
func toolSettings(c Config) scanners.ToolSettings {
	return scanners.ToolSettings{
		Nmap: c.Nmap, SSLyze: c.SSLyze, Nuclei: c.Nuclei, ZAP: c.ZAPURL, ZAPKey: c.ZAPKey,
		GMP: c.GMPAddr, GMPUser: c.GMPUser, GMPPassword: c.GMPPassword,
	}
}

// scannerOptions are what scanners need of the settings.
func scannerOptions(c Config) list.Options {
	return list.Options{
		Resolver: c.Resolver, TrustAnchor: c.TrustAnchor, Preload: c.HSTSPreload, Content: content.Options{Libraries: c.JSLibraries, Malware: c.MalwareLists},
		Chromium: c.Chromium, Tools: toolSettings(c),
	}
}

// accessTokens are signed with a key of the installation.
func accessTokens(ctx context.Context, secrets *postgres.Secrets) (*accesstoken.Signer, error) {
	key, err := secrets.Installation(ctx, "access-tokens", random)
	if err != nil {
		return nil, err
	}
	return accesstoken.New(key)
}

// migrate waits for a server that is starting, and gives up on one that stays
// away or does not let us in.
func migrate(ctx context.Context, pool *pgxpool.Pool, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, migrationPatience)
	defer cancel()
	for {
		err := postgres.Migrate(ctx, pool)
		if err == nil || ctx.Err() != nil || postgres.Refused(err) {
			return err
		}
		log.Warn("Postgres is not ready", "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("postgres stayed away: %w", err)
		}
	}
}

// Close ends what openPlatform began, and then the engines.
func (p *platform) Close() error {
	p.events.Close()
	counted := p.analyst.Close()
	p.pool.Close()
	return errors.Join(counted, p.engines.Close())
}

func now() time.Time      { return time.Now().UTC().Truncate(time.Microsecond) }
func random(bytes []byte) { rand.Read(bytes) }
func newID() uuid.UUID    { return uuid.Must(uuid.NewV7()) }

func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), newID().String()[24:])
}

// keys are the installation's own secrets.
type keys struct {
	report, answers, codes, links, packets []byte

	days   *dayKeys
	public domain.KeySet // of the key that signs checkpoints
}

func (p *platform) keys(ctx context.Context) (k keys, err error) {
	if k.report, err = p.secrets.Installation(ctx, "report", random); err != nil {
		return k, err
	}
	k.days = &dayKeys{
		draw:   func(ctx context.Context, day time.Time) ([]byte, error) { return p.secrets.OfDay(ctx, day, random) },
		forget: p.secrets.ForgetDays, now: now, random: random, log: p.log,
	}
	if err = k.days.prepare(ctx); err != nil {
		return k, err
	}
	if k.answers, err = p.secrets.Installation(ctx, "answers", random); err != nil {
		return k, err
	}
	if k.codes, err = p.secrets.Installation(ctx, "codes", random); err != nil {
		return k, err
	}
	if k.links, err = p.secrets.Installation(ctx, "links", random); err != nil {
		return k, err
	}
	if k.packets, err = p.secrets.Installation(ctx, "packets", random); err != nil {
		return k, err
	}
	signer, err := p.signer(ctx)
	if err != nil {
		return k, err
	}
	k.public = domain.PublicKeys(signer.Public())
	return k, nil
}

// reportKey is what opens a scan's report: 128 bits that nobody can guess who
// does not have the installation's key.
func (k keys) reportKey(scan uuid.UUID) string {
	mac := hmac.New(sha256.New, k.report)
	mac.Write(scan[:])
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// addressName is a keyed hash of the block of an address, another one every day.
func (k keys) addressName(a netip.Addr) string { return k.visitorName(web.AddressBlock(a), "") }

// visitorName is a keyed hash of an address and what its browser calls itself, another
// one every day. After the day nobody can make it again: its key is gone.
func (k keys) visitorName(a netip.Addr, agent string) string { return k.days.today().name(a, agent) }

// ownAddresses are where this platform itself listens, keeps its data, and asks for
// scans: nothing that a scan may reach, whatever is allowed beside it.
func ownAddresses(c Config, e *engines) []netip.AddrPort {
	var own []netip.AddrPort
	for _, address := range append([]string{c.Addr, hostOf(e.Postgres.URL), hostOf(e.ClickHouse.URL), hostOf(c.ZAPURL), c.GMPAddr}, e.Kafka.Brokers...) {
		own = append(own, resolved(address)...)
	}
	return own
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// resolved are the addresses of host:port; of ":port" all of this machine.
func resolved(address string) []netip.AddrPort {
	if strings.HasPrefix(address, ":") {
		address = "0.0.0.0" + address
	}
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil || a.Port == 0 {
		return nil
	}
	return []netip.AddrPort{netip.AddrPortFrom(a.AddrPort().Addr().Unmap(), uint16(a.Port))}
}
