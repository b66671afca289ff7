package ports

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// The advisories. Critical: a stranger can take over the host or its data at
// once. High: a stranger reads or writes data, or logs in over clear text.
// Medium: what is attacked first stands open, behind a password. Low: it tells
// or weakens something.
var (
	redisOpen = domain.Advisory{ID: "ports/redis/no-password", Title: "Redis answers without a password",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Overtaken,
		Description: "Anybody who reaches this port reads and deletes all data, and can often have Redis write files that run as programs.",
		Remedy:      "Bind Redis to a private address, close the port in the firewall, and set a password with requirepass or ACL users.",
		References:  []string{"https://redis.io/docs/latest/operate/oss_and_stack/management/security/"}}
	mongoOpen = domain.Advisory{ID: "ports/mongodb/no-password", Title: "MongoDB lists its databases without a password",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Opened,
		Description: "Access control is off: anybody who reaches this port reads, changes and deletes every database.",
		Remedy:      "Set security.authorization to enabled, create users, bind to private addresses (net.bindIp), and close the port in the firewall.",
		References:  []string{"https://www.mongodb.com/docs/manual/administration/security-checklist/"}}
	postgresOpen = domain.Advisory{ID: "ports/postgresql/no-password", Title: "PostgreSQL trusts connections without a password",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Overtaken,
		Description: "The server's pg_hba.conf uses the method trust for the network: whoever names an existing role is that role, a superuser's too.",
		Remedy:      "Replace trust by scram-sha-256 in pg_hba.conf, restrict the addresses there, reload, and close the port in the firewall.",
		References:  []string{"https://www.postgresql.org/docs/current/auth-trust.html"}}
	dockerOpen = domain.Advisory{ID: "ports/docker/no-password", Title: "The Docker API answers to strangers",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Overtaken,
		Description: "Whoever can call the Docker API starts a container with the host's file system in it, and so is root on the host.",
		Remedy:      "Remove the tcp:// listener, or protect it with client certificates (tlsverify), and close the port in the firewall.",
		References:  []string{"https://docs.docker.com/engine/security/protect-access/"}}
	kubeletOpen = domain.Advisory{ID: "ports/kubelet/no-password", Title: "The kubelet lists its pods to strangers",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Overtaken,
		Description: "Anonymous requests reach the kubelet's API. It shows every pod and, with the default authorization mode, runs commands in them.",
		Remedy:      "Set authentication.anonymous.enabled to false and authorization.mode to Webhook, set readOnlyPort to 0, and close the port in the firewall.",
		References:  []string{"https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/"}}
	jdwpOpen = domain.Advisory{ID: "ports/jdwp/exposed", Title: "A Java debugger port is open",
		Severity: domain.Critical, CWE: 489, CVSS: scanners.Overtaken,
		Description: "The Java Debug Wire Protocol has no authentication: whoever connects runs code in the process.",
		Remedy:      "Start the program without -agentlib:jdwp, or bind the agent to 127.0.0.1 and reach it through a tunnel.",
		References:  []string{"https://docs.oracle.com/en/java/javase/21/docs/specs/jdwp/jdwp-protocol.html"}}
	x11Open = domain.Advisory{ID: "ports/x11/no-password", Title: "The X11 display accepts strangers",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Overtaken,
		Description: "Whoever connects to the display sees the screen, reads every key, and types into any window.",
		Remedy:      "Start the X server with -nolisten tcp, and use SSH forwarding for remote windows.",
		References:  []string{"https://www.x.org/releases/current/doc/man/man7/Xsecurity.7.xhtml"}}
	vncOpen = domain.Advisory{ID: "ports/vnc/no-password", Title: "VNC lets anybody in without a password",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Overtaken,
		Description: "The server offers the security type None: whoever connects sees and controls the desktop.",
		Remedy:      "Set a password or stronger security type, and make VNC reachable through SSH or a VPN only.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc6143#section-7.2.1"}}
	elasticOpen = domain.Advisory{ID: "ports/elasticsearch/no-password", Title: "Elasticsearch answers without a password",
		Severity: domain.Critical, CWE: 306, CVSS: scanners.Opened,
		Description: "Security is off: anybody who reaches this port reads, changes and deletes every index.",
		Remedy:      "Set xpack.security.enabled to true, give out users and TLS, bind to private addresses, and close the port in the firewall.",
		References:  []string{"https://www.elastic.co/guide/en/elasticsearch/reference/current/secure-cluster.html"}}
	etcdOpen = domain.Advisory{ID: "ports/etcd/exposed", Title: "etcd answers to strangers",
		Severity: domain.High, CWE: 306, CVSS: scanners.Opened,
		Description: "etcd holds configuration and secrets, of whole Kubernetes clusters among others. It answered a client without a certificate.",
		Remedy:      "Require client certificates (--client-cert-auth), turn on authentication, and close the port in the firewall.",
		References:  []string{"https://etcd.io/docs/latest/op-guide/security/"}}
	memcachedOpen = domain.Advisory{ID: "ports/memcached/no-password", Title: "memcached answers to strangers",
		Severity: domain.High, CWE: 306, CVSS: scanners.Opened,
		Description: "Anybody who reaches this port reads and replaces what applications cache: sessions, pages, personal data.",
		Remedy:      "Start memcached with -l 127.0.0.1 or a private address, with -U 0, and close the port in the firewall.",
		References:  []string{"https://docs.memcached.org/serverguide/configuring/"}}
	zookeeperOpen = domain.Advisory{ID: "ports/zookeeper/exposed", Title: "ZooKeeper answers to strangers",
		Severity: domain.High, CWE: 306, CVSS: scanners.Opened,
		Description: "ZooKeeper coordinates clusters and trusts its network: without ACLs anybody reads and changes their configuration.",
		Remedy:      "Close the port in the firewall, turn on authentication (SASL or mutual TLS), and set ACLs.",
		References:  []string{"https://zookeeper.apache.org/doc/current/zookeeperAdmin.html"}}
	mqttOpen = domain.Advisory{ID: "ports/mqtt/no-password", Title: "The MQTT broker accepts strangers",
		Severity: domain.High, CWE: 306, CVSS: scanners.Touched,
		Description: "The broker accepted a client without a name and password. Such clients can often read what devices report, and command them.",
		Remedy:      "Turn anonymous access off (allow_anonymous false), use TLS and passwords or certificates, and set access rules for topics.",
		References:  []string{"https://mosquitto.org/man/mosquitto-conf-5.html"}}
	telnetExposed = domain.Advisory{ID: "ports/telnet/exposed", Title: "Telnet is open",
		Severity: domain.High, CWE: 319, CVSS: scanners.Intercepted,
		Description: "Telnet sends names, passwords and everything typed in clear text, for anybody on the way to read and change.",
		Remedy:      "Turn Telnet off and use SSH.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc854", "https://cwe.mitre.org/data/definitions/319.html"}}
	rServices = domain.Advisory{ID: "ports/r-services/exposed", Title: "A Berkeley r-service is open",
		Severity: domain.High, CWE: 290, CVSS: scanners.Intercepted,
		Description: "rlogin, rsh and rexec send everything in clear text, and trust what the other side says its address and user are.",
		Remedy:      "Turn the r-services off and use SSH.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc1282"}}
	smbOne = domain.Advisory{ID: "ports/smb/version-1", Title: "SMB version 1 is spoken",
		Severity: domain.High, CWE: 327, CVSS: scanners.Intercepted,
		Description: "SMB 1 has neither modern signing nor encryption; worms such as WannaCry spread through it.",
		Remedy:      "Turn SMB 1 off, and close ports 139 and 445 in the firewall.",
		References:  []string{"https://learn.microsoft.com/windows-server/storage/file-server/troubleshoot/detect-enable-and-disable-smbv1-v2-v3"}}
	ftpClear = domain.Advisory{ID: "ports/ftp/clear-text", Title: "FTP is open",
		Severity: domain.Medium, CWE: 319, CVSS: scanners.Deciphered,
		Description: "FTP sends names, passwords and files in clear text unless both sides choose TLS.",
		Remedy:      "Use SFTP or HTTPS, or make the server refuse logins without TLS.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc4217"}}
	vncExposed = domain.Advisory{ID: "ports/vnc/exposed", Title: "VNC is open to the network",
		Severity: domain.Medium, CWE: 1327,
		Description: "VNC's own passwords have eight characters at most and can be tried at will; the picture mostly travels in clear text.",
		Remedy:      "Make VNC reachable through SSH or a VPN only.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc6143#section-7.2.2"}}
	rdpExposed = domain.Advisory{ID: "ports/rdp/exposed", Title: "Remote Desktop is open to the network",
		Severity: domain.Medium, CWE: 1327,
		Description: "Remote Desktop is what password guessers and ransomware try first.",
		Remedy:      "Put it behind a VPN or a Remote Desktop Gateway, require Network Level Authentication and a second factor.",
		References:  []string{"https://learn.microsoft.com/windows-server/remote/remote-desktop-services/overview"}}
	smbExposed = domain.Advisory{ID: "ports/smb/exposed", Title: "File sharing (SMB) is open to the network",
		Severity: domain.Medium, CWE: 1327,
		Description: "SMB is made for local networks; worms and password guessers look for it on all others.",
		Remedy:      "Close ports 139 and 445 in the firewall towards everything but the local network.",
		References:  []string{"https://learn.microsoft.com/windows-server/storage/file-server/smb-secure-traffic"}}
	databaseExposed = domain.Advisory{ID: "ports/database/exposed", Title: "A database is open to the network",
		Severity: domain.Medium, CWE: 1327,
		Description: "A database that strangers can reach is one guessed password or one flaw away from being copied or wiped.",
		Remedy:      "Bind it to a private address, or close the port in the firewall towards everything but its applications.",
		References:  []string{"https://cheatsheetseries.owasp.org/cheatsheets/Database_Security_Cheat_Sheet.html"}}
	brokerExposed = domain.Advisory{ID: "ports/kafka/exposed", Title: "A Kafka broker is open to the network",
		Severity: domain.Medium, CWE: 1327,
		Description: "The broker answers without TLS. Where no SASL is set up, anybody reads and writes its topics.",
		Remedy:      "Listen on private addresses, use TLS and SASL, set ACLs, and close the port in the firewall.",
		References:  []string{"https://kafka.apache.org/documentation/#security"}}
	ajpExposed = domain.Advisory{ID: "ports/ajp/exposed", Title: "A Tomcat AJP connector is open to the network",
		Severity: domain.High, CWE: 1327, CVSS: scanners.Touched, CVE: []string{"CVE-2020-1938"},
		Description: "AJP trusts whoever connects as if it were the web server before it; in Tomcat before 9.0.31 it gives out files of the application (CVE-2020-1938).",
		Remedy:      "Remove the AJP connector, or bind it to 127.0.0.1 and set a secret; update Tomcat.",
		References:  []string{"https://tomcat.apache.org/security-9.html", "https://nvd.nist.gov/vuln/detail/CVE-2020-1938"}}
	rpcExposed = domain.Advisory{ID: "ports/rpcbind/exposed", Title: "The RPC port mapper is open to the network",
		Severity: domain.Low, CWE: 200, CVSS: scanners.Told,
		Description: "It lists the RPC services of the host, NFS among them, and over UDP amplifies attacks on others.",
		Remedy:      "Turn rpcbind off where NFS version 3 is not used, and close port 111 in the firewall.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc1833"}}
	rsyncExposed = domain.Advisory{ID: "ports/rsync/exposed", Title: "An rsync daemon is open to the network",
		Severity: domain.Low, CWE: 319,
		Description: "The rsync daemon transfers files in clear text; modules without users can be read, and sometimes written, by anybody.",
		Remedy:      "Run rsync over SSH, or restrict modules with hosts allow and auth users.",
		References:  []string{"https://download.samba.org/pub/rsync/rsyncd.conf.5"}}
	ldapClear = domain.Advisory{ID: "ports/ldap/clear-text", Title: "LDAP is open without TLS",
		Severity: domain.Low, CWE: 319,
		Description: "Without StartTLS, names and passwords of LDAP logins travel in clear text.",
		Remedy:      "Use LDAP over TLS, refuse simple binds without it, and close port 389 towards other networks.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc4513"}}
	fingerExposed = domain.Advisory{ID: "ports/finger/exposed", Title: "Finger is open",
		Severity: domain.Low, CWE: 200, CVSS: scanners.Told,
		Description: "Finger tells strangers who is logged in, and which user names exist.",
		Remedy:      "Turn finger off.",
		References:  []string{"https://www.rfc-editor.org/rfc/rfc1288"}}
)
