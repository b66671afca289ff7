package ports

import (
	"regexp"
	"strings"
)

// pattern is what a service's reply looks like. Replies are matched as
// Latin-1, so that \xff is the byte 255. Product and version may name groups
// of the expression ("$1").
type pattern struct {
	says                   *regexp.Regexp
	name, product, version string
}

func row(says, name, product, version string) pattern {
	return pattern{regexp.MustCompile("(?s)" + says), name, product, version}
}

// versionText begins the answer of a name server to versionBind, up to its text.
const versionText = `^.{2}sl[\x80-\xff].{9}.*\x00\x10\x00\x03.{6}.`

// patterns are tried from the top; the narrower stand before the wider.
var patterns = []pattern{
	row(`^SSH-[\d.]+-OpenSSH_([\w.]+)`, "ssh", "OpenSSH", "$1"),
	row(`^SSH-[\d.]+-dropbear_([\w.]+)`, "ssh", "Dropbear sshd", "$1"),
	row(`^SSH-[\d.]+-([A-Za-z][\w.]*?)[-_/]([\d][\w.]*)`, "ssh", "$1", "$2"),
	row(`^SSH-[\d.]+-([^\r\n ]+)`, "ssh", "$1", ""),

	row(`^220[ -][^\n]*vsFTPd ([\w.]+)`, "ftp", "vsftpd", "$1"),
	row(`^220[ -][^\n]*ProFTPD ([\d][\w.]*)`, "ftp", "ProFTPD", "$1"),
	row(`^220[ -][^\n]*ProFTPD`, "ftp", "ProFTPD", ""),
	row(`^220[ -][^\n]*Pure-FTPd`, "ftp", "Pure-FTPd", ""),
	row(`^220[ -][^\n]*FileZilla Server (?:version )?([\d.]+)`, "ftp", "FileZilla", "$1"),
	row(`^220[ -][^\n]*Microsoft FTP Service`, "ftp", "Microsoft ftpd", ""),
	row(`^220[ -][^\n]*ESMTP Exim ([\w.]+)`, "smtp", "Exim", "$1"),
	row(`^220[ -][^\n]*ESMTP Postfix`, "smtp", "Postfix", ""),
	row(`^220[ -][^\n]*Sendmail ([\w.]+)`, "smtp", "Sendmail", "$1"),
	row(`^220[ -][^\n]*OpenSMTPD`, "smtp", "OpenSMTPD", ""),
	row(`^220[ -][^\n]*Microsoft ESMTP MAIL Service`, "smtp", "Microsoft Exchange", ""),
	row(`^220[ -][^\n]*pyftpdlib ([\w.]+)`, "ftp", "pyftpdlib", "$1"),
	row(`(?i)^220[ -][^\n]*\bE?SMTP\b`, "smtp", "", ""),
	row(`(?i)^220[ -][^\n]*\bFTP\b`, "ftp", "", ""),
	row(`^220[ -].*\n500 `, "ftp", "", ""),
	row(`^(?:220|554)[ -][^\n]*\n(?:500|502|421) 5\.`, "smtp", "", ""),
	row(`^\+OK Dovecot(?: \([^)]*\))? ready`, "pop3", "Dovecot pop3d", ""),
	row(`^\+OK[^\n]*(?i:pop3)`, "pop3", "", ""),
	row(`^\+OK [^\n]*<[^>]+@[^>]+>`, "pop3", "", ""),
	row(`^\* OK [^\n]*Dovecot`, "imap", "Dovecot imapd", ""),
	row(`^\* OK [^\n]*Courier-IMAP`, "imap", "Courier imapd", ""),
	row(`^\* OK [^\n]*Cyrus IMAP v?([\d.]+)`, "imap", "Cyrus imapd", "$1"),
	row(`^\* (?:OK|BYE) [^\n]*(?i:imap)`, "imap", "", ""),
	row(`^20[01] [^\n]*InterNetNews[^\n]*?([\d.]+)`, "nntp", "InterNetNews", "$1"),
	row(`(?i)^20[01] [^\n]*(?:nntp|news)`, "nntp", "", ""),
	row(`^@RSYNCD: ([\d.]+)`, "rsync", "rsync (protocol $1)", ""),
	row(`^RFB 00(\d)\.00(\d)\n`, "rfb", "VNC (protocol $1.$2)", ""),
	row(`^.{3}\x00\x0a(?:5\.5\.5-)?(\d[\w.]*?)-MariaDB`, "mysql", "MariaDB", "$1"),
	row(`^.{3}\x00\x0a(\d[\w.]*)[^\x00]{0,60}\x00`, "mysql", "MySQL", "$1"),
	row(`^.{3}\x00\xff.{2}.*MariaDB`, "mysql", "MariaDB", ""),
	row(`^.{3}\x00\xff.{2}.*MySQL`, "mysql", "MySQL", ""),
	row(`^\xff[\xfb-\xfe].`, "telnet", "", ""),
	row(`^"IMPLEMENTATION" "Dovecot`, "sieve", "Dovecot Pigeonhole", ""),
	row(`\n:[^ ]+ 002 [^\n]*running version ([A-Za-z]+)[- ]v?(\d[\w.]*)`, "irc", "$1", "$2"),
	row(`\n:[^ ]+ 004 [^ ]+ [^ ]+ ([A-Za-z]+)[- ]v?(\d[\w.]*)`, "irc", "$1", "$2"),
	row(`^:irc\.znc\.in (?:NOTICE|\d{3}) `, "irc", "ZNC", ""),
	row(`^:[^ ]+ (?:NOTICE|\d{3}) `, "irc", "", ""),
	row(`^.{4}ERR (?:access denied|no such service)`, "git", "Git", ""),
	row(`^\( success \( \d \d \(`, "svn", "Subversion", ""),

	// Plain HTTP sent to a port of TLS: it is for the TLS probe to name it.
	row(`(?i)^HTTP/1\.\d 400.*(?:HTTPS (?:server|port)|SSL-enabled server)`, "", "", ""),
	row(`^HTTP/1\.\d \d{3}.*"tagline"\s*:\s*"You Know, for Search"`, "http", "Elasticsearch", ""),
	row(`^HTTP/1\.\d \d{3}.*"etcdserver"\s*:\s*"([\d.]+)"`, "http", "etcd", "$1"),
	row(`^HTTP/1\.\d \d{3}.*"ApiVersion".*?"Version"\s*:\s*"([\w.]+)"`, "http", "Docker", "$1"),
	row(`(?i)^HTTP/1\.\d \d{3}.*\nServer: Docker/([\w.]+)`, "http", "Docker", "$1"),
	row(`^HTTP/1\.\d \d{3}.*"couchdb"\s*:\s*"Welcome".*?"version"\s*:\s*"([\w.]+)"`, "http", "CouchDB", "$1"),
	row(`(?i)^HTTP/1\.\d \d{3}.*\nX-ClickHouse-`, "http", "ClickHouse", ""),
	row(`(?i)^HTTP/1\.\d \d{3}.*\nX-Influxdb-Version: v?([\w.]+)`, "http", "InfluxDB", "$1"),
	row(`(?i)^HTTP/1\.\d \d{3}.*\nX-Jenkins: ([\w.]+)`, "http", "Jenkins", "$1"),
	row(`^HTTP/1\.\d \d{3}.*"gitVersion"\s*:\s*"v?([\w.]+)`, "http", "Kubernetes", "$1"),
	row(`^HTTP/1\.\d \d{3}.*>HAProxy version (\d[\w.]*)`, "http", "HAProxy", "$1"),
	// What a proxy says of itself comes before what it passes on; the last of several is the nearest (RFC 9110, 7.6.3).
	row(`(?i)^HTTP/1\.\d \d{3}[^\n]*\n(?:[^\r\n]+\r?\n)*?Via:(?:[^\r\n]*,)?[ \t]*(?:HTTP/)?\d\.\d [^\s,(]+ \(([A-Za-z][\w-]*)/v?(\d[\w.]*)`, "http", "$1", "$2"),
	row(`(?i)^HTTP/1\.\d \d{3}[^\n]*\n(?:[^\r\n]+\r?\n)*?Server:[ \t]*([A-Za-z][^/\r\n(]*?)[/ ]v?(\d[\w.+~-]*)`, "http", "$1", "$2"),
	row(`(?i)^HTTP/1\.\d \d{3}[^\n]*\n(?:[^\r\n]+\r?\n)*?Server:[ \t]*([^\r\n(/]{1,60}?)[ \t]*[\r\n(/]`, "http", "$1", ""),
	row(`^HTTP/1\.\d \d{3}`, "http", "", ""),

	row(`^\+PONG\r\n.*redis_version:([\w.]+)`, "redis", "Redis", "$1"),
	row(`^\+PONG\r\n.*valkey_version:([\w.]+)`, "redis", "Valkey", "$1"),
	row(`^-NOAUTH `, "redis", "Redis", ""),
	row(`^-DENIED Redis`, "redis", "Redis", ""),
	row(`^-ERR (?:unknown command|wrong number)`, "redis", "Redis", ""),
	row(`^\+PONG\r\n`, "redis", "", ""),
	row(`^VERSION ([\w.]+)`, "memcache", "memcached", "$1"),
	row(`^R\x00\x00\x00.\x00\x00\x00`, "postgresql", "PostgreSQL", ""),
	row(`^E\x00\x00..S[A-Z]+\x00(?:V[A-Z]+\x00)?C[0-9A-Z]{5}\x00M`, "postgresql", "PostgreSQL", ""),
	row(`^.{12}(?:\xdd\x07|\x01\x00)\x00\x00.*\x02version\x00.{4}([\d.]+)\x00`, "mongodb", "MongoDB", "$1"),
	row(`^.{12}(?:\xdd\x07|\x01\x00)\x00\x00.*(?:maxWireVersion|codeName|ismaster)`, "mongodb", "MongoDB", ""),
	row(versionText+`(?:BIND )?(9\.\d+\.[\w.]+)`, "domain", "BIND", "$1"),
	row(versionText+`(?i:dnsmasq-)([\w.]+)`, "domain", "dnsmasq", "$1"),
	row(versionText+`(?i:unbound) ([\w.]+)`, "domain", "Unbound", "$1"),
	row(versionText+`(PowerDNS \w+)(?: Server)? ([\w.]+)`, "domain", "$1", "$2"),
	row(versionText+`(?i:Knot DNS) ([\w.]+)`, "domain", "Knot DNS", "$1"),
	row(versionText+`NSD ([\w.]+)`, "domain", "NSD", "$1"),
	row(`^.{2}sl[\x80-\xff]`, "domain", "", ""),
	row(`^\x03\x00\x00[\x0b-\x20]\x06?.?\xd0`, "ms-wbt-server", "Remote Desktop", ""),
	// Samba's GUID is its NetBIOS name, others' are made up.
	row(`^\x00.{3}\xfeSMB.{60}\x41\x00.{6}(?:[A-Za-z0-9-]{1,13}\x00\x00|[A-Za-z0-9-]{14,15}\x00)`, "microsoft-ds", "Samba", ""),
	row(`^\x00.{3}\xfeSMB`, "microsoft-ds", "SMB", ""),
	row(`^\x00.{3}\xffSMB`, "microsoft-ds", "SMB 1", ""),
	row(`^\x30.{1,5}\x02\x01\x01[\x64\x65\x73].*OpenLDAP`, "ldap", "OpenLDAP", ""),
	row(`^\x30.{1,5}\x02\x01\x01[\x64\x65\x73].*(?i:rootDomainNamingContext)`, "ldap", "Microsoft Active Directory", ""),
	row(`^\x30.{1,5}\x02\x01\x01[\x64\x65\x73]`, "ldap", "", ""),
	row(`^\x01\x00\x00.{4}\x00\x0a\x00\x0a.*RabbitMQ.*\x07versionS\x00\x00\x00.([\d.]+)`, "amqp", "RabbitMQ", "$1"),
	row(`^\x01\x00\x00.{4}\x00\x0a\x00\x0a`, "amqp", "", ""),
	row(`^AMQP\x00?[\x00-\x03]`, "amqp", "", ""),
	row(`^\x20\x02[\x00\x01]\x00.*\$SYS/broker/version(?:([A-Za-z]\w*) version )?v?(\d[\w.]*)`, "mqtt", "$1", "$2"),
	row(`^\x20\x02[\x00\x01][\x00-\x05](?:$|\x90\x03|\x30)`, "mqtt", "", ""),
	row(`^\x00\x00.{2}\x00\x00\x00\x2a\x00\x00\x00\x00\x00.`, "kafka", "Apache Kafka", ""),
	row(`^Zookeeper version: ([\d.]+)`, "zookeeper", "ZooKeeper", "$1"),
	row(`^srvr is not executed because it is not in the whitelist`, "zookeeper", "ZooKeeper", ""),
	row(`^[\x83-\x85]\x00.{1,2}\x06.{4}.*CQL_VERSION`, "cassandra", "Apache Cassandra", ""),
	row(`^\x80\x00\x00.scan\x00\x00\x00\x01`, "sunrpc", "", ""),
	row(`^AB\x00\x01\x09`, "ajp13", "Apache Jserv", ""),
	row(`^JDWP-Handshake`, "jdwp", "Java Debug Wire Protocol", ""),
	row(`^\x01\x00\x0b\x00.*([A-Z][\w .]+(?:Foundation|Org|Project))`, "x11", "$1", ""),
	row(`^[\x00-\x02].?\x0b\x00\x00\x00`, "x11", "", ""),
	row(`(?i)^\x01[^\n]*(?:rlogind|permission denied)`, "login", "", ""),
	row(`(?i)^\x01[^\n]*rshd`, "shell", "", ""),
	row(`(?i)^\x01[^\n]*(?:rexecd|where are you)`, "exec", "", ""),
	row(`^RTSP/1\.0 .*\nServer: ([^/\r\n]+?)(?:/([\d.]+))?[\r\n ]`, "rtsp", "$1", "$2"),
	row(`^RTSP/1\.0 `, "rtsp", "", ""),
	row(`^SIP/2\.0 .*\n(?:Server|User-Agent): ([^/\r\n]+?)(?:[/ -]([\d.]+))?[\r\n ]`, "sip", "$1", "$2"),
	row(`^SIP/2\.0 `, "sip", "", ""),
	row(`^<\?xml.*<stream:stream`, "xmpp-client", "", ""),
	row(`^Login\s+Name\s+`, "finger", "", ""),
	row(`(?i)^[^\n]{0,80}\n?.{0,200}\blogin: ?$`, "telnet", "", ""),
}

const mostWord = 100

// match says which service a reply is from.
func match(reply []byte) (talk, bool) {
	if len(reply) == 0 {
		return talk{}, false
	}
	text := latin1(reply)
	for _, p := range patterns {
		groups := p.says.FindStringSubmatch(text)
		if groups == nil {
			continue
		}
		if p.name == "" {
			break
		}
		return talk{name: p.name, product: fill(p.product, groups), version: fill(p.version, groups), reply: reply}, true
	}
	return talk{}, false
}

// fill puts the groups of a match into a word; what a target sends never
// becomes more than a short line of printable characters.
func fill(word string, groups []string) string {
	for i := 1; i < len(groups); i++ {
		word = strings.ReplaceAll(word, "$"+string(rune('0'+i)), groups[i])
	}
	word = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, word)
	return strings.TrimSpace(word[:min(len(word), mostWord)])
}

func latin1(b []byte) string {
	var text strings.Builder
	text.Grow(len(b))
	for _, c := range b {
		text.WriteRune(rune(c))
	}
	return text.String()
}
