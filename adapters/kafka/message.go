package kafka

import (
	"strconv"
	"strings"
	"time"
	"unsafe"

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

// fill makes a record of a message: metadata become headers, in no order. They are put
// behind those of the messages before it, in room that is enough for all.
func fill(p *sarama.ProducerMessage, topic string, m *message.Message, headers []sarama.RecordHeader) []sarama.RecordHeader {
	p.Topic, p.Value = topic, sarama.ByteEncoder(m.Payload)
	key, before := m.Metadata[KeyMeta], len(headers)
	if key == "" {
		key = m.Metadata[PartitionKeyMeta]
	}
	if key != "" {
		p.Key = sarama.StringEncoder(key)
	}
	named := false
	for name, value := range m.Metadata {
		if !strings.HasPrefix(name, "_") {
			headers = append(headers, sarama.RecordHeader{Key: view(name), Value: view(value)})
			named = named || name == idMeta
		}
	}
	if !named && m.UUID != "" {
		headers = append(headers, sarama.RecordHeader{Key: view(idMeta), Value: view(m.UUID)})
	}
	p.Headers = headers[before:len(headers):len(headers)]
	return headers
}

// mostHeaders is how many headers messages have together, at most.
func mostHeaders(msgs []*message.Message) (n int) {
	for _, m := range msgs {
		n += len(m.Metadata) + 1
	}
	return n
}

// Record is a message as it lies in its partition, read without a copy. What
// it returns must not be written to, and keeps the whole of what was fetched
// with it in memory for as long as it is held.
type Record struct{ r *sarama.ConsumerMessage }

// NewRecord is a record as sarama gives it.
func NewRecord(m *sarama.ConsumerMessage) Record { return Record{m} }

// Topic is where the record was read.
func (r Record) Topic() string { return r.r.Topic }

// Partition is where the record was read.
func (r Record) Partition() int32 { return r.r.Partition }

// Offset is the record's place in its partition.
func (r Record) Offset() int64 { return r.r.Offset }

// Key is the record's key, "" when it has none.
func (r Record) Key() string { return text(r.r.Key) }

// Value is the record's content.
func (r Record) Value() []byte { return r.r.Value }

// Time is when the record was written, by its producer's or its broker's clock.
func (r Record) Time() time.Time { return r.r.Timestamp.UTC() }

// Header is the last header of a name, "" when there is none.
func (r Record) Header(name string) string {
	for i := len(r.r.Headers) - 1; i >= 0; i-- {
		if h := r.r.Headers[i]; string(h.Key) == name {
			return text(h.Value)
		}
	}
	return ""
}

// Message is the record as watermill has it. It can be made of any record:
// what does not make sense is for the handler to find out.
func (r Record) Message() *message.Message {
	m := &message.Message{Payload: r.r.Value, Metadata: make(message.Metadata, len(r.r.Headers)+4)}
	for _, h := range r.r.Headers {
		if name := text(h.Key); !strings.HasPrefix(name, "_") {
			m.Metadata[name] = text(h.Value)
		}
	}
	m.UUID = m.Metadata[idMeta]
	m.Metadata[TopicMeta] = r.r.Topic
	m.Metadata[PartitionMeta] = strconv.Itoa(int(r.r.Partition))
	m.Metadata[OffsetMeta] = strconv.FormatInt(r.r.Offset, 10)
	if len(r.r.Key) > 0 {
		m.Metadata[KeyMeta] = r.Key()
	}
	return m
}

// text and view save a copy of every header of every message, which is half of
// the time that a message takes. sarama writes to neither: it decodes into
// fresh memory, and only reads what it sends.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func view(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
