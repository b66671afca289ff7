package tls

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// malformed are records in CBC mode that a server must turn down, all in the
// same way: by any difference in its answers an attacker learns what he has
// guessed (RFC 5246, 6.2.3.2; https://github.com/Tripwire/padcheck).
var malformed = []struct {
	content string
	spoil   spoil
}{
	{request, func(content, mac []byte, block int) []byte { return plainly(content, other(mac), block) }},
	{request, func(content, mac []byte, block int) []byte { return unpadded(plainly(content, mac, block), block) }},
	{request, func(content, mac []byte, block int) []byte { // neither padding nor MAC
		return slices.Repeat([]byte{0xff}, len(plainly(content, mac, block)))
	}},
	{"", func(content, mac []byte, block int) []byte { return plainly(content, other(mac), block) }},
	{"", func(content, mac []byte, block int) []byte { return unpadded(plainly(content, mac, block), block) }},
}

// The records of malformed that are compared.
const (
	wrongMAC = iota
	wrongPadding
	wrongBoth
	emptyWrongMAC
	emptyWrongPadding
)

const request = "HEAD / HTTP/1.0\r\n\r\n"

// other changes a MAC.
func other(mac []byte) []byte {
	changed := slices.Clone(mac)
	changed[0] ^= 0x55
	return changed
}

// unpadded adds another block of padding and spoils its first byte, so that
// the length is right and the padding is not.
func unpadded(plain []byte, block int) []byte {
	n := int(plain[len(plain)-1]) + 1 // of padding
	plain = append(plain[:len(plain)-n], slices.Repeat([]byte{byte(n + block - 1)}, n+block)...)
	plain[len(plain)-n-block] ^= 0x55
	return plain
}

// padding sends each malformed record in a session of its own, twice: what
// differs must do so again, or it is chance.
func padding(ctx context.Context, s *survey) ([]string, error) {
	if _, _, err := s.old(suite.cbc); err != nil {
		return nil, err
	}
	first, err := s.turnedDown(ctx)
	if err != nil || alike(first) {
		return nil, err
	}
	again, err := s.turnedDown(ctx)
	if err != nil || !slices.Equal(first, again) {
		return nil, err
	}
	return paddingFaults(first), nil
}

// paddingFaults says what the answers to malformed records give away. A record
// that is not turned down, as one with a wrong MAC is, was taken.
func paddingFaults(answers []string) (held []string) {
	taken := func(answer string) bool {
		return !strings.Contains(answer, "alert") && !strings.Contains(answer, "hangs up")
	}
	switch {
	case taken(answers[wrongPadding]) && !taken(answers[wrongMAC]) || strings.Contains(answers[wrongPadding], "type 23"):
		return []string{"poodle_tls"} // the other differences follow from it
	case answers[wrongPadding] != answers[wrongMAC]:
		held = append(held, "golden_doodle")
	}
	if answers[wrongBoth] != answers[wrongMAC] {
		held = append(held, "zombie_poodle")
	}
	if answers[emptyWrongPadding] != answers[emptyWrongMAC] {
		held = append(held, "zero_length_oracle")
	}
	return held
}

// turnedDown returns the answers to all malformed records.
func (s *survey) turnedDown(ctx context.Context) ([]string, error) {
	answers, faults := make([]string, len(malformed)), make([]error, len(malformed))
	var works sync.WaitGroup
	for i := range malformed {
		works.Go(func() { answers[i], faults[i] = s.sendMalformed(ctx, i) })
	}
	works.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func (s *survey) sendMalformed(ctx context.Context, i int) (string, error) {
	if err := s.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-s.turns }()
	sess, err := s.session(ctx, suite.cbc)
	if err != nil {
		return "", err
	}
	defer sess.Close()
	m := malformed[i]
	sealed := sess.out.seal(applicationRecord, []byte(m.content), m.spoil)
	if _, err := sess.Write(enclose(applicationRecord, sess.version, sealed)); err != nil {
		return "hangs up", nil
	}
	return sess.reaction(s.patience(), sess.in.open), nil
}
