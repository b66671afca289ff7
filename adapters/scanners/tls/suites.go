package tls

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The cipher suites of IANA's TLS registry, and the export suites of an
// expired draft that old servers still know: number and name in each line.
//
//go:embed suites.txt
var suiteLines string

// suite is a cipher suite by IANA's name. All that is asked of it follows from
// the name.
type suite string

var (
	suiteNames   = map[uint16]suite{}
	suiteNumbers = readSuites()
)

func readSuites() []uint16 {
	var numbers []uint16
	for line := range strings.Lines(suiteLines) {
		digits, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, err := strconv.ParseUint(digits, 16, 16)
		if err != nil {
			panic("suites.txt: " + line) // the file is part of this program
		}
		suiteNames[uint16(number)] = suite(name)
		numbers = append(numbers, uint16(number))
	}
	return numbers
}

func suiteOf(number uint16) suite {
	if s, known := suiteNames[number]; known {
		return s
	}
	return suite(fmt.Sprintf("0x%04X", number))
}

// candidates are the suites that can be negotiated in a version, in batches
// that old servers can take, the common ones in the first.
func candidates(version uint16) [][]uint16 {
	var rare, common []uint16
	for _, number := range suiteNumbers {
		switch s := suiteNames[number]; {
		case s.onlyTLS13() != (version == tls13):
		case version < tls12 && s.needsTLS12():
		case s.isPSK() || strings.Contains(string(s), "CAMELLIA") || strings.Contains(string(s), "ARIA"):
			rare = append(rare, number)
		default:
			common = append(common, number)
		}
	}
	const batch = 120
	return slices.Collect(slices.Chunk(append(common, rare...), batch))
}

func (s suite) has(parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(string(s), part) })
}

func (s suite) onlyTLS13() bool { return !s.has("_WITH_") }

// needsTLS12 is true of suites with an AEAD or an own hash, RFC 5246, A.5.
func (s suite) needsTLS12() bool {
	return s.aead() || strings.HasSuffix(string(s), "SHA256") || strings.HasSuffix(string(s), "SHA384")
}

func (s suite) aead() bool { return s.has("_GCM", "_CCM", "POLY1305", "_MGM_", "AEGIS") }

func (s suite) isPSK() bool { return s.has("PSK", "SRP", "KRB5", "GOST", "ECCPWD") }

func (s suite) anonymous() bool { return s.has("_anon_", "NULL_WITH_NULL") }

func (s suite) export() bool { return s.has("EXPORT") }

func (s suite) rc4() bool { return s.has("RC4") }

// keyInRSA is true of suites whose key travels encrypted with the
// certificate's, for which it has to be one of RSA.
func (s suite) keyInRSA() bool { return s.has("TLS_RSA_WITH", "TLS_RSA_EXPORT") }

// cbc is true of block ciphers whose MAC is under their padding.
func (s suite) cbc() bool { return s.has("_CBC", "_DES_", "DES40") }

// shortBlock is true of ciphers with blocks of 64 bits (Sweet32).
func (s suite) shortBlock() bool {
	return s.has("3DES", "_DES_", "DES40", "IDEA", "RC2", "MAGMA", "28147")
}

// exchange is how the key is agreed on.
type exchange int

const (
	exchangeOther exchange = iota
	exchangeDHE
	exchangeECDHE
)

func (s suite) exchange() exchange {
	switch {
	case s.has("TLS_ECDHE_PSK", "TLS_DHE_PSK"):
		return exchangeOther // other parameters come first
	case s.has("ECDHE_", "ECDH_anon"):
		return exchangeECDHE
	case s.has("DHE_", "DH_anon"):
		return exchangeDHE
	}
	return exchangeOther
}

// forward is true of suites whose traffic stays secret when the key of the
// certificate is lost.
func (s suite) forward() bool {
	return s.onlyTLS13() || s.exchange() != exchangeOther || s.has("DHE_PSK", "ECCPWD")
}

// strengths are the effective bits of ciphers, the first that fits counts.
var strengths = []struct {
	part string
	bits int
}{
	{"SSL_CK_DES_192", 112}, {"_WITH_NULL", 0}, {"SHA256_SHA256", 0}, {"SHA384_SHA384", 0}, {"EXPORT1024", 56}, {"EXPORT", 40}, {"DES40", 40},
	{"_40_", 40}, {"3DES", 112}, {"_DES_", 56}, {"FORTEZZA", 80}, {"_256", 256}, {"CHACHA20", 256}, {"28147", 256},
	{"KUZNYECHIK", 256}, {"MAGMA", 256}, {"128", 128}, {"SEED", 128}, {"IDEA", 128}, {"SM4", 128},
}

func (s suite) bits() int {
	for _, row := range strengths {
		if strings.Contains(string(s), row.part) {
			return row.bits
		}
	}
	return 128
}

// The cipher kinds of SSL 2, by their names in its draft.
var kindsOfSSL2 = []struct {
	wire int // three bytes
	name suite
}{
	{0x010080, "SSL_CK_RC4_128_WITH_MD5"}, {0x020080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"},
	{0x030080, "SSL_CK_RC2_128_CBC_WITH_MD5"}, {0x040080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"},
	{0x050080, "SSL_CK_IDEA_128_CBC_WITH_MD5"}, {0x060040, "SSL_CK_DES_64_CBC_WITH_MD5"},
	{0x0700c0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"}, {0x080080, "SSL_CK_RC4_64_WITH_MD5"},
}

// The groups of key exchange, from IANA's registry of supported groups.
const (
	x25519 = 29
	mlkem  = 0x11ec
)

var groupNames = []struct {
	wire uint16
	name string
}{
	{mlkem, "X25519MLKEM768"}, {0x11eb, "SecP256r1MLKEM768"}, {0x11ed, "SecP384r1MLKEM1024"}, {0x6399, "X25519Kyber768Draft00"},
	{0x0200, "MLKEM512"}, {0x0201, "MLKEM768"}, {0x0202, "MLKEM1024"},
	{x25519, "x25519"}, {23, "secp256r1"}, {30, "x448"}, {24, "secp384r1"}, {25, "secp521r1"},
	{31, "brainpoolP256r1tls13"}, {32, "brainpoolP384r1tls13"}, {33, "brainpoolP512r1tls13"},
	{26, "brainpoolP256r1"}, {27, "brainpoolP384r1"}, {28, "brainpoolP512r1"}, {41, "curveSM2"},
	{256, "ffdhe2048"}, {257, "ffdhe3072"}, {258, "ffdhe4096"}, {259, "ffdhe6144"}, {260, "ffdhe8192"},
	{22, "secp256k1"}, {19, "secp192r1"}, {20, "secp224k1"}, {21, "secp224r1"}, {18, "secp192k1"}, {17, "secp160r2"},
	{16, "secp160r1"}, {15, "secp160k1"}, {14, "sect571r1"}, {13, "sect571k1"}, {12, "sect409r1"}, {11, "sect409k1"},
	{10, "sect283r1"}, {9, "sect283k1"}, {8, "sect239k1"}, {7, "sect233r1"}, {6, "sect233k1"}, {5, "sect193r2"},
	{4, "sect193r1"}, {3, "sect163r2"}, {2, "sect163r1"}, {1, "sect163k1"},
}

func allGroups() []uint16 {
	var all []uint16
	for _, g := range groupNames {
		all = append(all, g.wire)
	}
	return all
}

func groupName(wire uint16) string {
	for _, g := range groupNames {
		if g.wire == wire {
			return g.name
		}
	}
	return fmt.Sprintf("0x%04X", wire)
}

// postQuantum are the hybrid and pure groups with ML-KEM.
func postQuantum(name string) bool { return strings.Contains(name, "MLKEM") }
