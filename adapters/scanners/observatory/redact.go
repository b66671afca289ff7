package observatory

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// Redact returns a raw answer with the value of every cookie replaced by its
// length, so that it can be kept and shown as evidence.
func Redact(raw []byte) []byte {
	head, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	lines := bytes.Split(head, []byte("\r\n"))
	for i, line := range lines {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(bytes.TrimSpace(name), []byte("Set-Cookie")) {
			lines[i] = append(append(bytes.Clone(name), ": "...), redactCookie(value)...)
		}
	}
	clean := bytes.Join(lines, []byte("\r\n"))
	if found {
		clean = append(append(clean, "\r\n\r\n"...), body...)
	}
	return clean
}

func redactCookie(line []byte) []byte {
	pair, attributes, more := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
	name, value, found := bytes.Cut(pair, []byte("="))
	if !found {
		name, value = nil, pair
	}
	clean := fmt.Appendf(bytes.Clone(name), "=<%d bytes>", len(bytes.TrimSpace(value)))
	if more {
		clean = append(append(clean, ';'), attributes...)
	}
	return clean
}

// Excerpt is the evidence of an answer that may hold secrets: its head as Redact
// leaves it, what is to be shown of its body, and the hash of what was read.
func Excerpt(a *scanners.Answer, shown []byte) []byte {
	head := Redact(a.Raw[:len(a.Raw)-len(a.Body)])
	return fmt.Appendf(head, "%s\r\n[of %d bytes that were read, with the SHA-256 %x, only this is kept]\r\n", shown, len(a.Body), sha256.Sum256(a.Body))
}
