package hostile

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// Nameserver answers from a zone, over UDP and TCP on one port.
type Nameserver struct {
	Addr string

	mu     sync.Mutex
	zone   map[string][]string // "a.test. A" to values, one per answer in turn; the last stays
	asked  map[string]int
	mangle func(w dns.ResponseWriter, answer *dns.Msg)
}

// NewNameserver serves zone on 127.0.0.1: "name TYPE" to one or more answers,
// each a comma-separated list of record data ("CNAME x." where it is an alias; "" for
// none).
func NewNameserver(t testing.TB, zone map[string][]string) *Nameserver {
	t.Helper()
	tcp, udp := ListenBoth(t)
	return ServeNames(t, zone, tcp, udp)
}

// ServeNames is NewNameserver on listeners of the caller's.
func ServeNames(t testing.TB, zone map[string][]string, tcp net.Listener, udp net.PacketConn) *Nameserver {
	t.Helper()
	s := &Nameserver{Addr: tcp.Addr().String(), zone: zone, asked: map[string]int{}}
	for _, server := range []*dns.Server{{PacketConn: udp, Handler: s}, {Listener: tcp, Handler: s}} {
		started, ended := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		go func() {
			defer close(ended)
			if err := server.ActivateAndServe(); err != nil {
				t.Error(err)
			}
		}()
		<-started
		t.Cleanup(func() { server.Shutdown(); <-ended })
	}
	return s
}

// ServeDNS implements dns.Handler.
func (s *Nameserver) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	answer := new(dns.Msg).SetReply(question)
	q := question.Question[0]
	key := strings.ToLower(q.Name) + " " + dns.TypeToString[q.Qtype]
	s.mu.Lock()
	s.asked[key]++
	turns := s.zone[key]
	if len(turns) > 0 {
		addRecords(answer, q, turns[min(s.asked[key], len(turns))-1])
	}
	mangle := s.mangle
	s.mu.Unlock()
	if mangle != nil {
		mangle(w, answer)
	}
	w.WriteMsg(answer)
}

func addRecords(answer *dns.Msg, q dns.Question, list string) {
	if list == "" {
		return
	}
	owner := q.Name
	for _, data := range strings.Split(list, ",") {
		kind := dns.TypeToString[q.Qtype]
		if alias, found := strings.CutPrefix(data, "CNAME "); found {
			kind, data = "CNAME", alias
		}
		record, err := dns.NewRR(owner + " 0 IN " + kind + " " + data)
		if err != nil {
			panic(err)
		}
		answer.Answer = append(answer.Answer, record)
		if kind == "CNAME" {
			owner = data
		}
	}
}

// Count is how often a key of the zone was asked for.
func (s *Nameserver) Count(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[key]
}

// SetMangle has answers changed on their way out; nil leaves them.
func (s *Nameserver) SetMangle(mangle func(dns.ResponseWriter, *dns.Msg)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mangle = mangle
}

// ListenBoth listens on one port of 127.0.0.1 that is free for TCP and UDP.
func ListenBoth(t testing.TB) (net.Listener, net.PacketConn) {
	t.Helper()
	for range 50 {
		tcp, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		udp, err := net.ListenPacket("udp", tcp.Addr().String())
		if err == nil {
			return tcp, udp
		}
		tcp.Close()
	}
	t.Fatal("no port is free for both TCP and UDP")
	return nil, nil
}
