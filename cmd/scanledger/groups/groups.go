// Package groups names the consumer groups: who takes what from Kafka.
package groups

import "github.com/scanledger/scanledger/adapters/stream"

// Group is a consumer group that must have come by what is in a topic.
type Group struct{ Name, Topic string }

// The groups, by what they do with what they take.
var (
	Scans      = Group{"scanledger.project", stream.Scans} // fills the read models of scans
	Targets    = Group{"scanledger.project-targets", stream.Targets}
	Links      = Group{"scanledger.project-links", stream.Links}
	Lookups    = Group{"scanledger.project-lookups", stream.Lookups}
	Probes     = Group{"scanledger.scan", stream.Scans}    // puts probes into the inbox
	Compare    = Group{"scanledger.compare", stream.Scans} // notes what a scan found beside the one before
	Requests   = Group{"scanledger.count", stream.Requests}
	Clicks     = Group{"scanledger.count-clicks", stream.Clicks}
	SpeedTests = Group{"scanledger.count-speedtests", stream.SpeedTests}
)

// All are all of them.
var All = []Group{Scans, Targets, Links, Lookups, Probes, Compare, Requests, Clicks, SpeedTests}
