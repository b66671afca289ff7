package ports

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/scanledger/scanledger/domain"
)

// exposure is a service that should not speak to strangers at all, or not like
// this. Of the rows for one service the first that applies counts.
type exposure struct {
	service  string
	product  string         // only this one; any when empty
	says     *regexp.Regexp // must be in the reply; anything when nil
	advisory domain.Advisory
}

// Exposures are the weaknesses of a service that was identified by what it
// said; a name guessed from the port number accuses nobody.
func Exposures(s domain.Service, reply []byte) []domain.Weakness {
	if s.Method != "probed" {
		return nil
	}
	text := latin1(reply)
	i := slices.IndexFunc(exposed, func(e exposure) bool {
		return (e.service == s.Name || s.TLS && inTLS[e.service] == s.Name && !clearText[e.advisory.ID]) &&
			(e.product == "" || e.product == s.Product) && (e.says == nil || e.says.MatchString(text))
	})
	if i < 0 || exposed[i].advisory.ID == "" {
		return nil
	}
	what := s.Name
	if s.Product != "" {
		what = s.Product
	}
	if s.Version != "" {
		what += " " + s.Version
	}
	return []domain.Weakness{{
		Advisory: exposed[i].advisory,
		Where:    fmt.Sprintf("%d/%s", s.Port, s.Protocol),
		Detail:   fmt.Sprintf("%s answers on port %d/%s.", what, s.Port, s.Protocol),
		Evidence: s.Evidence,
	}}
}

func says(expression string) *regexp.Regexp { return regexp.MustCompile("(?s)" + expression) }

// harmless ends the search for a service that refused us.
var harmless domain.Advisory

var exposed = []exposure{
	{service: "telnet", advisory: telnetExposed},
	{service: "ftp", advisory: ftpClear},
	{service: "login", advisory: rServices},
	{service: "shell", advisory: rServices},
	{service: "exec", advisory: rServices},
	{service: "finger", advisory: fingerExposed},
	{service: "rfb", says: says(`^RFB [\d.]+\n(?:[\x01-\x10][\x00-\xff]*\x01|\x00\x00\x00\x01)`), advisory: vncOpen},
	{service: "rfb", advisory: vncExposed},
	{service: "x11", says: says(`^\x01`), advisory: x11Open},
	{service: "redis", says: says(`^\+PONG`), advisory: redisOpen},
	{service: "redis", advisory: databaseExposed},
	{service: "mongodb", says: says(`\x04databases\x00`), advisory: mongoOpen},
	{service: "mongodb", advisory: databaseExposed},
	{service: "memcache", advisory: memcachedOpen},
	{service: "postgresql", says: says(`^R\x00\x00\x00\x08\x00\x00\x00\x00|^E.*C28000\x00Mrole "scanledger" does not exist`), advisory: postgresOpen},
	{service: "postgresql", says: says(`^E.*C28000\x00`), advisory: harmless}, // pg_hba.conf has no entry for us
	{service: "postgresql", advisory: databaseExposed},
	{service: "mysql", says: says(`^.{3}\x00\xff`), advisory: harmless}, // this host may not connect
	{service: "mysql", advisory: databaseExposed},
	{service: "cassandra", advisory: databaseExposed},
	{service: "http", product: "Elasticsearch", says: says(`^HTTP/1\.\d 200`), advisory: elasticOpen},
	{service: "http", product: "ClickHouse", advisory: databaseExposed},
	{service: "http", product: "CouchDB", advisory: databaseExposed},
	{service: "http", product: "InfluxDB", advisory: databaseExposed},
	{service: "http", product: "Docker", says: says(`^HTTP/1\.\d 200`), advisory: dockerOpen},
	{service: "http", product: "etcd", says: says(`^HTTP/1\.\d 200`), advisory: etcdOpen},
	{service: "http", says: says(`^HTTP/1\.\d 200.*"kind"\s*:\s*"PodList"`), advisory: kubeletOpen},
	{service: "jdwp", advisory: jdwpOpen},
	{service: "zookeeper", says: says(`^Zookeeper version`), advisory: zookeeperOpen},
	{service: "kafka", advisory: brokerExposed},
	{service: "mqtt", says: says(`^\x20\x02[\x00\x01]\x00`), advisory: mqttOpen},
	{service: "ajp13", advisory: ajpExposed},
	{service: "microsoft-ds", product: "SMB 1", advisory: smbOne},
	{service: "microsoft-ds", advisory: smbExposed},
	{service: "ms-wbt-server", advisory: rdpExposed},
	{service: "sunrpc", advisory: rpcExposed},
	{service: "rsync", advisory: rsyncExposed},
	{service: "ldap", advisory: ldapClear},
}

// clearText are the advisories that do not hold inside TLS.
var clearText = map[string]bool{telnetExposed.ID: true, ftpClear.ID: true, ldapClear.ID: true}
