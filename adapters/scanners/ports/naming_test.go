package ports

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// nameOf is what a scan of one port says of it.
func nameOf(t *testing.T, profile domain.Profile, port uint16) domain.Service {
	t.Helper()
	r := &record{}
	if err := scan(context.Background(), job(r, "127.0.0.1", profile), r.see, []uint16{port}); err != nil {
		t.Fatal(err)
	}
	services := all[domain.Service](r)
	if len(services) != 1 {
		t.Fatalf("%d services, want 1", len(services))
	}
	services[0].Evidence = ""
	return services[0]
}

// welcomes plays an IRC server, which says what it is to whoever logs in.
func welcomes(c net.Conn) {
	if _, err := io.WriteString(c, ":irc.example NOTICE * :*** Looking up your hostname\r\n"); err != nil {
		return
	}
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "USER ") {
			_, err := io.WriteString(c, ":irc.example 001 x :Welcome\r\n:irc.example 002 x :Your host is irc.example, running version ngircd-26.1 (x86_64)\r\n")
			if err != nil {
				return
			}
		}
	}
}

// TestNameOfWhatIsAskedTwice: a service that is known without its version is
// asked for it.
func TestNameOfWhatIsAskedTwice(t *testing.T) {
	t.Parallel()
	port := serve(t, welcomes)
	want := domain.Service{Port: int(port), Protocol: "tcp", Name: "irc", Product: "ngircd", Version: "26.1", Method: "probed"}
	if got := nameOf(t, domain.Standard, port); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestNameInPlaceOfNmap: any port gets the probes that nmap would send it, with
// its quick profile too.
func TestNameInPlaceOfNmap(t *testing.T) {
	t.Parallel()
	for _, profile := range []domain.Profile{domain.NmapQuick, domain.NmapFull} {
		port := serve(t, replies("PING\r\n", "+PONG\r\n$9\r\n# Server\r\nredis_version:7.0.15\r\n"))
		if got := nameOf(t, profile, port); got.Name != "redis" || got.Version != "7.0.15" {
			t.Errorf("%s: %+v", profile, got)
		}
	}
}

// TestNameOfWebServers: whatever port a web server is on, its name is the
// scheme to ask it by.
func TestNameOfWebServers(t *testing.T) {
	t.Parallel()
	for scheme, port := range map[string]uint16{"http": web(t, false, "x"), "https": web(t, true, "x")} {
		for _, profile := range []domain.Profile{domain.Quick, domain.NmapQuick} {
			t.Run(fmt.Sprint(scheme, " ", profile), func(t *testing.T) {
				t.Parallel()
				if got := nameOf(t, profile, port); got.Name != scheme || got.TLS != (scheme == "https") || got.Method != "probed" {
					t.Errorf("%+v, want %s", got, scheme)
				}
			})
		}
	}
}

// TestInside asks what speaks TLS its port's own question first, and a web
// server's before it waits for a greeting.
func TestInside(t *testing.T) {
	t.Parallel()
	for port, want := range map[int]string{993: "listen", 443: "http", 636: "ldap", 8883: "mqtt", 40000: "http"} {
		probes := inside(port, domain.Deep)
		if probes[0].name != want {
			t.Errorf("port %d: %s first, want %s", port, probes[0].name, want)
		}
		seen := map[string]bool{}
		for _, p := range probes {
			if p.tls || seen[p.name] {
				t.Errorf("port %d: %s is asked inside of TLS, or twice", port, p.name)
			}
			seen[p.name] = true
		}
		web, greeting := index(probes, "http"), index(probes, "listen")
		if web < 0 || greeting < 0 || want != "listen" && greeting < web {
			t.Errorf("port %d: http is %d, listen %d", port, web, greeting)
		}
	}
}

func index(probes []probe, name string) int {
	return slices.IndexFunc(probes, func(p probe) bool { return p.name == name })
}

// FuzzListen feeds a scan what a hostile service may send, in two pieces.
func FuzzListen(f *testing.F) {
	f.Add([]byte("SSH-2.0-OpenSSH_9.2p1\r\n"), []byte(""))
	f.Add([]byte("HTTP/1.1 200 OK\r\nVia: 1.1 x (y/1)\r\nServer: \x1b[31m/1\r\n"), []byte("\r\n<html>"))
	f.Add([]byte("\x20\x02\x00\x00"), []byte("\x30\x2c\x00\x13$SYS/broker/versionmosquitto version 2.0.11"))
	f.Add([]byte(":a 001 b :c\r\n"), []byte(":a 002 b :Your host is c, running version \x00d-1"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			for _, piece := range [][]byte{first, second} {
				if _, err := theirs.Write(piece); err != nil {
					return
				}
			}
		}()
		reply := listen(ours, listening.patience())
		ours.Close()
		if whole := slices.Concat(first, second); len(reply) > mostReply || !strings.HasPrefix(string(whole), string(reply)) {
			t.Errorf("%d bytes came of %d", len(reply), len(whole))
		}
		if got, known := match(reply); known && (got.name == "" || len(got.product) > mostWord || len(got.version) > mostWord) {
			t.Errorf("%+v", got)
		}
	})
}

// FuzzCompact: what is written of ports is read back as the same ports.
func FuzzCompact(f *testing.F) {
	f.Add([]byte{0, 22, 0, 80, 0, 81})
	f.Fuzz(func(t *testing.T, raw []byte) {
		var ports []uint16
		for ; len(raw) > 1; raw = raw[2:] {
			if port := binary.BigEndian.Uint16(raw); port > 0 {
				ports = append(ports, port)
			}
		}
		var back []uint16
		for _, line := range Compact(slices.Clone(ports)) {
			back = append(back, ranges(strings.TrimSuffix(line, "/tcp"))...)
		}
		slices.Sort(ports)
		if want := slices.Compact(ports); !slices.Equal(back, want) {
			t.Errorf("%v came back as %v", want, back)
		}
	})
}
