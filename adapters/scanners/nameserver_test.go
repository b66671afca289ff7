package scanners

import (
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// nameserver answers from a zone, over UDP and TCP on one port of 127.0.0.1.
type nameserver struct {
	addr string

	mu    sync.Mutex
	zone  map[string][]string // "a.test. A" to values, one per answer in turn; the last stays
	asked map[string]int
	// mangle changes an answer on its way out; nil leaves it.
	mangle func(w dns.ResponseWriter, answer *dns.Msg)
}

// newNameserver serves zone: "name TYPE" to one or more answers, each a
// comma-separated list of record data ("CNAME x." where it is an alias).
func newNameserver(t *testing.T, zone map[string][]string) *nameserver {
	t.Helper()
	s := &nameserver{zone: zone, asked: map[string]int{}}
	tcp, udp := listenBoth(t)
	s.addr = tcp.Addr().String()
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
func (s *nameserver) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
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

func (s *nameserver) count(key string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[key]
}

func (s *nameserver) setMangle(mangle func(dns.ResponseWriter, *dns.Msg)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mangle = mangle
}

// listenBoth listens on one port of 127.0.0.1 that is free for TCP and UDP.
func listenBoth(t *testing.T) (net.Listener, net.PacketConn) {
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
