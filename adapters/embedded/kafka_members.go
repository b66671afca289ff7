package embedded

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// The broker waits for a member of a group that died until its session is
// over, and for one that died while it was joining for ever: that one has no
// session yet, and is given its share of the partitions. So a member whose
// connection ends is taken out of its group. One that lives finds that it is
// unknown and joins again, as after any rebalance.

// membership is a place in a group. One that belongs to a named instance is
// none: it is meant to outlive its connection.
type membership struct{ group, member string }

// members takes out of their groups those whose connections end.
type members struct {
	ctx  context.Context // ends with the broker
	end  context.CancelFunc
	mu   sync.Mutex // held while another is about to be taken out, and while it ends
	left sync.WaitGroup
}

func newMembers() *members {
	m := &members{}
	m.ctx, m.end = context.WithCancel(context.Background())
	return m
}

// close waits for those that are being taken out. No others are, after it.
func (m *members) close() {
	m.mu.Lock()
	m.end()
	m.mu.Unlock()
	m.left.Wait()
}

// leave takes members out through the broker's own address.
func (m *members) leave(addr net.Addr, all map[membership]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(all) == 0 || m.ctx.Err() != nil {
		return
	}
	m.left.Go(func() {
		conn, err := new(net.Dialer).DialContext(m.ctx, addr.Network(), addr.String())
		if err != nil {
			return // the broker ends, and its groups with it
		}
		defer context.AfterFunc(m.ctx, func() { conn.Close() })()
		defer conn.Close()
		for one := range all {
			if takeOut(conn, one) != nil {
				return
			}
		}
	})
}

// takeOut returns when the broker has answered, whatever it said: a member that
// has left meanwhile is unknown.
func takeOut(conn net.Conn, one membership) error {
	request := kmsg.NewPtrLeaveGroupRequest()
	request.Version, request.Group, request.MemberID = 2, one.group, one.member // the last without a list
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, request, 0)); err != nil {
		return err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	_, err := io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(size[:])))
	return err
}

// maxGroupRequest bounds what is read of a request to learn of a membership.
// A larger one is passed on unread, and its member waited for.
const maxGroupRequest = 1 << 20

// speaksOfMember says whether requests of a kind name a member of a group.
func speaksOfMember(key int16) bool {
	switch kmsg.Key(key) {
	case kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat, kmsg.LeaveGroup:
		return true
	}
	return false
}

// note enters what a whole request says of its sender's membership. What it
// cannot read is left to the broker to refuse.
func note(all map[membership]bool, frame []byte) {
	request := kmsg.RequestForKey(int16(binary.BigEndian.Uint16(frame[4:])))
	request.SetVersion(int16(binary.BigEndian.Uint16(frame[6:])))
	body := frame[requestStart:]
	if name := int16(binary.BigEndian.Uint16(frame[12:])); name > 0 {
		body = body[min(int(name), len(body)):]
	}
	if request.IsFlexible() {
		if len(body) == 0 || body[0] != 0 { // tags, which no client sends
			return
		}
		body = body[1:]
	}
	if request.ReadFrom(body) != nil {
		return
	}
	switch r := request.(type) {
	case *kmsg.JoinGroupRequest:
		enter(all, r.Group, r.MemberID, r.InstanceID)
	case *kmsg.SyncGroupRequest:
		enter(all, r.Group, r.MemberID, r.InstanceID)
	case *kmsg.HeartbeatRequest:
		enter(all, r.Group, r.MemberID, r.InstanceID)
	case *kmsg.LeaveGroupRequest:
		delete(all, membership{r.Group, r.MemberID})
		for _, m := range r.Members {
			delete(all, membership{r.Group, m.MemberID})
		}
	}
}

func enter(all map[membership]bool, group, member string, instance *string) {
	if member != "" && instance == nil {
		all[membership{group, member}] = true
	}
}
