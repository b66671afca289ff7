//go:build failpoint

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/scanledger/scanledger/adapters/stream"
)

// behind listens for a broker and calls itself by another address, so that
// what the broker tells its clients leads them through a proxy.
type behind struct {
	net.Listener
	name net.Addr
}

func (b behind) Addr() net.Addr { return b.name }

// startFake starts a broker of this process behind a proxy that is called address.
func startFake(t *testing.T, address string) toxic {
	t.Helper()
	inner := freeAddress(t)
	name, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(t.TempDir()), kfake.SyncWrites(), kfake.ListenFn(func(network, _ string) (net.Listener, error) {
		l, err := net.Listen(network, inner)
		return behind{l, name}, err
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return startToxic(t, address, inner)
}

// TestFaultAmbiguousProduce cuts off answers of the broker, among them many to
// what it has stored. The producer cannot know, and sends again.
func TestFaultAmbiguousProduce(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	p := startFake(t, address)
	l := newLane(t, append([]string{"--kafka-brokers", address}, withoutProbes...)...)
	l.waits = true
	l.enter(t)
	l.ready(t, l.start(t, ""))
	b := l.load(t, 4, uint64(howMany(t, seedSetting, 1)))
	b.more(t, 20)
	p.poison(t, "cut_answer", &cutAnswer{Name: t.Name(), OneIn: 20})
	want := int64(10 * howMany(t, seedsSetting, 3))
	until(t, 2*time.Minute, func() (bool, string) {
		n := cutsOf(t.Name()).Load()
		return n >= want, fmt.Sprintf("%d of %d cuts", n, want)
	})
	p.cure(t, "cut_answer")
	since := time.Now()
	b.more(t, 20)
	b.stop()
	if n := len(l.refused()); n > 0 {
		t.Errorf("%d commands were refused because of the broker", n)
	}
	l.report(t, fmt.Sprintf("produce unanswered, %d answers cut off", cutsOf(t.Name()).Load()), since)
}

// TestFaultBrokerHangs has a broker that takes connections and answers nothing.
// Commands and reads do not notice.
func TestFaultBrokerHangs(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	p := startFake(t, address)
	l := newLane(t, "--kafka-brokers", address)
	l.enter(t)
	l.ready(t, l.start(t, ""))
	chance := rand.New(rand.NewPCG(uint64(howMany(t, seedSetting, 1)), 7))
	l.submit(t, 2, chance)
	p.poison(t, "timeout", map[string]int{"timeout": 0})
	l.submit(t, 3, chance)
	until(t, time.Minute, func() (bool, string) {
		r := call[struct{ Engines map[string]string }](t, l.key, http.MethodGet, "http://"+l.address+"/readyz", "", http.StatusOK)
		return r.Engines["kafka"] != "ready", fmt.Sprint(r.Engines)
	})
	l.submit(t, 1, chance)
	p.cure(t, "timeout")
	for _, e := range l.journal {
		if !e.acknowledged() {
			t.Errorf("%s was answered with %d while the broker hung", e.what, e.status)
		}
	}
	l.report(t, "broker hung", time.Now())
}

// spoiled are messages that can never be read, by what is wrong with them.
var spoiled = map[string]func(*sarama.ProducerMessage){
	"no JSON":      func(m *sarama.ProducerMessage) { m.Value = sarama.StringEncoder("{") },
	"null":         func(m *sarama.ProducerMessage) { m.Value = nil },
	"empty":        func(m *sarama.ProducerMessage) { m.Value = sarama.ByteEncoder{} },
	"not UTF-8":    func(m *sarama.ProducerMessage) { m.Value = sarama.ByteEncoder{0xff, 0xfe, 0} },
	"large":        func(m *sarama.ProducerMessage) { m.Value = sarama.ByteEncoder(bytes.Repeat([]byte("x"), 900_000)) },
	"no headers":   func(m *sarama.ProducerMessage) { m.Headers = nil },
	"no type":      func(m *sarama.ProducerMessage) { setHeader(m, "ce_type", "") },
	"unknown type": func(m *sarama.ProducerMessage) { setHeader(m, "ce_type", "moon.landed") },
	"new version":  func(m *sarama.ProducerMessage) { setHeader(m, "ce_dataschema", "x.v99.json") },
	"no sequence":  func(m *sarama.ProducerMessage) { setHeader(m, "ce_sequence", "first") },
}

func setHeader(m *sarama.ProducerMessage, name, value string) {
	for i, h := range m.Headers {
		if string(h.Key) == name {
			m.Headers[i].Value = []byte(value)
		}
	}
}

// TestFaultMessages sends everything that is on Kafka again, up to five times
// and in any order, with poison between. Nothing changes but the dead letters,
// and those are the poison.
func TestFaultMessages(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	l.enter(t)
	l.ready(t, l.start(t, ""))
	chance := rand.New(rand.NewPCG(uint64(howMany(t, seedSetting, 1)), 9))
	l.submit(t, 3, chance)
	l.settle(t)
	before := l.sums(t)
	again, planted := l.replayed(t, stream.Scans, chance), 0
	for range howMany(t, seedsSetting, 3) {
		for _, spoil := range spoiled {
			m := *again[chance.IntN(len(again))]
			m.Headers = append([]sarama.RecordHeader{}, m.Headers...)
			spoil(&m)
			again = append(again, &m)
			planted++
		}
	}
	chance.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer(brokersOf(t, l.options, l.dir), config)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	if err := producer.SendMessages(again); err != nil {
		t.Fatal(err)
	}
	sent := time.Now()
	l.submit(t, 1, chance) // whatever was ahead of it has been read when this one is done
	until(t, time.Minute, func() (bool, string) {
		n := len(l.letters(t))
		return n >= planted, fmt.Sprintf("%d of %d dead letters", n, planted)
	})
	l.settle(t)
	if n := len(l.letters(t)); n != planted {
		t.Errorf("%d messages are among the dead letters, %d were planted", n, planted)
	}
	for row, sum := range before {
		if now := l.sums(t)[row]; now != sum {
			t.Errorf("%s was %s and is %s", row, sum, now)
		}
	}
	l.report(t, fmt.Sprintf("messages: %d again and out of order, %d poisonous", len(again)-planted, planted), sent)
}
