package ports

import (
	"testing"
	"unicode/utf8"

	"github.com/scanledger/scanledger/domain"
)

func TestMatch(t *testing.T) {
	tests := []struct{ reply, name, product, version string }{
		{"SSH-2.0-dropbear_2022.83\r\n", "ssh", "Dropbear sshd", "2022.83"},
		{"220 ProFTPD Server (Debian) [::ffff:127.0.0.1]\r\n", "ftp", "ProFTPD", ""},
		{"220 mail.example.com ESMTP Exim 4.96 Mon, 01 Jan 2024 00:00:00 +0000\r\n", "smtp", "Exim", "4.96"},
		{"220 mail.example.com ESMTP Postfix (Debian/GNU)\r\n", "smtp", "Postfix", ""},
		{"+OK Dovecot (Debian) ready.\r\n", "pop3", "Dovecot pop3d", ""},
		{"* OK [CAPABILITY IMAP4rev1 SASL-IR] Dovecot (Debian) ready.\r\n", "imap", "Dovecot imapd", ""},
		{"@RSYNCD: 31.0\n", "rsync", "rsync (protocol 31.0)", ""},
		{"RFB 003.008\n\x01\x01", "rfb", "VNC (protocol 3.8)", ""},
		{"\x4a\x00\x00\x00\x0a8.0.36\x00\x05\x00\x00\x00", "mysql", "MySQL", "8.0.36"},
		{"HTTP/1.1 200 OK\r\nDate: x\r\nServer: Apache/2.4.62 (Debian)\r\n\r\nServer: no/1", "http", "Apache", "2.4.62"},
		{"HTTP/1.1 200 OK\r\nServer: cloudflare\r\n\r\n", "http", "cloudflare", ""},
		{"HTTP/1.1 404 Not Found\r\n\r\nServer: no/1\r\n", "http", "", ""},
		{"HTTP/1.1 200 OK\r\nX-elastic-product: Elasticsearch\r\n\r\n{\"version\":{},\"tagline\" : \"You Know, for Search\"}", "http", "Elasticsearch", ""},
		{"HTTP/1.1 200 OK\r\nServer: Docker/20.10.24 (linux)\r\n\r\n{}", "http", "Docker", "20.10.24"},
		{"VERSION 1.6.18\r\n", "memcache", "memcached", "1.6.18"},
		{"R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00", "postgresql", "PostgreSQL", ""},
		{"E\x00\x00\x00\x8bSFATAL\x00VFATAL\x00C28000\x00Mno pg_hba.conf entry", "postgresql", "PostgreSQL", ""},
		{"\x00\x20sl\x85\x00\x00\x01\x00\x01\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03\xc0\x0c\x00\x10\x00\x03\x00\x00\x00\x00\x00\x0a\x099.18.28", "domain", "BIND", "9.18.28"},
		{"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x1f\x08\x00\x02\x00\x00\x00", "ms-wbt-server", "Remote Desktop", ""},
		{"\x00\x00\x00\xe8\xfeSMB\x40\x00", "microsoft-ds", "SMB", ""},
		{"\x20\x02\x00\x00", "mqtt", "", ""},
		{"Zookeeper version: 3.8.0-debian\n", "zookeeper", "ZooKeeper", "3.8.0"},
		{"AB\x00\x01\x09", "ajp13", "Apache Jserv", ""},
		{"\x00\x00\x01\x00\x00\x00\x00\x2a\x00\x00\x00\x00\x00\x3b", "kafka", "Apache Kafka", ""},
		{"Debian GNU/Linux 12\r\nhost login: ", "telnet", "", ""},
	}
	for _, test := range tests {
		got, known := match([]byte(test.reply))
		if !known || got.name != test.name || got.product != test.product || got.version != test.version {
			t.Errorf("%q: got %q %q %q, want %q %q %q", test.reply, got.name, got.product, got.version, test.name, test.product, test.version)
		}
	}
	for _, nobody := range []string{"", "hello", "\x00\x00\x00\x00", "HTTP/9", "\xff"} {
		if got, known := match([]byte(nobody)); known {
			t.Errorf("%q: taken for %s", nobody, got.name)
		}
	}
}

func TestExposures(t *testing.T) {
	tests := []struct{ name, product, reply, rule string }{
		{"rfb", "", "RFB 003.008\n\x01\x01", "ports/vnc/no-password"},
		{"rfb", "", "RFB 003.008\n\x01\x02", "ports/vnc/exposed"},
		{"postgresql", "", "R\x00\x00\x00\x08\x00\x00\x00\x00", "ports/postgresql/no-password"},
		{"postgresql", "", "E\x00\x00\x00\x50SFATAL\x00VFATAL\x00C28000\x00Mrole \"scanledger\" does not exist\x00", "ports/postgresql/no-password"},
		{"postgresql", "", "E\x00\x00\x00\x50SFATAL\x00VFATAL\x00C28000\x00Mno pg_hba.conf entry\x00", ""},
		{"postgresql", "", "R\x00\x00\x00\x17\x00\x00\x00\x0aSCRAM-SHA-256\x00\x00", "ports/database/exposed"},
		{"http", "Docker", "HTTP/1.1 200 OK\r\n", "ports/docker/no-password"},
		{"http", "Elasticsearch", "HTTP/1.1 401 Unauthorized\r\n", ""},
		{"https", "Elasticsearch", "HTTP/1.1 200 OK\r\n", "ports/elasticsearch/no-password"},
		{"ftps", "vsftpd", "220 ", ""},
		{"ssh", "OpenSSH", "SSH-2.0-", ""},
		{"http", "nginx", "HTTP/1.1 200 OK\r\n", ""},
	}
	for _, test := range tests {
		s := domain.Service{Port: 1, Protocol: "tcp", Name: test.name, Product: test.product, Method: "probed",
			TLS: test.name == "https" || test.name == "ftps"}
		rule := ""
		for _, w := range Exposures(s, []byte(test.reply)) {
			rule = w.Advisory.ID
		}
		if rule != test.rule {
			t.Errorf("%s %q: %q, want %q", test.name, test.reply, rule, test.rule)
		}
		s.Method = "table"
		if len(Exposures(s, []byte(test.reply))) > 0 {
			t.Errorf("%s: accused by its port number", test.name)
		}
	}
}

func TestAdvisoriesAreComplete(t *testing.T) {
	for _, e := range exposed {
		a := e.advisory
		if a.ID == "" {
			continue
		}
		if a.Title == "" || a.Severity == "" || a.CWE == 0 || a.Description == "" || a.Remedy == "" || len(a.References) == 0 {
			t.Errorf("%s is incomplete", a.ID)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("SSH-2.0-OpenSSH_9.2p1\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nServer: \x1b[31m/1\r\n\r\n"))
	f.Add([]byte("\x4a\x00\x00\x00\x0a8.0.36\x00"))
	f.Fuzz(func(t *testing.T, reply []byte) {
		got, known := match(reply)
		if known && got.name == "" {
			t.Error("known without a name")
		}
		for _, word := range []string{got.product, got.version} {
			if len(word) > mostWord || !utf8.ValidString(word) {
				t.Errorf("word %q", word)
			}
			for _, c := range word {
				if c < ' ' || c > '~' {
					t.Errorf("word %q holds %q", word, c)
				}
			}
		}
		Exposures(domain.Service{Name: got.name, Product: got.product, Method: "probed"}, reply)
	})
}
