// Package stream is how events travel: the topics, the form of a message, what
// becomes of one that cannot be read, and the consumers of single messages.
// It knows watermill's message and no broker.
package stream

import (
	"maps"
	"slices"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// The topics. Their names are published: subscribers rely on them.
const (
	Scans       = "scanledger.scans"
	Accounts    = "scanledger.accounts"
	Targets     = "scanledger.targets"
	Links       = "scanledger.links"
	Lookups     = "scanledger.lookups"
	Clicks      = "scanledger.clicks"
	SpeedTests  = "scanledger.speedtests"
	Requests    = "scanledger.requests"
	Codes       = "scanledger.codes"
	DeadLetters = "scanledger.dead-letters"
)

// Topic is what a broker has to be told of one topic.
type Topic struct {
	Name         string
	Partitions   int32 // never changes: another count would send a stream elsewhere and lose its order
	Retention    time.Duration
	SegmentBytes int64 // retention drops whole segments, so they stay small
}

const (
	week  = 7 * 24 * time.Hour
	month = 30 * 24 * time.Hour
	slice = 64 << 20
)

// Topics is the manifest. What the log of record holds is kept for a week, to
// bridge an outage of its consumers. Clicks, speed tests, requests and codes
// bypass the log: their topic is where a read model is rebuilt from, and they
// stay for a month, as dead letters do.
var Topics = []Topic{
	{Name: Scans, Partitions: 12, Retention: week, SegmentBytes: slice},
	{Name: Accounts, Partitions: 6, Retention: week, SegmentBytes: slice},
	{Name: Targets, Partitions: 6, Retention: week, SegmentBytes: slice},
	{Name: Links, Partitions: 6, Retention: week, SegmentBytes: slice},
	{Name: Lookups, Partitions: 6, Retention: week, SegmentBytes: slice},
	{Name: Clicks, Partitions: 12, Retention: month, SegmentBytes: slice},
	{Name: SpeedTests, Partitions: 6, Retention: month, SegmentBytes: slice},
	{Name: Requests, Partitions: 12, Retention: month, SegmentBytes: slice},
	{Name: Codes, Partitions: 3, Retention: month, SegmentBytes: slice},
	{Name: DeadLetters, Partitions: 1, Retention: month, SegmentBytes: slice},
}

// topicOfKind has the events that bypass the log.
var topicOfKind = map[string]string{
	"link.clicked":        Clicks,
	"speedtest.completed": SpeedTests,
	"request.served":      Requests,
	"code.generated":      Codes,
}

// topicOfFamily has the aggregates' streams.
var topicOfFamily = map[string]string{
	domain.ScanFamily:    Scans,
	domain.AccountFamily: Accounts,
	domain.TargetFamily:  Targets,
	domain.LinkFamily:    Links,
	domain.LookupFamily:  Lookups,
}

// LogTopics are the topics of what the log of record holds, by name.
func LogTopics() []string { return slices.Sorted(maps.Values(topicOfFamily)) }

// TopicOf returns the topic that an event of this kind in this stream goes
// to: its kind's where it has one, else its aggregate's. It is "" for an event
// that has none.
func TopicOf(kind string, s domain.Stream) string {
	if topic, ok := topicOfKind[kind]; ok {
		return topic
	}
	return topicOfFamily[s.Family()]
}
