package kafka

import (
	"testing"
	"time"

	"github.com/IBM/sarama"
)

// Each of these is a way to lose, double or disorder messages when it is set
// otherwise, and most are set otherwise by default.
func TestEverySafeSetting(t *testing.T) {
	c, err := Broker{}.config()
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]struct{ got, want any }{
		"version":             {c.Version, sarama.V2_8_0_0},
		"versions agreed":     {c.ApiVersionsRequest, true},
		"one in flight":       {c.Net.MaxOpenRequests, 1},
		"read timeout":        {c.Net.ReadTimeout, 30 * time.Second},
		"write timeout":       {c.Net.WriteTimeout, 10 * time.Second},
		"metadata refresh":    {c.Metadata.RefreshFrequency, time.Minute},
		"no topics by chance": {c.Metadata.AllowAutoTopicCreation, false},
		"idempotent":          {c.Producer.Idempotent, true},
		"acks":                {c.Producer.RequiredAcks, sarama.WaitForAll},
		"acks timeout":        {c.Producer.Timeout, 10 * time.Second},
		"largest message":     {c.Producer.MaxMessageBytes, MaxMessageBytes},
		"successes":           {c.Producer.Return.Successes, true},
		"errors":              {c.Producer.Return.Errors, true},
		"from the oldest":     {c.Consumer.Offsets.Initial, sarama.OffsetOldest},
		"commits":             {c.Consumer.Offsets.AutoCommit.Enable, true},
		"commits every":       {c.Consumer.Offsets.AutoCommit.Interval, time.Second},
		"consumer errors":     {c.Consumer.Return.Errors, true},
		"session":             {c.Consumer.Group.Session.Timeout, 12 * time.Second},
		"heartbeat":           {c.Consumer.Group.Heartbeat.Interval, 2 * time.Second},
		"strategies":          {len(c.Consumer.Group.Rebalance.GroupStrategies), 1},
		"strategy":            {c.Consumer.Group.Rebalance.GroupStrategies[0].Name(), "sticky"},
		"rebalance":           {c.Consumer.Group.Rebalance.Timeout < c.Consumer.Group.Session.Timeout, true},
		"joins fit the read":  {c.Consumer.Group.Session.Timeout+c.Consumer.Group.Rebalance.Timeout < c.Net.ReadTimeout, true},
		"compression":         {c.Producer.Compression, sarama.CompressionSnappy},
	} {
		if s.got != s.want {
			t.Errorf("%s is %v, want %v", name, s.got, s.want)
		}
	}
}

func TestRetriesOutlastTheTimeout(t *testing.T) {
	for _, timeout := range []time.Duration{0, time.Second, time.Minute} {
		b := Broker{Timeout: timeout}
		c, err := b.config()
		if err != nil {
			t.Fatal(err)
		}
		if all := time.Duration(c.Producer.Retry.Max) * c.Producer.Retry.Backoff; all < 2*b.timeout() {
			t.Errorf("timeout %v: retries end after %v", timeout, all)
		}
	}
}

func TestVersion(t *testing.T) {
	c, err := Broker{Version: "3.6.0"}.config()
	if err != nil || c.Version != sarama.V3_6_0_0 {
		t.Errorf("3.6.0 is %v, %v", c, err)
	}
	if _, err := (Broker{Version: "new"}).config(); err == nil {
		t.Error("version new was taken")
	}
}
