package stream_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/stream"
)

// TestLettersKeepTheirMessage opens letters again: but for what is too large,
// the message is as it was.
func TestLettersKeepTheirMessage(t *testing.T) {
	large := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		payload []byte
		headers message.Metadata
		omitted string
	}{
		"a message":        {[]byte("{"), message.Metadata{"ce_type": "x", "_key": "k"}, ""},
		"null":             {nil, message.Metadata{}, ""},
		"its own headers":  {[]byte("{"), message.Metadata{"reason": "r", "topic": "t", "partition": "p", "offset": "o", "omitted": "n"}, ""},
		"a large value":    {[]byte(large), message.Metadata{"ce_type": "x", "_key": "k"}, "value of 1048576 bytes"},
		"large headers":    {[]byte("{"), message.Metadata{"h": large}, "value of 1 bytes, key and 4 headers"},
		"sent again twice": {[]byte("{"), message.Metadata{"replayed": "2", "letter": "7"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := message.NewMessage("", c.payload)
			maps.Copy(m.Metadata, c.headers)
			maps.Copy(m.Metadata, message.Metadata{"_topic": stream.Scans, "_partition": "3", "_offset": "99"})
			letter := stream.DeadLetter(m, errors.New("why "+large+"\xff"))
			size := len(letter.Payload)
			for name, v := range letter.Metadata {
				size += len(name) + len(v)
			}
			if size > 950_000 {
				t.Errorf("the letter has %d bytes", size)
			}
			l, err := stream.OpenLetter(letter)
			if err != nil || l.Topic != stream.Scans || l.Partition != 3 || l.Offset != 99 || l.Omitted != c.omitted || !strings.HasPrefix(l.Reason, "why x") {
				t.Fatalf("%+v, %v", l, err)
			}
			if c.omitted != "" {
				return
			}
			again := l.Again(5)
			if string(l.Message.Payload) != string(c.payload) || (c.payload == nil) != (l.Message.Payload == nil) {
				t.Errorf("payload %q", l.Message.Payload)
			}
			for header, v := range c.headers {
				if l.Message.Metadata[header] != v {
					t.Errorf("header %s is %q, was %q", header, l.Message.Metadata[header], v)
				}
			}
			if of, ok := stream.ReplayOf(again.Metadata.Get); !ok || of != 5 || again.Metadata["replayed"] != map[bool]string{true: "3", false: "1"}[name == "sent again twice"] {
				t.Errorf("sent again: %v", again.Metadata)
			}
		})
	}
	if l, err := stream.OpenLetter(message.NewMessage("", nil)); err == nil {
		t.Errorf("what is no letter is %+v", l)
	}
}
