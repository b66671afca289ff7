package main

import (
	"fmt"
	"strconv"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/schemas"
)

// families says in which aggregate's streams an event stands; "" for one that
// bypasses the log and has a topic of its own.
var families = map[string]string{
	"scan.requested":       domain.ScanFamily,
	"scan.started":         domain.ScanFamily,
	"probe.progressed":     domain.ScanFamily,
	"port.found":           domain.ScanFamily,
	"service.identified":   domain.ScanFamily,
	"observation.recorded": domain.ScanFamily,
	"finding.raised":       domain.ScanFamily,
	"probe.finished":       domain.ScanFamily,
	"scan.completed":       domain.ScanFamily,
	"scan.failed":          domain.ScanFamily,
	"scan.cancelled":       domain.ScanFamily,
	"scan.regraded":        domain.ScanFamily,
	"scan.compared":        domain.ScanFamily,
	"scan.erased":          domain.ScanFamily,
	"account.registered":   domain.AccountFamily,
	"plan.changed":         domain.AccountFamily,
	"key.issued":           domain.AccountFamily,
	"key.revoked":          domain.AccountFamily,
	"profile.changed":      domain.AccountFamily,
	"password.changed":     domain.AccountFamily,
	"operator.added":       domain.AccountFamily,
	"operator.removed":     domain.AccountFamily,
	"member.invited":       domain.AccountFamily,
	"member.added":         domain.AccountFamily,
	"member.removed":       domain.AccountFamily,
	"credits.granted":      domain.AccountFamily,
	"credits.lapsed":       domain.AccountFamily,
	"credits.held":         domain.AccountFamily,
	"credits.settled":      domain.AccountFamily,
	"credits.released":     domain.AccountFamily,
	"finding.accepted":     domain.AccountFamily,
	"finding.dismissed":    domain.AccountFamily,
	"finding.reopened":     domain.AccountFamily,
	"account.deleted":      domain.AccountFamily,
	"target.added":         domain.TargetFamily,
	"target.changed":       domain.TargetFamily,
	"target.removed":       domain.TargetFamily,
	"target.verified":      domain.TargetFamily,
	"target.erased":        domain.TargetFamily,
	"schedule.set":         domain.TargetFamily,
	"schedule.paused":      domain.TargetFamily,
	"schedule.resumed":     domain.TargetFamily,
	"schedule.removed":     domain.TargetFamily,
	"run.started":          domain.TargetFamily,
	"run.missed":           domain.TargetFamily,
	"lookup.completed":     domain.LookupFamily,
	"lookup.erased":        domain.LookupFamily,
	"speedtest.completed":  "",
	"request.served":       "",
	"link.clicked":         domain.LinkFamily,
	"code.generated":       "",
	"link.shortened":       domain.LinkFamily,
	"link.changed":         domain.LinkFamily,
	"link.enabled":         domain.LinkFamily,
	"link.disabled":        domain.LinkFamily,
	"link.blocked":         domain.LinkFamily,
	"link.cleared":         domain.LinkFamily,
	"link.deleted":         domain.LinkFamily,
	"link.erased":          domain.LinkFamily,
}

type object = map[string]any

const about = "Every event is a CloudEvent 1.0 in Kafka's binary mode: its attributes are headers of the record, " +
	"its data the record's value. It is delivered at least once, known by ce_id, and in order for each ce_subject, " +
	"whose versions (ce_sequence) have no gap, but for what was erased before it was sent. After scan.erased, target.erased, link.erased and account.deleted " +
	"a subscriber forgets what the stream has said. ce_dataschema names the version of its shape, which never changes. " +
	"The events' types will be more: subscribers leave alone what they do not know."

// asyncAPI is the AsyncAPI 3.0 document of the topics and what is on them.
func asyncAPI(catalog []domain.Entry, topics []stream.Topic) (object, error) {
	messages := object{deadLetter: letter()}
	on := map[string]object{stream.DeadLetters: {deadLetter: reference("#/components/messages/" + deadLetter)}}
	for _, e := range catalog {
		family, ok := families[e.Kind]
		topic := stream.TopicOf(e.Kind, domain.Stream(family+"-"))
		if !ok || topic == "" {
			return nil, fmt.Errorf("schemas/generate/asyncapi.go: say in families on which topic %s is", e.Kind)
		}
		name := fmt.Sprintf("%s.v%d", e.Kind, e.Version)
		messages[name] = message(e, name)
		if on[topic] == nil {
			on[topic] = object{}
		}
		on[topic][name] = reference("#/components/messages/" + name)
	}
	channels, operations := object{}, object{}
	for _, t := range topics {
		channels[t.Name] = channel(t, on[t.Name])
		operations["publish."+t.Name] = object{"action": "send", "channel": reference("#/channels/" + t.Name)}
	}
	return object{
		"asyncapi":           "3.0.0",
		"info":               object{"title": "scanledger", "version": "1", "description": about},
		"defaultContentType": "application/json",
		"channels":           channels,
		"operations":         operations,
		"components":         object{"messages": messages, "schemas": object{"cloudEvent": attributes()}},
	}, nil
}

func reference(to string) object { return object{"$ref": to} }

func channel(t stream.Topic, messages object) object {
	if messages == nil {
		messages = object{}
	}
	return object{
		"address":  t.Name,
		"messages": messages,
		"bindings": object{"kafka": object{
			"topic": t.Name, "partitions": t.Partitions, "bindingVersion": "0.5.0",
			"topicConfiguration": object{"cleanup.policy": []string{"delete"}, "retention.ms": t.Retention.Milliseconds()},
		}},
	}
}

func message(e domain.Entry, name string) object {
	m := object{
		"name": e.Kind, "title": name, "contentType": "application/json",
		"headers":  reference("#/components/schemas/cloudEvent"),
		"payload":  reference(schemas.Path(e)),
		"bindings": recordKey("the event's stream, its owner where it has no stream, or its own id; as in ce_partitionkey"),
	}
	if !e.Current {
		m["deprecated"] = true
	}
	return m
}

func recordKey(says string) object {
	return object{"kafka": object{"key": text(says), "bindingVersion": "0.5.0"}}
}

const deadLetter = "dead-letter"

// letter is a record that no consumer could read, with where it lay.
func letter() object {
	return object{
		"name": deadLetter, "title": deadLetter,
		"summary":     "A record that cannot be read: its bytes, key and headers as they were, and four headers more.",
		"contentType": "application/octet-stream",
		"headers": object{
			"type": "object", "required": []string{"reason", "topic", "partition", "offset"},
			"properties": object{
				"reason": text("why it cannot be read"), "topic": text("where it was read"),
				"partition": text("where it was read, in decimal"), "offset": text("where it was read, in decimal"),
			},
		},
		"bindings": recordKey("the record's own"),
	}
}

// attributes are the headers of every event.
func attributes() object {
	return object{
		"type":     "object",
		"required": []string{"content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_dataschema", "ce_partitionkey"},
		"properties": object{
			"content-type":    object{"const": "application/json"},
			"ce_specversion":  object{"const": "1.0"},
			"ce_id":           object{"type": "string", "format": "uuid", "description": "the event's id: two records with the same one are the same event"},
			"ce_source":       object{"const": stream.Source},
			"ce_type":         text("the kind of event"),
			"ce_time":         object{"type": "string", "format": "date-time", "description": "in UTC, with six digits of the second"},
			"ce_dataschema":   text("the id of the payload's schema: " + strconv.Quote(stream.SchemaBase) + ", the kind, its version"),
			"ce_subject":      text("the event's stream; absent for one that bypasses the log"),
			"ce_partitionkey": text("the record's key"),
			"ce_sequence":     object{"type": "string", "pattern": "^[0-9]{10}$", "description": "the event's version in its stream, from 0000000001"},
			"ce_position":     object{"type": "string", "pattern": "^[0-9]+$", "description": "the event's place in the log: it rises, and has gaps"},
			"ce_owner":        object{"type": "string", "format": "uuid", "description": "the account whose stream it is"},
			"ce_actor":        text("who: \"key:<id>\", \"account:<id>\", \"worker:<name>\" or \"operator\""),
			"ce_cause":        text("why: the id of the request or of the event that led to it"),
			"ce_traceparent":  text("W3C Trace Context, where there is one"),
		},
	}
}

func text(says string) object { return object{"type": "string", "description": says} }
