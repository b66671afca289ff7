package ports

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"
)

// inTLS are the names of services that have another one inside TLS.
var inTLS = map[string]string{
	"http": "https", "imap": "imaps", "pop3": "pop3s", "smtp": "submissions", "ftp": "ftps",
	"ldap": "ldaps", "telnet": "telnets", "nntp": "nntps", "amqp": "amqps", "mqtt": "secure-mqtt",
}

// InTLS is what a service is called inside TLS: by another name, if it has one there.
func InTLS(name string) string {
	if secure := inTLS[name]; secure != "" {
		return secure
	}
	return name
}

func (n *naming) dial(ctx context.Context, port int, secret bool) (net.Conn, error) {
	conn, err := n.job.Net.DialContext(ctx, "tcp", net.JoinHostPort(n.addr.String(), strconv.Itoa(port)))
	if err != nil || !secret {
		return conn, err
	}
	inside := tls.Client(conn, n.config())
	if err := inside.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return inside, nil
}

// config takes any certificate and any version: whether they are good is
// looked at elsewhere.
func (n *naming) config() *tls.Config {
	c := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if name := n.job.Target.Domain; net.ParseIP(name) == nil {
		c.ServerName = name
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		c.CipherSuites = append(c.CipherSuites, suite.ID)
	}
	return c
}

// hello reports whether the port speaks TLS: it shakes hands, or refuses to in
// an alert, which is the reply then.
func (n *naming) hello(ctx context.Context, port int) (reply []byte, speaks bool) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := n.dial(ctx, port, true)
	if err == nil {
		conn.Close()
		return nil, true
	}
	var alert tls.AlertError
	if errors.As(err, &alert) {
		return []byte("TLS alert: " + alert.Error()), true
	}
	return nil, false
}
