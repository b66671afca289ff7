package embedded

import (
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func request(size uint32, key, version int16, rest string) string {
	b := binary.BigEndian.AppendUint32(nil, size)
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	return string(b) + "\x00\x00\x00\x07\xff\xff" + rest
}

// TestKafkaOutlivesWhatIsNoRequest: whoever connects and talks nonsense loses
// the connection, and nobody else notices.
func TestKafkaOutlivesWhatIsNoRequest(t *testing.T) {
	k := startKafka(t, t.TempDir(), "")
	client := dialKafka(t, k.Brokers())
	if err := newTopic(t.Context(), client, "facts", 1); err != nil {
		t.Fatal(err)
	}
	for name, sent := range map[string]string{
		"HTTP":                  "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"TLS":                   "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\x00",
		"remote desktop":        "\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
		"an unknown kind":       request(10, 4711, 0, ""),
		"a negative kind":       request(10, -1, 0, ""),
		"an unknown version":    request(10, 0, 30000, ""),
		"a negative version":    request(10, 3, -1, ""),
		"too short for a start": request(4, 3, 0, ""),
		"longer than allowed":   request(maxKafkaRequest+1, 3, 0, ""),
		"a negative length":     request(1<<32-1, 3, 0, ""),
		"not what it says":      request(14, 3, 9, "\xff\xff\xff\xff"),
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", k.Brokers()[0])
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Write([]byte(sent)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); isTimeout(err) {
				t.Error("the connection stays open")
			}
		})
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "facts", Value: []byte("still here")}).FirstErr(); err != nil {
		t.Error(err)
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}
