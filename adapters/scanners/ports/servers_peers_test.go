//go:build peers && linux

package ports

// server is a real one from Debian, on its usual port where that is free.
type server struct {
	name    string
	from    string // the package whose version it should be known by
	port    uint16
	service string // what it may be called, as in "http https"
	product string // a word that its product has to have, in lower case
	script  string // of sh, in the tree of Debian: it may end or stay
}

// certificate makes /srv/key.pem and /srv/cert.pem.
const certificate = `openssl req -x509 -newkey rsa:2048 -nodes -keyout /srv/key.pem -out /srv/cert.pem -days 9 -subj /CN=localhost 2>/dev/null
cat /srv/key.pem /srv/cert.pem >/srv/both.pem; chmod 644 /srv/*.pem`

var servers = []server{
	{name: "openssh", from: "openssh-server", port: 22, service: "ssh", product: "openssh", script: `
mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N "" -f /srv/host
exec /usr/sbin/sshd -D -e -f /dev/null -p 22 -h /srv/host`},
	{name: "dropbear", from: "dropbear-bin", port: 2222, service: "ssh", product: "dropbear", script: `
dropbearkey -t ed25519 -f /srv/dropbear >/dev/null
exec /usr/sbin/dropbear -F -p 2222 -r /srv/dropbear`},
	{name: "tinysshd", from: "tinysshd", port: 2223, service: "ssh", product: "tinyssh", script: `
/usr/sbin/tinysshd-makekey -q /srv/tiny
echo '2223 stream tcp nowait root /usr/sbin/tinysshd tinysshd /srv/tiny' >/srv/inetd.tiny
exec /usr/sbin/inetutils-inetd -d /srv/inetd.tiny`},
	{name: "telnetd", from: "inetutils-telnetd", port: 23, service: "telnet", product: "", script: `
echo '23 stream tcp nowait root /usr/sbin/telnetd telnetd' >/srv/inetd.telnet
exec /usr/sbin/inetutils-inetd -d /srv/inetd.telnet`},
	{name: "nginx", from: "nginx-light", port: 80, service: "http", product: "nginx", script: `
mkdir -p /srv/nginx; printf 'pid /srv/nginx/pid; error_log /srv/nginx/log; daemon off; events {} http { access_log off;
server { listen 80; } server { listen 443 ssl; ssl_certificate /srv/cert.pem; ssl_certificate_key /srv/key.pem; } }' >/srv/nginx/conf
exec /usr/sbin/nginx -c /srv/nginx/conf`},
	{name: "nginx with TLS", from: "nginx-light", port: 443, service: "https http", product: "nginx"},
	{name: "apache2", from: "apache2", port: 8000, service: "http", product: "apache", script: `
mkdir -p /srv/apache /srv/apache/www; cat >/srv/apache/conf <<END
ServerRoot /etc/apache2
ServerName localhost
PidFile /srv/apache/pid
ErrorLog /srv/apache/log
DocumentRoot /srv/apache/www
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
User www-data
Listen 8000
END
exec /usr/sbin/apache2 -D FOREGROUND -f /srv/apache/conf`},
	{name: "lighttpd", from: "lighttpd", port: 8001, service: "http", product: "lighttpd", script: `
mkdir -p /srv/light; printf 'server.port=8001\nserver.document-root="/srv/light"\n' >/srv/light/conf
exec /usr/sbin/lighttpd -D -f /srv/light/conf`},
	{name: "haproxy", from: "haproxy", port: 8002, service: "http", product: "haproxy", script: `
printf 'defaults\n mode http\n timeout client 9s\n timeout server 9s\n timeout connect 9s\nfrontend f\n bind :8002\n stats enable\n stats uri /\n' >/srv/haproxy
exec /usr/sbin/haproxy -db -f /srv/haproxy`},
	{name: "varnish", from: "varnish", port: 8003, service: "http", product: "varnish", script: `
exec /usr/sbin/varnishd -F -j none -a :8003 -b 127.0.0.1:80 -n /srv/varnish -s malloc,16m`},
	{name: "squid", from: "squid", port: 3128, service: "http http-proxy", product: "squid", script: `
mkdir -p /srv/squid; chown proxy /srv/squid
printf 'http_port 3128\npid_filename /srv/squid/pid\ncache_log /srv/squid/log\naccess_log none\nvisible_hostname localhost\n' >/srv/squid/conf
exec /usr/sbin/squid -N -f /srv/squid/conf`},
	{name: "tinyproxy", from: "tinyproxy", port: 8888, service: "http http-proxy", product: "tinyproxy", script: `
printf 'Port 8888\nUser nobody\nGroup nogroup\nTimeout 9\n' >/srv/tinyproxy
exec /usr/bin/tinyproxy -d -c /srv/tinyproxy`},
	{name: "icecast2", from: "icecast2", port: 8004, service: "http", product: "icecast", script: `
mkdir -p /srv/ice; chown nobody /srv/ice; cat >/srv/ice/conf <<END
<icecast><authentication><source-password>x</source-password><admin-password>x</admin-password></authentication>
<listen-socket><port>8004</port></listen-socket><hostname>localhost</hostname>
<paths><logdir>/srv/ice</logdir><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot></paths>
<security><chroot>0</chroot><changeowner><user>nobody</user><group>nogroup</group></changeowner></security></icecast>
END
exec /usr/bin/icecast2 -c /srv/ice/conf`},
	{name: "webfsd", from: "webfs", port: 8005, service: "http", product: "webfs", script: `
exec /usr/bin/webfsd -F -p 8005 -r /srv`},
	{name: "cups", from: "cups", port: 631, service: "http ipp", product: "cups", script: `
mkdir -p /run/cups /srv/cups /var/spool/cups/tmp /var/cache/cups
printf 'Listen 0.0.0.0:631\nServerTokens Full\n' >/srv/cups/cupsd.conf
exec /usr/sbin/cupsd -f -c /srv/cups/cupsd.conf`},
	{name: "gunicorn", from: "gunicorn", port: 8006, service: "http", product: "gunicorn", script: `
echo 'def app(e, s): s("200 OK", []); return [b"x"]' >/srv/app.py
cd /srv; exec /usr/bin/gunicorn -b 0.0.0.0:8006 app:app`},
	{name: "redis", from: "redis-server", port: 6379, service: "redis", product: "redis", script: `
exec /usr/bin/redis-server --bind 0.0.0.0 --protected-mode no --save "" --dir /srv`},
	{name: "memcached", from: "memcached", port: 11211, service: "memcache memcached", product: "memcached", script: `
exec /usr/bin/memcached -u nobody -m 16`},
	{name: "mariadb", from: "mariadb-server", port: 3306, service: "mysql", product: "mariadb", script: `
mkdir -p /srv/maria /run/mysqld; chown mysql /srv/maria /run/mysqld
mariadb-install-db --no-defaults --user=mysql --datadir=/srv/maria --skip-test-db >/dev/null 2>&1
exec /usr/sbin/mariadbd --no-defaults --user=mysql --datadir=/srv/maria --bind-address=0.0.0.0 --socket=/run/mysqld/s`},
	{name: "postgresql", from: "postgresql-15", port: 5432, service: "postgresql", product: "postgresql", script: `
mkdir -p /srv/postgres; chown postgres /srv/postgres
b=$(echo /usr/lib/postgresql/*/bin)
setpriv --reuid postgres --clear-groups $b/initdb -A scram-sha-256 --pwfile=/etc/hostname -D /srv/postgres/data >/dev/null
exec setpriv --reuid postgres --clear-groups $b/postgres -D /srv/postgres/data -c listen_addresses='*' -c unix_socket_directories=`},
	{name: "exim", from: "exim4-daemon-light", port: 25, service: "smtp", product: "exim", script: `
mkdir -p /srv/exim; chown Debian-exim /srv/exim
printf 'spool_directory = /srv/exim\nlog_file_path = /srv/exim/%%s\nprimary_hostname = localhost\nacl_smtp_rcpt = a\nbegin acl\na:\n deny\n' >/srv/exim.conf
exec /usr/sbin/exim4 -bdf -C /srv/exim.conf -oX 25`},
	{name: "postfix", from: "postfix", port: 2525, service: "smtp", product: "postfix", script: `
mkdir -p /srv/postfix; cp /usr/share/postfix/master.cf.dist /srv/postfix/master.cf
sed -i 's/^smtp  *inet/2525 inet/; s/  y  /  n  /' /srv/postfix/master.cf
printf 'compatibility_level=3.6\nqueue_directory=/srv/pq\ndata_directory=/srv/pd\nmyhostname=localhost\nmydestination=\nsmtpd_banner=$myhostname ESMTP $mail_name\nmaillog_file=/dev/stdout\nalias_maps=\nalias_database=\n' >/srv/postfix/main.cf
mkdir -p /srv/pq/pid /srv/pd; chown postfix /srv/pd
/usr/sbin/postfix -c /srv/postfix post-install create-missing >/dev/null 2>&1 || true
exec /usr/sbin/postfix -c /srv/postfix start-fg`},
	{name: "dovecot pop3", from: "dovecot-pop3d", port: 110, service: "pop3", product: "dovecot", script: `
mkdir -p /srv/dovecot /run/dovecot
cat >/srv/dovecot.conf <<END
protocols = imap pop3
base_dir = /run/dovecot
ssl = yes
ssl_cert = </srv/cert.pem
ssl_key = </srv/key.pem
log_path = /srv/dovecot.log
mail_location = maildir:/srv/mail
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=/srv
}
END
exec /usr/sbin/dovecot -F -c /srv/dovecot.conf`},
	{name: "dovecot imap", from: "dovecot-imapd", port: 143, service: "imap", product: "dovecot"},
	{name: "dovecot imaps", from: "dovecot-imapd", port: 993, service: "imaps imap", product: "dovecot"},
	{name: "vsftpd", from: "vsftpd", port: 21, service: "ftp", product: "vsftpd", script: `
mkdir -p /var/run/vsftpd/empty; printf 'listen=YES\nanonymous_enable=NO\nlocal_enable=YES\n' >/srv/vsftpd
exec /usr/sbin/vsftpd /srv/vsftpd -obackground=NO`},
	{name: "proftpd", from: "proftpd-core", port: 2121, service: "ftp", product: "proftpd", script: `
mkdir -p /srv/pro /run/proftpd
printf 'Port 2121\nServerIdent on\nServerName x\nUser nobody\nGroup nogroup\nPidFile /srv/pro/pid\nScoreboardFile /srv/pro/board\nSystemLog /srv/pro/log\nUseReverseDNS off\n' >/srv/pro/conf
exec /usr/sbin/proftpd -n -c /srv/pro/conf`},
	{name: "pure-ftpd", from: "pure-ftpd", port: 2122, service: "ftp", product: "pure-ftpd", script: `
exec /usr/sbin/pure-ftpd -S 2122 -g /srv/pure.pid`},
	{name: "pyftpdlib", from: "python3-pyftpdlib", port: 2123, service: "ftp", product: "pyftpdlib", script: `
exec /usr/bin/python3 -m pyftpdlib -i 0.0.0.0 -p 2123 -d /srv`},
	{name: "bind", from: "bind9", port: 53, service: "domain", product: "bind", script: `
mkdir -p /srv/bind; printf 'options { directory "/srv/bind"; pid-file none; listen-on port 53 { any; }; recursion no; }; controls { };' >/srv/bind/conf
exec /usr/sbin/named -f -c /srv/bind/conf`},
	{name: "dnsmasq", from: "dnsmasq-base", port: 5301, service: "domain", product: "dnsmasq", script: `
exec /usr/sbin/dnsmasq -k -C /dev/null -p 5301 -R -u nobody`},
	{name: "unbound", from: "unbound", port: 5302, service: "domain", product: "unbound", script: `
printf 'server:\n interface: 0.0.0.0@5302\n access-control: 127.0.0.0/8 allow\n chroot: ""\n username: ""\n pidfile: ""\n do-daemonize: no\n directory: "/srv"\n' >/srv/unbound.conf
exec /usr/sbin/unbound -d -c /srv/unbound.conf`},
	{name: "pdns", from: "pdns-server", port: 5303, service: "domain", product: "powerdns", script: `
mkdir -p /srv/pdns; printf 'launch=bind\nlocal-address=0.0.0.0\nlocal-port=5303\nsocket-dir=/srv/pdns\nbind-config=/srv/pdns/named\n' >/srv/pdns/pdns.conf; : >/srv/pdns/named
exec /usr/sbin/pdns_server --config-dir=/srv/pdns --daemon=no --guardian=no`},
	{name: "mosquitto", from: "mosquitto", port: 1883, service: "mqtt mosquitto", product: "mosquitto", script: `
printf 'listener 1883 0.0.0.0\nallow_anonymous true\n' >/srv/mosquitto
exec /usr/sbin/mosquitto -c /srv/mosquitto`},
	{name: "slapd", from: "slapd", port: 389, service: "ldap", product: "openldap", script: `
mkdir -p /srv/ldap; printf 'include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\ndatabase mdb\nsuffix dc=x\ndirectory /srv/ldap\n' >/srv/ldap.conf
exec /usr/sbin/slapd -d 0 -f /srv/ldap.conf -h ldap://0.0.0.0:389`},
	{name: "samba", from: "samba", port: 445, service: "microsoft-ds netbios-ssn", product: "samba", script: `
mkdir -p /srv/samba /run/samba /var/cache/samba /var/lib/samba/private /var/log/samba
printf '[global]\n smb ports = 445\n server role = standalone\n private dir = /srv/samba\n lock directory = /srv/samba\n state directory = /srv/samba\n cache directory = /srv/samba\n pid directory = /srv/samba\n ncalrpc dir = /srv/samba/rpc\n printing = bsd\n load printers = no\n' >/srv/samba/conf
exec /usr/sbin/smbd -F --no-process-group -s /srv/samba/conf`},
	{name: "rsync", from: "rsync", port: 873, service: "rsync", product: "", script: `
printf 'use chroot = no\n[x]\npath = /srv\n' >/srv/rsyncd.conf
exec /usr/bin/rsync --daemon --no-detach --config=/srv/rsyncd.conf`},
	{name: "ngircd", from: "ngircd", port: 6667, service: "irc", product: "ngircd", script: `
printf '[Global]\nName = irc.example.net\nInfo = x\nAdminEMail = x@example.net\nPorts = 6667\nServerUID = nobody\nServerGID = nogroup\nListen = 0.0.0.0\n[Options]\nDNS = no\nIdent = no\nPAM = no\n' >/srv/ngircd
exec /usr/sbin/ngircd -n -f /srv/ngircd`},
	{name: "inspircd", from: "inspircd", port: 6668, service: "irc", product: "inspircd", script: `
mkdir -p /srv/insp; chown irc /srv/insp; cat >/srv/insp/conf <<END
<server name="irc.example.org" description="x" network="x"><admin name="x" nick="x" email="x@example.org">
<bind address="" port="6668" type="clients"><connect allow="*" timeout="60" resolvehostnames="no"><power diepass="x" restartpass="x">
<path configdir="/srv/insp" datadir="/srv/insp" logdir="/srv/insp" moduledir="/usr/lib/inspircd/modules" runtimedir="/srv/insp"><pid file="/srv/insp/pid">
END
exec /usr/sbin/inspircd --runasroot --nofork --nopid --config /srv/insp/conf`},
	{name: "znc", from: "znc", port: 6669, service: "irc http", product: "znc", script: `
mkdir -p /srv/znc/configs; chown -R nobody /srv/znc; cat >/srv/znc/configs/znc.conf <<END
Version = 1.8.2
<Listener l>
 Port = 6669
 IPv4 = true
 IPv6 = false
 SSL = false
</Listener>
<User x>
 Admin = true
 <Pass password>
  Method = md5
  Hash = 11111111111111111111111111111111
  Salt = xxxxxxxxxxxxxxxxxxxx
 </Pass>
</User>
END
chown -R nobody /srv/znc; exec setpriv --reuid nobody --clear-groups /usr/bin/znc -f -d /srv/znc`},
	{name: "prosody", from: "prosody", port: 5222, service: "xmpp-client", product: "", script: `
mkdir -p /srv/prosody; printf 'pidfile="/srv/prosody/pid"; data_path="/srv/prosody"; run_as_root=true; modules_enabled={"disco","version"}\nVirtualHost "localhost"\n' >/srv/prosody/conf.lua
exec /usr/bin/prosody -F --config /srv/prosody/conf.lua`},
	{name: "vnc", from: "tigervnc-standalone-server", port: 5901, service: "rfb vnc", product: "vnc", script: `
exec /usr/bin/Xtigervnc :1 -rfbport 5901 -SecurityTypes None -localhost=0`},
	{name: "svnserve", from: "subversion", port: 3690, service: "svn svnserve", product: "subversion", script: `
svnadmin create /srv/svn; exec /usr/bin/svnserve -d --foreground -r /srv/svn`},
	{name: "git daemon", from: "git", port: 9418, service: "git", product: "", script: `
exec /usr/lib/git-core/git-daemon --base-path=/srv --reuseaddr`},
}
