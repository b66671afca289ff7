package ports

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// sent is a raw wire with connects in flight to ports 80 and 81.
func sent() *raw {
	w := &raw{ports: make([]uint16, 4), numbers: make([]uint32, 4)}
	w.ports[1], w.numbers[1] = 80, 7<<slotBits|1
	w.ports[2], w.numbers[2] = 81, 9<<slotBits|2
	return w
}

// reply is a packet from a port that acknowledges a number.
func reply(port uint16, ack uint32, flags byte) []byte {
	packet := make([]byte, 40)
	packet[0], packet[33] = 0x45, flags
	binary.BigEndian.PutUint16(packet[20:], port)
	binary.BigEndian.PutUint32(packet[28:], ack)
	return packet
}

func TestRawAnswers(t *testing.T) {
	mine := uint32(7<<slotBits | 1)
	optional := append([]byte{0x46}, make([]byte, 23)...) // an IP header with an option
	optional = append(optional, reply(80, mine+1, flagRST|flagACK)[20:]...)
	for name, test := range map[string]struct {
		packet []byte
		want   state // unasked for none
	}{
		"open":                        {reply(80, mine+1, flagSYN|flagACK), open},
		"closed":                      {reply(80, mine+1, flagRST|flagACK), closed},
		"behind an option":            {optional, closed},
		"a reset of nothing":          {reply(80, mine+1, flagRST), unasked},
		"our own":                     {reply(80, mine+1, flagSYN), unasked},
		"data":                        {reply(80, mine+1, flagACK), unasked},
		"of another port":             {reply(81, mine+1, flagSYN|flagACK), unasked},
		"to another connect":          {reply(80, 9<<slotBits|3, flagSYN|flagACK), unasked},
		"to an old connect":           {reply(80, 8<<slotBits|2, flagSYN|flagACK), unasked},
		"to a slot that there is not": {reply(80, 7<<slotBits|5, flagSYN|flagACK), unasked},
		"short":                       {reply(80, mine+1, flagSYN|flagACK)[:39], unasked},
		"a header that goes beyond":   {append([]byte{0x4f}, reply(80, mine+1, flagSYN|flagACK)[1:]...), unasked},
	} {
		w := sent()
		o, is := w.answered(test.packet)
		if is != (test.want != unasked) || is && (o.state != test.want || o.slot != 1) {
			t.Errorf("%s: %+v %v, want state %d", name, o, is, test.want)
		}
		if again, twice := w.answered(test.packet); twice {
			t.Errorf("%s: answered twice: %+v", name, again)
		}
	}
}

func TestNoRawWireOverIPv6(t *testing.T) {
	w, err := newWire(netip.MustParseAddr("::1"))
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	if _, is := w.(*sockets); !is {
		t.Errorf("%T", w)
	}
}

// FuzzRawAnswer: only what acknowledges a connect in flight ends it.
func FuzzRawAnswer(f *testing.F) {
	f.Add(reply(80, 7<<slotBits|2, flagSYN|flagACK))
	f.Add(reply(81, 9<<slotBits|3, flagRST|flagACK))
	f.Fuzz(func(t *testing.T, packet []byte) {
		w := sent()
		before := *w
		before.ports = append([]uint16(nil), w.ports...)
		o, is := w.answered(packet)
		if is && (o.state != open && o.state != closed || before.ports[o.slot] == 0 || w.ports[o.slot] != 0) {
			t.Errorf("%+v", o)
		}
	})
}
