package stream

import (
	"errors"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
)

// UnreadableError says that a message can never be read: a header is missing
// or wrong, the catalog does not know its type or version, or its payload does
// not fit. Everything else that goes wrong with a message is taken to pass: a
// database or a broker that is away, a deadline, a shutdown.
type UnreadableError struct{ Reason string }

// Error implements error.
func (e *UnreadableError) Error() string { return "unreadable message: " + e.Reason }

// Unreadable says whether err means that the message will never be read, and
// so that it belongs among the dead letters.
func Unreadable(err error) bool {
	var unreadable *UnreadableError
	return errors.As(err, &unreadable)
}

// Metadata that a consumer sets beside the headers of a record: where it was
// read. What begins with an underscore is not sent.
const (
	fromTopic     = "_topic"
	fromPartition = "_partition"
	fromOffset    = "_offset"
)

// DeadLetter wraps a message that cannot be read for the topic of dead
// letters: its bytes, key and headers as they were, and beside them the
// headers reason, topic, partition and offset.
func DeadLetter(m *message.Message, reason error) *message.Message {
	dead := message.NewMessage(m.UUID, m.Payload)
	for name, value := range m.Metadata {
		dead.Metadata[name] = value
	}
	dead.Metadata["reason"] = strings.ToValidUTF8(reason.Error(), "\uFFFD")
	dead.Metadata["topic"] = m.Metadata[fromTopic]
	dead.Metadata["partition"] = m.Metadata[fromPartition]
	dead.Metadata["offset"] = m.Metadata[fromOffset]
	return dead
}
