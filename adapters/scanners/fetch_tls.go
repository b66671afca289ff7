package scanners

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"
)

// dialTLS makes the connection that the transport asks for and verifies the
// certificate apart from the handshake, so that a site with a bad one can be
// looked at too.
func (x *exchange) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	raw, err := x.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	conn := tls.Client(raw, x.tlsConfig(host))
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	took := time.Since(begin)
	state := conn.ConnectionState()
	certError := verify(state.PeerCertificates, host)

	x.mu.Lock()
	x.handshake, x.certError, x.secure = took, certError, &state
	x.mu.Unlock()
	if certError != nil && x.request.VerifyTLS {
		raw.Close()
		return nil, certError
	}
	if state.NegotiatedProtocol != "h2" {
		return x.tolerate(conn), nil
	}
	return conn, nil
}

func (x *exchange) tlsConfig(host string) *tls.Config {
	config := &tls.Config{
		ServerName:         host,
		InsecureSkipVerify: true, // verify does it
		MinVersion:         tls.VersionTLS10,
		NextProtos:         []string{"h2", "http/1.1"},
	}
	if x.request.HTTP1 {
		config.NextProtos = config.NextProtos[1:]
	}
	for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		config.CipherSuites = append(config.CipherSuites, suite.ID)
	}
	return config
}

// verify checks chain, dates and name against the system's roots, which are
// those of SSL_CERT_FILE and SSL_CERT_DIR where these are set.
func verify(chain []*x509.Certificate, host string) error {
	if len(chain) == 0 {
		return errors.New("the server sent no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{DNSName: host, Intermediates: intermediates})
	return err
}
