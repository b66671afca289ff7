package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/audit"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/domain"
)

// TestAuditBehind audits read models that a dead projector has left behind: it
// is a member of its group until Kafka gives it up, and takes nothing. Only what
// the group has gone by is missing.
func TestAuditBehind(t *testing.T) {
	s := auditSystem{dir: dataFolder(t)}
	s.options = settings(t, s.dir, "--roles", "api,relay,count", "--audit-interval", "0")
	s.server = startServer(t, s.options)
	s.key = user(t, s.options, "issafesite", "scanner")
	s.submit(t, "http://127.0.0.1/") // nobody scans it: a request is enough
	p := s.beside(t)
	readModels := func() *domain.Invariant {
		t.Helper()
		a, err := p.audited().Look(t.Context(), audit.Options{Patience: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range a.Invariants {
			if i.Name == domain.ReadModelsInvariant {
				return i
			}
		}
		t.Fatal("the read models were not looked at")
		return nil
	}

	leave := joinDead(t, brokersOf(t, s.options, s.dir))
	late := readModels()
	if late.Count > 0 || late.Counts["rows behind the log"] != 3 || !strings.Contains(late.NotChecked, "3 rows are behind by 3 events") {
		t.Errorf("with one that is dead: %+v", late)
	}
	leave()
	if i := readModels(); i.Count != 3 || i.NotChecked != "" || i.Counts["rows behind the log"] > 0 {
		t.Errorf("with a group that has gone by everything: %+v", i)
	}
}

// joinDead joins the projectors' group as one who holds all partitions and takes
// nothing. As it leaves, it says that it has taken everything.
func joinDead(t *testing.T, brokers []string) (leave func()) {
	t.Helper()
	config := sarama.NewConfig()
	config.Consumer.Offsets.AutoCommit.Enable = false
	group, err := sarama.NewConsumerGroup(brokers, groups.Scans.Name, config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	m := member{joined: make(chan struct{})}
	ended := make(chan error, 1)
	go func() { ended <- group.Consume(ctx, []string{stream.Scans}, m) }()
	select {
	case <-m.joined:
	case err := <-ended:
		t.Fatalf("the group did not take another member: %v", err)
	}
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := group.Close(); err != nil {
			t.Error(err)
		}
	}
}

// member takes nothing, and lies about it.
type member struct{ joined chan struct{} }

// Setup implements sarama.ConsumerGroupHandler.
func (m member) Setup(sarama.ConsumerGroupSession) error { close(m.joined); return nil }

// Cleanup implements sarama.ConsumerGroupHandler.
func (member) Cleanup(s sarama.ConsumerGroupSession) error { s.Commit(); return nil }

// ConsumeClaim implements sarama.ConsumerGroupHandler.
func (member) ConsumeClaim(s sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	<-s.Context().Done()
	s.MarkOffset(claim.Topic(), claim.Partition(), claim.HighWaterMarkOffset(), "")
	return nil
}
