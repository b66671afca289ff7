package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/IBM/sarama"
)

// Topic is what a broker has to be told of one topic.
type Topic struct {
	Name         string
	Partitions   int32
	Retention    time.Duration
	SegmentBytes int64
}

// Provision makes the brokers have the topics: it creates those that are
// missing, with as many copies as asked for (0 for the brokers' default),
// gives the others the settings of the manifest, and returns when every
// partition has a leader. A topic with another number of partitions is an
// error that names it, since every key's place depends on that number.
func Provision(ctx context.Context, b Broker, topics []Topic, copies int16) error {
	config, err := b.config()
	if err != nil {
		return err
	}
	net := through(config)
	defer net.cut()
	defer context.AfterFunc(ctx, net.cut)()
	config.Metadata.Full = true // the controller is found by it
	admin, err := sarama.NewClusterAdmin(b.Addrs, config)
	if err != nil {
		return err
	}
	defer func() { _ = admin.Close() }()
	var faults []error
	for _, t := range topics {
		if err := provide(admin, t, copies); err != nil {
			faults = append(faults, fmt.Errorf("topic %s: %w", t.Name, err))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	return led(ctx, admin, topics)
}

func provide(admin sarama.ClusterAdmin, t Topic, copies int16) error {
	if copies == 0 {
		copies = -1
	}
	err := admin.CreateTopic(t.Name, &sarama.TopicDetail{
		NumPartitions: t.Partitions, ReplicationFactor: copies, ConfigEntries: t.settings(copies),
	}, false)
	if !errors.Is(err, sarama.ErrTopicAlreadyExists) {
		return err
	}
	found, err := admin.DescribeTopics([]string{t.Name})
	if err != nil {
		return err
	}
	if n := len(found[0].Partitions); n != int(t.Partitions) {
		return fmt.Errorf("it has %d partitions and must have %d", n, t.Partitions)
	}
	return align(admin, t)
}

// settings are the topic's own, as Kafka writes them.
func (t Topic) settings(copies int16) map[string]*string {
	values := map[string]string{
		"cleanup.policy": "delete",
		"retention.ms":   strconv.FormatInt(t.Retention.Milliseconds(), 10),
		"segment.bytes":  strconv.FormatInt(t.SegmentBytes, 10),
	}
	if copies >= 3 {
		values["min.insync.replicas"] = "2"
		values["unclean.leader.election.enable"] = "false"
	}
	pointers := make(map[string]*string, len(values))
	for name, value := range values {
		pointers[name] = &value
	}
	return pointers
}

// align alters what an existing topic has set otherwise.
func align(admin sarama.ClusterAdmin, t Topic) error {
	entries, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: t.Name})
	if err != nil {
		return err
	}
	change := map[string]sarama.IncrementalAlterConfigsEntry{}
	for name, want := range t.settings(0) {
		same := slices.ContainsFunc(entries, func(e sarama.ConfigEntry) bool { return e.Name == name && e.Value == *want })
		if !same {
			change[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: want}
		}
	}
	if len(change) == 0 {
		return nil
	}
	return admin.IncrementalAlterConfig(sarama.TopicResource, t.Name, change, false)
}

// led waits until every partition has a leader.
func led(ctx context.Context, admin sarama.ClusterAdmin, topics []Topic) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	for {
		found, err := admin.DescribeTopics(names)
		if err == nil && !slices.ContainsFunc(found, leaderless) {
			return nil
		}
		wait(ctx, retryEvery)
		if ctx.Err() != nil {
			return fmt.Errorf("topics without a leader: %w", errors.Join(context.Cause(ctx), err))
		}
	}
}

func leaderless(t *sarama.TopicMetadata) bool {
	return t.Err != sarama.ErrNoError || len(t.Partitions) == 0 ||
		slices.ContainsFunc(t.Partitions, func(p *sarama.PartitionMetadata) bool { return p.Leader < 0 })
}
