package tls

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
)

// The versions, as they stand on the wire.
const (
	ssl30 = 0x0300
	tls10 = 0x0301
	tls11 = 0x0302
	tls12 = 0x0303
	tls13 = 0x0304
)

// versions are all that are looked for, by the names that observations use.
var versions = []struct {
	wire uint16
	name string
}{{ssl30, "SSLv3"}, {tls10, "TLSv1.0"}, {tls11, "TLSv1.1"}, {tls12, "TLSv1.2"}, {tls13, "TLSv1.3"}}

// The extensions that are sent or looked at, from IANA's registry.
const (
	extName          = 0
	extStatus        = 5
	extGroups        = 10
	extPointFormats  = 11
	extSignatures    = 13
	extHeartbeat     = 15
	extPadding       = 21
	extSCT           = 18
	extMasterSecret  = 23
	extTicket        = 35
	extVersions      = 43
	extPSKModes      = 45
	extKeyShare      = 51
	extRenegotiation = 0xff01
)

const fallbackSCSV = 0x5600

// hello is a ClientHello (RFC 8446, 4.1.2; RFC 5246, 7.4.1.2).
type hello struct {
	version uint16 // the only one wanted for TLS 1.3, the highest otherwise
	suites  []uint16
	groups  []uint16
	name    string // for SNI; empty sends none
	// noShare asks a TLS 1.3 server to choose the group in a HelloRetryRequest.
	noShare bool
	// extras offers what is only looked for once: DEFLATE, heartbeats, a
	// stapled OCSP answer, certificate timestamps, session tickets.
	extras bool
	// session and ticket ask for a session to be resumed (RFC 5077).
	session, ticket []byte
	// finished is the client's Finished of the handshake that this hello
	// renegotiates (RFC 5746, 3.5).
	finished []byte
	// unsecured leaves renegotiation_info out, as clients before RFC 5746 did.
	unsecured bool
}

// signatures are all schemes of IANA's registry that a server may need.
var signatures = []uint16{
	0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b,
	0x0401, 0x0501, 0x0601, 0x081a, 0x081b, 0x081c, 0x0904, 0x0905, 0x0906,
	0x0303, 0x0301, 0x0302, 0x0402, 0x0502, 0x0602, 0x0203, 0x0201, 0x0202, 0x0101,
}

// record is the hello in its TLS record.
func (h hello) record() []byte { return enclose(handshakeRecord, min(h.version, tls10), h.message()) }

// enclose puts content into one TLS record, in the clear.
func enclose(kind byte, version uint16, content []byte) []byte {
	return slices.Concat([]byte{kind}, words(version), prefixed16(content))
}

// message is the hello as a handshake message.
func (h hello) message() []byte {
	body := h.body()
	// Hellos of 256 to 511 bytes hang some old servers, RFC 7685.
	if n := len(body) + 4; h.version != ssl30 && n > 255 && n < 512 {
		h.pad(&body, max(512-n-4, 0))
	}
	return slices.Concat([]byte{1, 0}, prefixed16(body))
}

func (h hello) body() []byte {
	random := make([]byte, 64)
	rand.Read(random) // never fails
	body := slices.Concat(words(min(h.version, tls12)), random[:32])
	session := h.session
	if h.version == tls13 {
		session = random[32:]
	}
	body = append(append(body, byte(len(session))), session...)
	body = append(body, prefixed16(words(h.suites...))...)
	if h.extras {
		body = append(body, 2, 1, 0) // DEFLATE, RFC 3749
	} else {
		body = append(body, 1, 0)
	}
	if h.version == ssl30 {
		return body
	}
	return append(body, prefixed16(h.extensions())...)
}

func (h hello) extensions() []byte {
	var all []byte
	if h.name != "" {
		all = append(all, extension(extName, prefixed16(append([]byte{0}, prefixed16([]byte(h.name))...)))...)
	}
	all = append(all, extension(extGroups, prefixed16(words(h.groups...)))...)
	all = append(all, extension(extPointFormats, []byte{1, 0})...)
	if h.version >= tls12 {
		all = append(all, extension(extSignatures, prefixed16(words(signatures...)))...)
	}
	if h.version <= tls12 {
		if !h.unsecured {
			all = append(all, extension(extRenegotiation, append([]byte{byte(len(h.finished))}, h.finished...))...)
		}
		all = append(all, extension(extMasterSecret, nil)...)
	}
	if h.extras || h.ticket != nil {
		all = append(all, extension(extTicket, h.ticket)...)
	}
	if h.extras {
		all = append(all, extension(extHeartbeat, []byte{1})...) // peer allowed to send, RFC 6520
		all = append(all, extension(extStatus, []byte{1, 0, 0, 0, 0})...)
		all = append(all, extension(extSCT, nil)...)
	}
	if h.version == tls13 {
		all = append(all, extension(extVersions, append([]byte{2}, words(tls13)...))...)
		all = append(all, extension(extPSKModes, []byte{1, 1})...)
		all = append(all, extension(extKeyShare, prefixed16(h.share()))...)
	}
	return all
}

// share is a key for X25519. Any 32 bytes are one, and nobody will need the
// secret half: the handshake ends with the server's answer.
func (h hello) share() []byte {
	if h.noShare || !slices.Contains(h.groups, x25519) {
		return nil
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return slices.Concat(words(x25519), prefixed16(key))
}

// pad adds the padding extension to a body with extensions.
func (h hello) pad(body *[]byte, n int) {
	before := h.extensionsAt(*body)
	size := binary.BigEndian.Uint16((*body)[before:])
	*body = append(*body, extension(extPadding, make([]byte, n))...)
	binary.BigEndian.PutUint16((*body)[before:], size+uint16(n)+4)
}

// extensionsAt is where the length of the extensions stands.
func (h hello) extensionsAt(body []byte) int {
	at := 34 + 1 + int(body[34])
	at += 2 + int(binary.BigEndian.Uint16(body[at:]))
	return at + 1 + int(body[at])
}

func extension(kind uint16, data []byte) []byte {
	return append(words(kind), prefixed16(data)...)
}

func words(all ...uint16) []byte {
	b := make([]byte, 0, 2*len(all))
	for _, w := range all {
		b = binary.BigEndian.AppendUint16(b, w)
	}
	return b
}

// prefixed16 puts the length of b before it.
func prefixed16(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}
