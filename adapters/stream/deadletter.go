package stream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ThreeDotsLabs/watermill/message"
)

// UnreadableError says that a message can never be read: a header is missing
// or wrong, the catalog does not know its type or version, or its payload does
// not fit; or that what it says can never be taken. Everything else that goes
// wrong with a message is taken to pass: a database or a broker that is away,
// a deadline, a shutdown.
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

// Headers that a dead letter has beside those of the message in it.
const (
	letterReason    = "reason"
	letterTopic     = "topic"
	letterPartition = "partition"
	letterOffset    = "offset"
	letterOmitted   = "omitted" // what the letter lacks, as it would be too large to send
	// letterKept begins the name of a header that the message itself has under
	// one of these names.
	letterKept = "original-"
)

// Headers of a message that is sent again from the dead letters.
const (
	replayedTimes  = "replayed" // how often it has been
	replayedLetter = "letter"   // from which offset among them
)

// maxLetter is the most that a dead letter holds of its message, in bytes:
// less than what brokers take, with room for what is added.
const maxLetter = 900_000

var added = []string{letterReason, letterTopic, letterPartition, letterOffset, letterOmitted}

// DeadLetter wraps a message that cannot be read for the topic of dead
// letters: its bytes, key and headers as they were, and beside them the
// headers reason, topic, partition and offset. What is too large to be sent is
// left where it was, and the header omitted says so.
func DeadLetter(m *message.Message, reason error) *message.Message {
	dead := message.NewMessage(m.UUID, m.Payload)
	size := len(m.Payload)
	for name, value := range m.Metadata {
		dead.Metadata[name] = value
		size += len(name) + len(value)
	}
	for _, name := range added {
		if value, taken := m.Metadata[name]; taken {
			dead.Metadata[letterKept+name] = value
			delete(dead.Metadata, name)
		}
	}
	if size > maxLetter {
		dead = lightened(m, dead, size)
	}
	dead.Metadata[letterReason] = strings.ToValidUTF8(fmt.Sprintf("%.2000s", reason), "\uFFFD")
	dead.Metadata[letterTopic] = m.Metadata[fromTopic]
	dead.Metadata[letterPartition] = m.Metadata[fromPartition]
	dead.Metadata[letterOffset] = m.Metadata[fromOffset]
	return dead
}

// lightened is a letter without the payload, and without the headers too where
// it is these that weigh.
func lightened(m, dead *message.Message, size int) *message.Message {
	omitted := fmt.Sprintf("value of %d bytes", len(m.Payload))
	if size-len(m.Payload) > maxLetter {
		omitted += fmt.Sprintf(", key and %d headers", len(m.Metadata))
		dead = message.NewMessage("", nil)
	}
	dead.Payload = nil
	dead.Metadata[letterOmitted] = omitted
	return dead
}

// Letter is a dead letter, as it lies in its topic.
type Letter struct {
	Reason    string
	Topic     string // where its message was read
	Partition int32
	Offset    int64
	Omitted   string           // what the letter lacks of its message; "" when it is whole
	Replayed  int              // how often its message had been sent again before
	Message   *message.Message // as it was, but for what is omitted
}

// OpenLetter takes a dead letter apart. What lies in the topic and is none is
// an error.
func OpenLetter(m *message.Message) (Letter, error) {
	l := Letter{Reason: m.Metadata[letterReason], Topic: m.Metadata[letterTopic], Omitted: m.Metadata[letterOmitted]}
	partition, err := strconv.ParseInt(m.Metadata[letterPartition], 10, 32)
	if err == nil {
		l.Offset, err = strconv.ParseInt(m.Metadata[letterOffset], 10, 64)
	}
	if err != nil || l.Topic == "" {
		return l, fmt.Errorf("no dead letter: its message was at %.100q/%.100q/%.100q", l.Topic, m.Metadata[letterPartition], m.Metadata[letterOffset])
	}
	l.Partition, l.Replayed = int32(partition), times(m)
	l.Message = message.NewMessage(m.UUID, m.Payload)
	for name, value := range m.Metadata {
		l.Message.Metadata[name] = value
	}
	for _, name := range added {
		delete(l.Message.Metadata, name)
		if value, kept := l.Message.Metadata[letterKept+name]; kept {
			l.Message.Metadata[name] = value
			delete(l.Message.Metadata, letterKept+name)
		}
	}
	return l, nil
}

// times is how often a message has been sent again.
func times(m *message.Message) int {
	n, err := strconv.Atoi(m.Metadata[replayedTimes])
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// Again is the message to send to the letter's topic, so that consumers read
// it once more: as it was, with the headers replayed, which counts, and letter,
// which has the letter's offset.
func (l Letter) Again(offset int64) *message.Message {
	m := l.Message.Copy()
	m.Metadata[replayedTimes] = strconv.Itoa(l.Replayed + 1)
	m.Metadata[replayedLetter] = strconv.FormatInt(offset, 10)
	return m
}

// ReplayOf says of which letter a message is the replay.
func ReplayOf(header func(name string) string) (offset int64, ok bool) {
	if header(replayedTimes) == "" {
		return 0, false
	}
	offset, err := strconv.ParseInt(header(replayedLetter), 10, 64)
	return offset, err == nil
}
