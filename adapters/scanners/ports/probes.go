package ports

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// probe is one way to make a service say who it is. Every reply is held
// against all patterns, whichever probe it answers.
type probe struct {
	name  string
	ports []int // where it is tried first; elsewhere only if general is set
	send  []byte
	// general is the least profile that sends it to any port.
	general domain.Profile
	tls     bool // ask for TLS instead of sending
}

// patience is how long the first byte may take. A service that speaks first
// may look up the name of its client before.
func (p probe) patience() time.Duration {
	if len(p.send) == 0 {
		return 2500 * time.Millisecond
	}
	return 1500 * time.Millisecond
}

var (
	listening = probe{name: "listen", general: domain.Quick,
		ports: []int{21, 22, 25, 110, 119, 143, 465, 587, 873, 993, 995, 2121, 2222, 2525, 3306, 3690, 4190}}
	secret = probe{name: "tls", tls: true, general: domain.Quick,
		ports: []int{443, 465, 636, 853, 989, 990, 992, 993, 995, 2376, 3269, 5061, 5671, 5986, 6443, 6697, 8443, 8883, 9443, 10250}}
	// irc asks to be let in, for only then a server says what it is (RFC 2812, 3.1).
	irc = probe{name: "irc", ports: []int{6660, 6665, 6666, 6667, 6668, 6669, 6697, 7000}, general: domain.Deep,
		send: []byte("NICK scanled\r\nUSER scanled 0 * :scanledger\r\n")}
	webPorts = []int{80, 81, 591, 631, 2375, 2379, 3000, 3128, 5000, 5601, 5984, 7070, 8000, 8008, 8080, 8081, 8086, 8088, 8123,
		8500, 8888, 9000, 9090, 9200, 10255, 15672}
)

// paths are where a web service says most of itself; elsewhere it is "/".
var paths = map[int]string{2375: "/version", 2376: "/version", 2379: "/version", 6443: "/version", 8500: "/v1/agent/self",
	10250: "/pods", 10255: "/pods"}

func httpProbe(port int) probe {
	path := paths[port]
	if path == "" {
		path = "/"
	}
	return probe{name: "http", ports: webPorts, general: domain.Quick,
		send: fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: scanledger\r\nAccept: */*\r\nConnection: close\r\n\r\n", path)}
}

// questions are the probes beside listening, TLS and HTTP, which come first.
var questions = []probe{
	{name: "redis", ports: []int{6379, 6380}, general: domain.Standard, send: []byte("PING\r\nINFO server\r\n")},
	{name: "rfb", ports: []int{5900, 5901, 5902, 5903}, send: []byte("RFB 003.008\n")}, // answered with the ways to log in
	{name: "postgresql", ports: []int{5432, 5433}, general: domain.Standard, send: postgresStart()},
	{name: "memcache", ports: []int{11211}, general: domain.Standard, send: []byte("version\r\n")},
	{name: "mongodb", ports: []int{27017, 27018, 27019}, general: domain.Standard,
		send: slices.Concat(mongoCommand("buildInfo"), mongoCommand("hello"), mongoCommand("listDatabases"))},
	{name: "domain", ports: []int{53, 853}, general: domain.Deep, send: versionBind()},
	{name: "rdp", ports: []int{3389}, general: domain.Deep, // X.224 connection request, MS-RDPBCGR 2.2.1.1
		send: []byte("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00")},
	{name: "smb", ports: []int{445, 139}, general: domain.Deep, send: smbNegotiate()},
	{name: "ldap", ports: []int{389, 636, 3268, 3269}, general: domain.Deep, // search of the root DSE, RFC 4511
		send: []byte("\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x0bobjectClass\x30\x00")},
	{name: "amqp", ports: []int{5671, 5672}, general: domain.Deep, send: []byte("AMQP\x00\x00\x09\x01")},
	{name: "mqtt", ports: []int{1883, 8883}, general: domain.Deep, // CONNECT, MQTT 3.1.1, clean session; SUBSCRIBE to the broker's version
		send: []byte("\x10\x16\x00\x04MQTT\x04\x02\x00\x3c\x00\x0ascanledger" + "\x82\x18\x00\x01\x00\x13$SYS/broker/version\x00")},
	irc,
	{name: "git", ports: []int{9418}, general: domain.Deep, // a pkt-line of the git protocol
		send: []byte("002fgit-upload-pack /scanledger\x00host=localhost\x00")},
	{name: "kafka", ports: []int{9092, 9093, 9094}, general: domain.Deep, // ApiVersions v0
		send: []byte("\x00\x00\x00\x14\x00\x12\x00\x00\x00\x00\x00\x2a\x00\x0ascanledger")},
	{name: "zookeeper", ports: []int{2181}, general: domain.Deep, send: []byte("srvr")},
	{name: "cassandra", ports: []int{9042}, send: []byte("\x04\x00\x00\x01\x05\x00\x00\x00\x00")}, // OPTIONS, native protocol v4
	{name: "sunrpc", ports: []int{111, 2049}, general: domain.Deep, // NULL call of the port mapper, RFC 5531
		send: []byte("\x80\x00\x00\x28scan\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02\x00\x00\x00\x00" +
			"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")},
	{name: "ajp13", ports: []int{8009}, send: []byte("\x12\x34\x00\x01\x0a")}, // CPing
	{name: "jdwp", ports: []int{5005, 8787}, general: domain.Deep, send: []byte("JDWP-Handshake")},
	{name: "x11", ports: []int{6000, 6001, 6002}, send: []byte("l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00")},
	{name: "login", ports: []int{513}, send: []byte("\x00a\x00a\x00xterm/9600\x00")},
	{name: "rtsp", ports: []int{554, 8554}, send: []byte("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")},
	{name: "sip", ports: []int{5060, 5061}, send: []byte("OPTIONS sip:a@localhost SIP/2.0\r\nVia: SIP/2.0/TCP localhost;branch=z9hG4bK1\r\n" +
		"From: <sip:a@localhost>;tag=1\r\nTo: <sip:a@localhost>\r\nCall-ID: 1@localhost\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")},
	{name: "xmpp", ports: []int{5222, 5269},
		send: []byte("<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")},
	{name: "finger", ports: []int{79}, send: []byte("\r\n")},
}

// rank orders the profiles by how many probes any port gets.
var rank = map[domain.Profile]int{domain.Quick: 1, domain.Standard: 2, domain.NmapQuick: 2, domain.Deep: 3, domain.NmapFull: 3}

// probesFor lists the probes for a port: its own first, then those that any
// port gets with this profile.
func probesFor(port int, profile domain.Profile) []probe {
	all := append([]probe{listening, httpProbe(port), secret}, questions...)
	var own, others []probe
	for _, p := range all {
		switch {
		case slices.Contains(p.ports, port):
			own = append(own, p)
		case p.general != "" && rank[p.general] <= rank[profile]:
			others = append(others, p)
		}
	}
	return append(own, others...)
}

// further are the probes that a service is asked once it is known, where it
// has not told its version yet.
var further = map[string]probe{"irc": irc}

// inside lists the probes for a port that speaks TLS: its own first, and a web
// server's before those that wait for a greeting.
func inside(port int, profile domain.Profile) []probe {
	var own, others []probe
	for _, p := range probesFor(port, profile) {
		switch {
		case p.tls || p.name == "http":
		case slices.Contains(p.ports, port):
			own = append(own, p)
		default:
			others = append(others, p)
		}
	}
	return slices.Concat(own, []probe{httpProbe(port)}, others)
}

// postgresStart is a start-up message (protocol 3.0) for a user that will
// hardly exist: a server that wants a password asks for one all the same.
func postgresStart() []byte {
	body := []byte("\x00\x03\x00\x00user\x00scanledger\x00database\x00scanledger\x00\x00")
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

// mongoCommand is an OP_MSG with one command for the database admin.
func mongoCommand(name string) []byte {
	doc := slices.Concat([]byte("\x10"+name+"\x00\x01\x00\x00\x00"), // int32 1
		[]byte("\x08nameOnly\x00\x01"), []byte("\x02$db\x00\x06\x00\x00\x00admin\x00"), []byte{0})
	if name != "listDatabases" {
		doc = []byte("\x10" + name + "\x00\x01\x00\x00\x00\x02$db\x00\x06\x00\x00\x00admin\x00\x00")
	}
	doc = append(binary.LittleEndian.AppendUint32(nil, uint32(len(doc)+4)), doc...)
	body := append([]byte("\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00\x00\x00\x00\x00\x00"), doc...)
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4)), body...)
}

// versionBind asks a name server for version.bind, class CHAOS, over TCP.
func versionBind() []byte {
	query := []byte("sl\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03")
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)
}

// smbNegotiate offers SMB 2.0.2 to 3.0.2, MS-SMB2 2.2.3.
func smbNegotiate() []byte {
	header := append([]byte("\xfeSMB\x40\x00"), make([]byte, 58)...)
	binary.LittleEndian.PutUint16(header[14:], 1) // one credit
	body := []byte("\x24\x00\x04\x00\x01\x00\x00\x00\x00\x00\x00\x00scanledger-guid!\x00\x00\x00\x00\x00\x00\x00\x00\x02\x02\x10\x02\x00\x03\x02\x03")
	message := append(header, body...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)
}
