package stream_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

func TestTopicOf(t *testing.T) {
	of := func(family string) domain.Stream { return domain.NewStream(family, uuid.UUID{1}) }
	for _, c := range []struct {
		kind   string
		stream domain.Stream
		want   string
	}{
		{"port.found", of("scan"), "scanledger.scans"},
		{"key.issued", of("account"), "scanledger.accounts"},
		{"target.added", of("target"), "scanledger.targets"},
		{"link.shortened", of("link"), "scanledger.links"},
		{"lookup.completed", of("lookup"), "scanledger.lookups"},
		{"link.clicked", of("link"), "scanledger.clicks"},
		{"speedtest.completed", "", "scanledger.speedtests"},
		{"request.served", "", "scanledger.requests"},
		{"code.generated", "", "scanledger.codes"},
		{"moon.landed", "", ""},
		{"moon.landed", of("moon"), ""},
	} {
		if got := stream.TopicOf(c.kind, c.stream); got != c.want {
			t.Errorf("%s of %q goes to %q, want %q", c.kind, c.stream, got, c.want)
		}
	}
}

func TestManifestIsWhole(t *testing.T) {
	want := map[string]bool{
		stream.Scans: true, stream.Accounts: true, stream.Targets: true, stream.Links: true, stream.Lookups: true,
		stream.Clicks: true, stream.SpeedTests: true, stream.Requests: true, stream.Codes: true, stream.DeadLetters: true,
	}
	for _, topic := range stream.Topics {
		if !want[topic.Name] {
			t.Errorf("%s is there twice or not published", topic.Name)
		}
		delete(want, topic.Name)
		if topic.Partitions < 1 || topic.Retention <= 0 || topic.SegmentBytes <= 0 {
			t.Errorf("%+v leaves something to the broker", topic)
		}
	}
	if len(want) > 0 {
		t.Errorf("not in the manifest: %v", want)
	}
}
