package scanners

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestFetchErrorsSpeakForReports(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", err)}
	}
	for want, err := range map[string]error{
		"the connection is refused": dial(syscall.ECONNREFUSED),
		"there is no way to it":     dial(syscall.EHOSTUNREACH),
		"the connection breaks off": fmt.Errorf("read: %w", io.ErrUnexpectedEOF),
		"no answer in time":         fmt.Errorf("wait: %w", context.DeadlineExceeded),
		"it does not speak TLS":     fmt.Errorf("handshake: %w", tls.RecordHeaderError{Msg: "x"}),
		"may not be reached":        fmt.Errorf("dial: %w", domain.Errorf(domain.Forbidden, "may not be reached")),
		"something new":             fmt.Errorf("a: %w", fmt.Errorf("b: %w", errors.New("something new"))),
	} {
		if got := (&FetchError{URL: "https://site.example/", Err: err}).Error(); got != "https://site.example/: "+want {
			t.Errorf("%v is told as %q, want %q", err, strings.TrimPrefix(got, "https://site.example/: "), want)
		}
	}
}
