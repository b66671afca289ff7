package conformance

import (
	"bytes"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Secrets holds what stands beside the events to its promises. open returns a
// store that is empty.
func Secrets(t *testing.T, open func(t *testing.T) LogUnderTest) {
	t.Run("a secret comes back, is replaced and forgotten", func(t *testing.T) { secretsLive(t, open(t)) })
	t.Run("a claim names its stream", func(t *testing.T) { claimHeldOnce(t, open(t)) })
}

func secretsLive(t *testing.T, l LogUnderTest) {
	s := newStream()
	version := 0
	change := func(put []commands.Secret, forget ...string) {
		w := write(s, version, ports(1)...)
		w.Secrets, w.Forget = put, forget
		mustAppend(t, l.Log, w)
		version++
	}
	want := func(name string, want commands.Secret, code domain.Code) {
		t.Helper()
		got, err := l.Secrets.Secret(t.Context(), name)
		wantCode(t, name, err, code)
		if err == nil && (got.Name != want.Name || got.Owner != want.Owner || !bytes.Equal(got.Value, want.Value)) {
			t.Errorf("secret\n got %+v\nwant %+v", got, want)
		}
	}
	first := commands.Secret{Name: "a", Owner: owner, Value: []byte{0, 1, 0xff}}
	second := commands.Secret{Name: "a", Owner: stranger, Value: []byte("second")}
	other := commands.Secret{Name: "b", Owner: owner, Value: []byte("b")}
	want("a", first, domain.NotFound)
	change([]commands.Secret{first, other})
	want("a", first, "")
	want("A", first, domain.NotFound)
	change([]commands.Secret{second})
	want("a", second, "")
	change(nil, "a", "never there")
	want("a", second, domain.NotFound)
	want("b", other, "")
}
