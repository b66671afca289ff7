package dns

import (
	"crypto"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
)

// A world is a small DNS of its own: zones from a root downwards, each signed
// or not, and one server on loopback that is their resolver and authority.
type world struct {
	address string // of the server, host:port
	anchor  string // file with the root's DS record
	web     string // port of the services behind aliases
	zones   map[string]*testZone

	mu    sync.Mutex
	edit  func(q miekg.Question, m *miekg.Msg) // changes an answer before it is sent
	asked int
	mute  bool
}

type testZone struct {
	name    string
	proof   string // "nsec", "nsec3", "optout", or "" for a zone that is not signed
	expired bool   // whether its signatures are of yesterday
	open    bool   // whether it may be transferred
	key     *miekg.DNSKEY
	private crypto.Signer
	rrs     []miekg.RR
	denials []miekg.RR
}

// newWorld takes zones, parents before children, and starts their server.
func newWorld(t *testing.T, zones ...zoneText) *world {
	t.Helper()
	w := &world{zones: map[string]*testZone{}}
	for _, text := range zones {
		w.zones[text.name] = text.parse(t)
	}
	for _, z := range w.zones {
		if parent := w.zoneOf(parentOf(z.name)); z.name != "." && z.key != nil && parent.key != nil && !hasDS(parent, z.name) {
			parent.rrs = append(parent.rrs, z.key.ToDS(miekg.SHA256))
		}
	}
	for _, z := range w.zones {
		z.chain()
	}
	w.anchor = filepath.Join(t.TempDir(), "root.key")
	if root := w.zones["."]; root != nil && root.key != nil {
		if err := os.WriteFile(w.anchor, []byte(root.key.ToDS(miekg.SHA256).String()+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	w.serve(t)
	return w
}

// zoneText describes a zone; records without a dot at the end are below it.
type zoneText struct {
	name, proof, records string
	expired, open        bool
}

func (text zoneText) parse(t *testing.T) *testZone {
	t.Helper()
	z := &testZone{name: text.name, proof: text.proof, expired: text.expired, open: text.open}
	records := "@ 300 IN SOA ns hostmaster 1 7200 3600 86400 300\n" + text.records
	parser := miekg.NewZoneParser(strings.NewReader(records), text.name, "")
	parser.SetDefaultTTL(300)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.rrs = append(z.rrs, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	if z.proof == "" {
		return z
	}
	z.key = &miekg.DNSKEY{
		Hdr:   miekg.RR_Header{Name: z.name, Rrtype: miekg.TypeDNSKEY, Class: miekg.ClassINET, Ttl: 300},
		Flags: miekg.ZONE | miekg.SEP, Protocol: 3, Algorithm: miekg.ECDSAP256SHA256,
	}
	private, err := z.key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	z.private = private.(crypto.Signer)
	z.rrs = append(z.rrs, z.key)
	return z
}

func hasDS(z *testZone, child string) bool { return len(recordsAt[*miekg.DS](z.rrs, child)) > 0 }

func parentOf(name string) string { return lastLabels(name, miekg.CountLabel(name)-1) }

func (w *world) zoneOf(name string) *testZone {
	for labels := miekg.CountLabel(name); labels >= 0; labels-- {
		if z := w.zones[lastLabels(name, labels)]; z != nil {
			return z
		}
	}
	return nil
}

// chain makes the records that prove what is not in the zone.
func (z *testZone) chain() {
	if z.proof == "" {
		return
	}
	types := map[string][]uint16{}
	for _, rr := range z.rrs {
		h := rr.Header()
		if !slices.Contains(types[h.Name], h.Rrtype) {
			types[h.Name] = append(types[h.Name], h.Rrtype)
		}
		if z.proof != "nsec" { // what lies between exists too, without records
			for at := parentOf(h.Name); miekg.IsSubDomain(z.name, at); at = parentOf(at) {
				if types[at] == nil {
					types[at] = []uint16{}
				}
				if at == "." {
					break
				}
			}
		}
	}
	if z.proof == "nsec" {
		z.chainNSEC(types)
	} else {
		z.chainNSEC3(types)
	}
}

func (z *testZone) chainNSEC(types map[string][]uint16) {
	var names []string
	for name := range types {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if less(a, b) {
			return -1
		}
		return 1
	})
	for i, name := range names {
		bits := append(slices.Clone(types[name]), miekg.TypeRRSIG, miekg.TypeNSEC)
		slices.Sort(bits)
		z.denials = append(z.denials, &miekg.NSEC{
			Hdr:        miekg.RR_Header{Name: name, Rrtype: miekg.TypeNSEC, Class: miekg.ClassINET, Ttl: 300},
			NextDomain: names[(i+1)%len(names)], TypeBitMap: bits,
		})
	}
}

func (z *testZone) chainNSEC3(types map[string][]uint16) {
	const salt = "AB"
	var hashes []string
	bitsOf := map[string][]uint16{}
	for name, bits := range types {
		delegation := slices.Contains(bits, miekg.TypeNS) && !slices.Contains(bits, miekg.TypeSOA)
		if z.proof == "optout" && delegation && !slices.Contains(bits, miekg.TypeDS) {
			continue
		}
		hash := miekg.HashName(name, miekg.SHA1, 1, salt)
		hashes = append(hashes, hash)
		bitsOf[hash] = slices.Sorted(slices.Values(append(slices.Clone(bits), miekg.TypeRRSIG)))
	}
	slices.Sort(hashes)
	flags := uint8(0)
	if z.proof == "optout" {
		flags = 1
	}
	for i, hash := range hashes {
		z.denials = append(z.denials, &miekg.NSEC3{
			Hdr:  miekg.RR_Header{Name: strings.ToLower(hash) + "." + strings.TrimPrefix(z.name, "."), Rrtype: miekg.TypeNSEC3, Class: miekg.ClassINET, Ttl: 300},
			Hash: miekg.SHA1, Flags: flags, Iterations: 1, SaltLength: 1, Salt: salt,
			HashLength: 20, NextDomain: hashes[(i+1)%len(hashes)], TypeBitMap: bitsOf[hash],
		})
	}
}

// signed returns rrs and their signature.
func (z *testZone) signed(rrs ...miekg.RR) []miekg.RR {
	if z.key == nil || len(rrs) == 0 {
		return rrs
	}
	now := time.Now()
	sig := &miekg.RRSIG{
		Hdr: miekg.RR_Header{Ttl: 300}, Algorithm: z.key.Algorithm, SignerName: z.name, KeyTag: z.key.KeyTag(),
		Inception: uint32(now.Add(-48 * time.Hour).Unix()), Expiration: uint32(now.Add(time.Hour).Unix()),
	}
	if z.expired {
		sig.Expiration = uint32(now.Add(-24 * time.Hour).Unix())
	}
	if err := sig.Sign(z.private, rrs); err != nil {
		panic(err)
	}
	return append(slices.Clone(rrs), sig)
}

func (z *testZone) at(name string, qtype uint16) []miekg.RR {
	var found []miekg.RR
	for _, rr := range z.rrs {
		if rr.Header().Name == name && rr.Header().Rrtype == qtype {
			found = append(found, rr)
		}
	}
	return found
}

// dname is the DNAME record above a name, nil where there is none.
func (z *testZone) dname(name string) *miekg.DNAME {
	for _, rr := range z.rrs {
		if d, is := rr.(*miekg.DNAME); is && d.Hdr.Name != name && miekg.IsSubDomain(d.Hdr.Name, name) {
			return d
		}
	}
	return nil
}

func (z *testZone) exists(name string) bool {
	return slices.ContainsFunc(z.rrs, func(rr miekg.RR) bool { return miekg.IsSubDomain(name, rr.Header().Name) })
}

// find resolves a question, aliases and wildcards included.
func (w *world) find(q miekg.Question) *miekg.Msg {
	m := new(miekg.Msg)
	name := strings.ToLower(q.Name)
	for range 8 {
		z := w.zoneOf(name)
		if q.Qtype == miekg.TypeDS && z != nil && name == z.name && name != "." {
			z = w.zoneOf(parentOf(name))
		}
		if z == nil {
			m.Rcode = miekg.RcodeNameError
			return m
		}
		rrs, alias := z.at(name, q.Qtype), z.at(name, miekg.TypeCNAME)
		switch {
		case len(rrs) > 0:
			m.Answer = append(m.Answer, z.signed(rrs...)...)
			return m
		case len(alias) > 0:
			m.Answer = append(m.Answer, z.signed(alias...)...)
			name = alias[0].(*miekg.CNAME).Target
			continue
		}
		if d := z.dname(name); d != nil {
			below := strings.TrimSuffix(name, d.Hdr.Name)
			m.Answer = append(m.Answer, z.signed(d)...)
			m.Answer = append(m.Answer, &miekg.CNAME{Hdr: miekg.RR_Header{Name: name, Rrtype: miekg.TypeCNAME, Class: miekg.ClassINET, Ttl: 300}, Target: below + d.Target})
			name = below + d.Target
			continue
		}
		star := "*." + parentOf(name)
		if alias := z.at(star, miekg.TypeCNAME); len(alias) > 0 && !z.exists(name) {
			m.Answer = append(m.Answer, renamed(z.signed(alias...), name)...)
			z.deny(m, name, 0)
			name = alias[0].(*miekg.CNAME).Target
			continue
		}
		if rrs := z.at(star, q.Qtype); len(rrs) > 0 && !z.exists(name) {
			m.Answer = append(m.Answer, renamed(z.signed(rrs...), name)...)
			z.deny(m, name, 0)
			return m
		}
		if !z.exists(name) {
			m.Rcode = miekg.RcodeNameError
		}
		m.Ns = append(m.Ns, z.signed(z.at(z.name, miekg.TypeSOA)...)...)
		z.deny(m, name, q.Qtype)
		return m
	}
	m.Rcode = miekg.RcodeServerFailure
	return m
}

// renamed are records of a wildcard as those of a name that it stands for.
func renamed(rrs []miekg.RR, name string) (of []miekg.RR) {
	for _, rr := range rrs {
		rr = miekg.Copy(rr)
		rr.Header().Name = name
		of = append(of, rr)
	}
	return of
}

// deny adds all denials of the zone: more than a server would, never less.
func (z *testZone) deny(m *miekg.Msg, _ string, _ uint16) {
	for _, rr := range z.denials {
		m.Ns = append(m.Ns, z.signed(rr)...)
	}
}

func (w *world) ServeDNS(rw miekg.ResponseWriter, r *miekg.Msg) {
	w.mu.Lock()
	w.asked++
	mute, edit := w.mute, w.edit
	w.mu.Unlock()
	if mute {
		return
	}
	q := r.Question[0]
	if q.Qtype == miekg.TypeAXFR {
		w.transfer(rw, r)
		return
	}
	m := w.find(q)
	rcode := m.Rcode
	m.SetReply(r)
	m.Rcode, m.RecursionAvailable, m.Authoritative = rcode, true, w.zoneOf(q.Name) != nil
	if edit != nil {
		edit(q, m)
	}
	if _, udp := rw.RemoteAddr().(*net.UDPAddr); udp {
		m.Truncate(ednsSize)
	}
	rw.WriteMsg(m)
}

func (w *world) transfer(rw miekg.ResponseWriter, r *miekg.Msg) {
	z := w.zones[r.Question[0].Name]
	m := new(miekg.Msg)
	if z == nil || !z.open {
		rw.WriteMsg(m.SetRcode(r, miekg.RcodeRefused))
		return
	}
	m.SetReply(r)
	m.Answer = append(slices.Clone(z.rrs), z.rrs[0])
	rw.WriteMsg(m)
}

// serve listens on the same loopback port over UDP and TCP.
func (w *world) serve(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.address = listener.Addr().String()
	packets, err := net.ListenPacket("udp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range []*miekg.Server{{Listener: listener, Handler: w}, {PacketConn: packets, Handler: w}} {
		started, done := make(chan struct{}), make(chan error, 1)
		server.NotifyStartedFunc = func() { close(started) }
		go func() { done <- server.ActivateAndServe() }()
		<-started
		t.Cleanup(func() {
			server.Shutdown()
			<-done
		})
	}
}

// answers sets what changes each answer from now on.
func (w *world) answers(edit func(q miekg.Question, m *miekg.Msg)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edit = edit
}

// questions is how many were asked so far.
func (w *world) questions() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked
}

// silence makes the server answer nothing any more.
func (w *world) silence() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mute = true
}

// port is the server's.
func (w *world) port() string {
	_, port, _ := net.SplitHostPort(w.address)
	return port
}
