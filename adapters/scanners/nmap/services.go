package nmap

import (
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners/ports"
	"github.com/scanledger/scanledger/domain"
)

// names are our names of services that nmap calls otherwise; the others are the same.
var names = map[string]string{
	"vnc": "rfb", "X11": "x11", "memcached": "memcache", "rpcbind": "sunrpc", "mongod": "mongodb", "mqtts": "secure-mqtt",
	"msrpc": "epmap", "kerberos-sec": "kerberos",
}

// products are our names of products that nmap calls otherwise.
var products = map[string]string{
	"Redis key-value store": "Redis", "Elasticsearch REST API": "Elasticsearch", "CouchDB httpd": "CouchDB", "Docker Engine": "Docker",
	"InfluxDB http admin": "InfluxDB", "Memcached": "memcached", "PostgreSQL DB": "PostgreSQL",
}

// serviceOf is what speaks on an open port. A name that nmap has out of its table
// is a guess by the number, and so is one where it has none.
func serviceOf(number int, told *service) domain.Service {
	s := domain.Service{Port: number, Protocol: "tcp", Name: "unknown", Method: "table"}
	if told == nil || told.Name == "" {
		return s
	}
	if s.Name = told.Name; names[s.Name] != "" {
		s.Name = names[s.Name]
	}
	if told.Method != "probed" || told.Name == "tcpwrapped" {
		return s
	}
	s.Method, s.TLS = "probed", told.Tunnel == "ssl"
	s.Product, s.Version = strings.TrimSpace(told.Product), strings.TrimSpace(told.Version)
	if own := products[s.Product]; own != "" {
		s.Product = own
	}
	if real, is := strings.CutPrefix(s.Version, "5.5.5-"); is && strings.Contains(real, "MariaDB") {
		s.Product, s.Version = "MariaDB", real // the version before it is what MariaDB tells old replicas
	}
	if s.TLS {
		s.Name = ports.InTLS(s.Name)
	}
	return s
}

// proofs are what a service must have said for nmap to tell of it what it tells:
// nmap keeps no replies, and what is exposed is judged by them.
var proofs = []struct {
	service, product string
	versioned        bool   // whether nmap has to know the version, which strangers are not told
	extra            string // what it has to say beside
	reply            string
}{
	{service: "redis", versioned: true, reply: "+PONG"},
	{service: "x11", extra: "open", reply: "\x01"},
	{service: "http", product: "Elasticsearch", versioned: true, reply: "HTTP/1.1 200"},
	{service: "http", product: "Docker", versioned: true, reply: "HTTP/1.1 200"},
	{service: "http", product: "etcd", versioned: true, reply: "HTTP/1.1 200"},
	{service: "zookeeper", versioned: true, reply: "Zookeeper version"},
	{service: "mysql", extra: "unauthorized", reply: "\x00\x00\x00\x00\xff"},
}

// weaknesses are what the built-in scanner of ports would say of such a service, by
// the same rules.
func weaknesses(s domain.Service, told *service) []domain.Weakness {
	reply := ""
	for _, p := range proofs {
		if p.service == s.Name && (p.product == "" || p.product == s.Product) && (!p.versioned || s.Version != "") &&
			(p.extra == "" || strings.Contains(told.Extra, p.extra)) {
			reply = p.reply
		}
	}
	return ports.Exposures(s, []byte(reply))
}
