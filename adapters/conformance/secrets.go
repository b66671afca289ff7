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
	t.Run("a secret is replaced by whoever knows it", func(t *testing.T) { secretReplaced(t, open(t)) })
	t.Run("a tally says where it stands", func(t *testing.T) { tallied(t, open(t)) })
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

func secretReplaced(t *testing.T, l LogUnderTest) {
	first := commands.Secret{Name: "a", Owner: owner, Value: []byte("first")}
	wantCode(t, "replace what is not there", l.Secrets.Replace(t.Context(), first, []byte("new")), domain.Stale)
	w := write(newStream(), 0, ports(1)...)
	w.Secrets = []commands.Secret{first, {Name: "b", Owner: owner, Value: []byte("first")}}
	mustAppend(t, l.Log, w)
	errs := make([]error, 8)
	atOnce(len(errs), func(i int) { errs[i] = l.Secrets.Replace(t.Context(), first, []byte{byte(i)}) })
	winners := 0
	for i, err := range errs {
		if err != nil {
			wantCode(t, "one who comes late", err, domain.Stale)
			continue
		}
		winners++
		if got, err := l.Secrets.Secret(t.Context(), "a"); err != nil || got.Owner != owner || !bytes.Equal(got.Value, []byte{byte(i)}) {
			t.Errorf("%d has replaced it, and it is %+v, %v", i, got, err)
		}
	}
	if winners != 1 {
		t.Errorf("%d have replaced the same value", winners)
	}
	if got, err := l.Secrets.Secret(t.Context(), "b"); err != nil || string(got.Value) != "first" {
		t.Errorf("another secret is %q, %v", got.Value, err)
	}
}

func tallied(t *testing.T, l LogUnderTest) {
	want := func(name string, want int) {
		t.Helper()
		if got, err := l.Secrets.Tallied(t.Context(), name); err != nil || got != want {
			t.Errorf("%s stands at %d, %v; want %d", name, got, err, want)
		}
	}
	want("a", 0)
	for range 2 {
		w := write(newStream(), 0, ports(1)...)
		w.Tallies = []commands.Tally{{Name: "a", Add: 2, Max: 4}, {Name: "b", Add: 1}}
		mustAppend(t, l.Log, w)
	}
	want("a", 4)
	want("b", 2)
	w := write(newStream(), 0, ports(1)...)
	w.Tallies = []commands.Tally{{Name: "b", Add: 1}, {Name: "a", Add: 1, Max: 4}}
	_, err := l.Log.Append(t.Context(), w)
	wantCode(t, "one more", err, domain.Quota)
	want("a", 4)
	want("b", 2)
}
