// Package hostile is what scanners must not fall for, for tests: forbidden
// targets in every spelling, name servers that change their minds, servers that
// never end, and a network namespace with a tripwire.
package hostile

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// forms are the ways to write an IPv4 address that some resolver,
// browser or gateway takes for it, as hosts of a URL.
var forms = map[string]string{
	"plain":                "{a}.{b}.{c}.{d}",
	"trailing dot":         "{a}.{b}.{c}.{d}.",
	"decimal":              "{n}",
	"hexadecimal":          "0x{x}",
	"hexadecimal, capital": "0X{X}",
	"octal":                "0{o}",
	"hexadecimal parts":    "0x{xa}.0x{xb}.0x{xc}.0x{xd}",
	"octal parts":          "0{oa}.0{ob}.0{oc}.0{od}",
	"padded parts":         "{a}.{b}.{c}.00{d}",
	"padded octal":         "0000{oa}.{b}.{c}.{d}",
	"mixed parts":          "0x{xa}.{b}.0{oc}.{d}",
	"three parts":          "{a}.{b}.{cd}",
	"two parts":            "{a}.{bcd}",
	"two parts, hex":       "0x{xa}.{bcd}",
	"full-width digit":     "{a}.{b}.{c}.１",
	"full-width dot":       "{a}．{b}．{c}．{d}",
	"ideographic dot":      "{a}。{b}。{c}。{d}",
	"half-width dot":       "{a}｡{b}｡{c}｡{d}",
	"circled digit":        "{a}.{b}.{c}.①",
	"mathematical digit":   "{a}.{b}.{c}.𝟏",
	"Arabic digit":         "{a}.{b}.{c}.١",
	"soft hyphen":          "{a}.{b}.{c}.\u00ad{d}",
	"zero-width space":     "{a}.{b}.{c}.\u200b{d}",
	"percent-encoded":      "%3{a0}{a1}.{b}.{c}.{d}",
	"percent-encoded dot":  "{a}%2e{b}%2e{c}%2e{d}",
	"null byte":            "{a}.{b}.{c}.{d}\x00.example.com",
	"encoded null":         "{a}.{b}.{c}.{d}%00.example.com",
	"tab":                  "{a}.{b}\t.{c}.{d}",
	"line feed":            "{a}.{b}.{c}.{d}\n",
	"carriage return":      "{a}.{b}.{c}.{d}\r\nHost: example.com",
	"space":                "{a}.{b}.{c}.{d} ",
	"user":                 "example.com@{a}.{b}.{c}.{d}",
	"user and password":    "a:b@{a}.{b}.{c}.{d}",
	"fragment":             "{a}.{b}.{c}.{d}#@example.com",
	"query":                "{a}.{b}.{c}.{d}?@example.com",
	"path":                 "{a}.{b}.{c}.{d}/@example.com",
	"backslash":            "{a}.{b}.{c}.{d}\\@example.com",
	"encoded at":           "example.com%40{a}.{b}.{c}.{d}",
	"semicolon":            "{a}.{b}.{c}.{d};example.com",
	"comma":                "{a}.{b}.{c}.{d},example.com",
	"five parts":           "{a}.{b}.{c}.{d}.0",
	"range":                "{a}.{b}.{c}.{d}-255",
	"CIDR":                 "{a}.{b}.{c}.{d}/24",
	"empty part":           "{a}.{b}.{c}..{d}",
	"mapped":               "[::ffff:{a}.{b}.{c}.{d}]",
	"mapped, hex":          "[::ffff:{ab}:{cdx}]",
	"mapped, long":         "[0:0:0:0:0:FFFF:{ab}:{cdx}]",
	"mapped, padded":       "[0000:0000:0000:0000:0000:ffff:{ab}:{cdx}]",
	"mapped, bare":         "::ffff:{a}.{b}.{c}.{d}",
	"compatible":           "[::{a}.{b}.{c}.{d}]",
	"translated":           "[::ffff:0:{a}.{b}.{c}.{d}]",
	"NAT64":                "[64:ff9b::{a}.{b}.{c}.{d}]",
	"NAT64, local":         "[64:ff9b:1::{a}.{b}.{c}.{d}]",
	"6to4":                 "[2002:{ab}:{cdx}::1]",
	"Teredo":               "[2001:0:{ab}:{cdx}::]",
	"ISATAP":               "[2a00:1450::5efe:{a}.{b}.{c}.{d}]",
	"ISATAP, global":       "[2a00:1450::200:5efe:{a}.{b}.{c}.{d}]",
	"zone":                 "[::ffff:{a}.{b}.{c}.{d}%25lo]",
	"name":                 "{a}-{b}-{c}-{d}.wild.test",
	"name, mapped":         "six-{a}-{b}-{c}-{d}.wild.test",
	"name among public":    "pair-{a}-{b}-{c}-{d}.wild.test",
	"alias":                "alias-{a}-{b}-{c}-{d}.wild.test",
}

// Spelled are the IPv4 addresses that the corpus writes in every way.
var Spelled = []string{
	"0.0.0.1", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2",
	"172.16.0.1", "172.31.255.254", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.254",
	"192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
}

func spell(form string, addr netip.Addr) string {
	p := addr.As4()
	n := uint64(p[0])<<24 | uint64(p[1])<<16 | uint64(p[2])<<8 | uint64(p[3])
	hex := func(v uint64) string { return strconv.FormatUint(v, 16) }
	list := []string{
		"{n}", fmt.Sprint(n), "{x}", hex(n), "{X}", strings.ToUpper(hex(n)), "{o}", strconv.FormatUint(n, 8),
		"{cd}", fmt.Sprint(n & 0xffff), "{bcd}", fmt.Sprint(n & 0xffffff), "{ab}", hex(n >> 16), "{cdx}", hex(n & 0xffff),
		"{a0}", fmt.Sprint(p[0])[:1], "{a1}", fmt.Sprint(p[0])[1:],
	}
	for i, part := range p {
		name := string(rune('a' + i))
		list = append(list, "{"+name+"}", fmt.Sprint(part), "{x"+name+"}", hex(uint64(part)), "{o"+name+"}", strconv.FormatUint(uint64(part), 8))
	}
	return strings.NewReplacer(list...).Replace(form)
}

// Zone is a wildcard DNS service for the addresses of the corpus, as a
// Nameserver takes it.
func Zone() map[string][]string {
	zone := map[string][]string{}
	for _, s := range Spelled {
		name := strings.ReplaceAll(s, ".", "-") + ".wild.test."
		zone[name+" A"] = []string{s}
		zone["six-"+name+" AAAA"] = []string{"::ffff:" + s}
		zone["pair-"+name+" A"] = []string{"8.8.8.8," + s}
		zone["alias-"+name+" A"] = []string{"CNAME " + name + "," + s}
	}
	return zone
}

// urls are ways to write a URL of a host: those that are taken, and those that
// some parser reads for them.
var urls = []string{
	"http://{h}:80", "https://{h}:8443/x?y#z", "HTTP://{h}/", " http://{h}/ ", "{h}:443", "{h}/path", "//{h}/", "///{h}/", "http:{h}", "http:/{h}/", "http:///{h}/",
	"http:\\\\{h}/", "http:/\\{h}/", "ht\ttp://{h}/", "http\n://{h}/", "http://\t{h}/", "\u00a0http://{h}/", "\ufeffhttp://{h}/", "http://{h}:0/", "http://{h}:99999/", "http://{h}:080/",
	"http://{h}:80:80/", "http://{h}:/", "http://{h}:８０/", "http://@{h}/", "http://:@{h}/", "http://example.com:80@{h}/", "http://example.com%40{h}/", "http://{h}%23.example.com/",
	"http://{h}%2f.example.com/", "http://{h}..example.com@{h}/", "ftp://{h}/", "file://{h}/etc/passwd", "gopher://{h}:25/_x", "dict://{h}:11211/stats", "ldap://{h}/", "tftp://{h}/x",
	"ws://{h}/", "javascript://{h}/%0aalert(1)", "data:text/html,{h}", "jar:http://{h}!/", "view-source:http://{h}/", "url:http://{h}/", "http+unix://{h}/", "http://http://{h}/", "https:https://{h}/",
}

// names do not mean the public Internet, whatever a resolver says.
var names = []string{
	"localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "a.localhost", "ip6-localhost", "ip6-loopback", "metadata.google.internal",
	"metadata.google.internal.", "metadata", "instance-data", "printer.local", "host.docker.internal", "kubernetes.default.svc.cluster.local", "router.home.arpa",
	"kafka", "postgres", "ｌocalhost", "ⓛocalhost", "locaſhost", "local%68ost", "localhost%00.example.com", "example.com@localhost", "localhost#@example.com", "localhost\\@example.com",
}

// Corpus has every spelling of every address that is denied, without any twice,
// in an order that mixes them and is always the same.
func Corpus() []string {
	var all []string
	for _, s := range Spelled {
		for _, form := range forms {
			host := spell(form, netip.MustParseAddr(s))
			all = append(all, "http://"+host, host)
		}
		for _, form := range urls {
			all = append(all, strings.ReplaceAll(form, "{h}", s))
		}
	}
	for _, s := range Denied {
		if addr := netip.MustParseAddr(s); addr.Is6() {
			all = append(all, "https://["+s+"]/", "http://["+addr.StringExpanded()+"]:8080/", "["+strings.ToUpper(s)+"]", "https://"+s+"/")
		}
	}
	for _, name := range names {
		all = append(all, "http://"+name, "https://"+name+":8443/x", name)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// Loopback are hosts in every spelling of this machine's own address.
func Loopback() []string {
	hosts := []string{"localhost", "a.localhost", "::1", "0:0:0:0:0:0:0:1", "::", "0.0.0.0", "::ffff:0.0.0.0", "0", "ip6-localhost", "::1%lo"}
	for _, form := range forms {
		hosts = append(hosts, strings.Trim(spell(form, netip.MustParseAddr("127.0.0.1")), "[]"))
	}
	return hosts
}
