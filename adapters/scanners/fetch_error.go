package scanners

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"

	"github.com/scanledger/scanledger/domain"
)

// FetchError is a request without an answer. Its text is for reports.
type FetchError struct {
	URL string // without a password
	Err error
}

// Error implements error.
func (e *FetchError) Error() string { return e.URL + ": " + wordsOf(e.Err) }

// Unwrap gives the cause.
func (e *FetchError) Unwrap() error { return e.Err }

// connectionWords say what became of a connection.
var connectionWords = []struct {
	cause error
	words string
}{
	{syscall.ECONNREFUSED, "the connection is refused"},
	{syscall.ECONNRESET, "the connection breaks off"},
	{syscall.EPIPE, "the connection breaks off"},
	{io.EOF, "the connection breaks off"},
	{io.ErrUnexpectedEOF, "the connection breaks off"},
	{syscall.EHOSTUNREACH, "there is no way to it"},
	{syscall.ENETUNREACH, "there is no way to it"},
}

// wordsOf says in a clause what went wrong. An error that it has no words for
// speaks for itself, without the layers around it.
func wordsOf(err error) string {
	var told *domain.Error
	if errors.As(err, &told) {
		return told.Message
	}
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return "no answer in time"
	}
	var noTLS tls.RecordHeaderError
	if errors.As(err, &noTLS) {
		return "it does not speak TLS"
	}
	for _, c := range connectionWords {
		if errors.Is(err, c.cause) {
			return c.words
		}
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
