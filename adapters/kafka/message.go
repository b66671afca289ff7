package kafka

import (
	"strconv"
	"strings"

	"github.com/IBM/sarama"
	"github.com/ThreeDotsLabs/watermill/message"
)

// Metadata of a consumed message beside the record's headers. What begins with
// an underscore is never sent as a header.
const (
	TopicMeta     = "_topic"
	PartitionMeta = "_partition"
	OffsetMeta    = "_offset"
	// KeyMeta is the record's key. On a message to publish it goes before
	// PartitionKeyMeta.
	KeyMeta = "_key"
)

// PartitionKeyMeta is the CloudEvents attribute that is the record's key.
const PartitionKeyMeta = "ce_partitionkey"

// idMeta is the CloudEvents attribute that is the message's UUID.
const idMeta = "ce_id"

// fill makes a record of a message: metadata become headers, in no order.
func fill(p *sarama.ProducerMessage, topic string, m *message.Message) {
	p.Topic, p.Value = topic, sarama.ByteEncoder(m.Payload)
	key, headers := m.Metadata[KeyMeta], make([]sarama.RecordHeader, 0, len(m.Metadata)+1)
	if key == "" {
		key = m.Metadata[PartitionKeyMeta]
	}
	if key != "" {
		p.Key = sarama.StringEncoder(key)
	}
	for name, value := range m.Metadata {
		if !strings.HasPrefix(name, "_") {
			headers = append(headers, sarama.RecordHeader{Key: []byte(name), Value: []byte(value)})
		}
	}
	if _, named := m.Metadata[idMeta]; !named && m.UUID != "" {
		headers = append(headers, sarama.RecordHeader{Key: []byte(idMeta), Value: []byte(m.UUID)})
	}
	p.Headers = headers
}

// read makes a message of a record. It takes any record: what does not make
// sense is for the handler to find out.
func read(r *sarama.ConsumerMessage) *message.Message {
	m := &message.Message{Payload: r.Value, Metadata: make(message.Metadata, len(r.Headers)+4)}
	size := 0
	for _, h := range r.Headers {
		size += len(h.Key) + len(h.Value)
	}
	var text strings.Builder
	text.Grow(size)
	for _, h := range r.Headers {
		text.Write(h.Key)
		text.Write(h.Value)
	}
	rest := text.String()
	for _, h := range r.Headers {
		name, value := rest[:len(h.Key)], rest[len(h.Key):len(h.Key)+len(h.Value)]
		rest = rest[len(name)+len(value):]
		if !strings.HasPrefix(name, "_") {
			m.Metadata[name] = value
		}
	}
	m.UUID = m.Metadata[idMeta]
	m.Metadata[TopicMeta] = r.Topic
	m.Metadata[PartitionMeta] = strconv.Itoa(int(r.Partition))
	m.Metadata[OffsetMeta] = strconv.FormatInt(r.Offset, 10)
	if len(r.Key) > 0 {
		m.Metadata[KeyMeta] = string(r.Key)
	}
	return m
}
