package conformance

import (
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// erase ends a scan's, a target's, a link's or a look-up's stream.
func erase(s domain.Stream, after int) commands.Write {
	w := write(s, after, map[string]domain.Event{
		domain.ScanFamily:   domain.ScanErased{Reason: domain.ForRetention},
		domain.TargetFamily: domain.TargetErased{Reason: domain.ForAccount},
		domain.LinkFamily:   domain.LinkErased{Reason: domain.ForAccount},
		domain.LookupFamily: domain.LookupErased{Reason: domain.ForAccount},
	}[s.Family()])
	w.Erase = true
	return w
}

func scanErased(t *testing.T, l LogUnderTest) {
	a, b := newStream(), newStream()
	whole, other := write(a, 0, Story(a.ID(), w0)...), write(b, 0, Story(b.ID(), w0)...)
	whole.Claims, other.Claims = []commands.Claim{{Name: "a"}}, []commands.Claim{{Name: "b"}}
	before := mustAppend(t, l.Log, whole, other)[:len(whole.Events)]
	last := erase(a, len(before))
	for range 2 { // once more, as when the answer was lost
		appended := mustAppend(t, l.Log, last)
		if len(appended) != 1 || appended[0].Event != last.Events[0].Event {
			t.Errorf("append answers %+v", appended)
		}
		history := mustRead(t, l.Twin, a, 0)
		if len(history) != len(before)+1 || history[len(before)].Event != last.Events[0].Event {
			t.Fatalf("history %+v", history)
		}
		for i, e := range history[:len(before)] {
			_, gone := e.Event.(domain.Erased)
			want := before[i]
			if kind := want.Event.Kind(); !gone || e.Event.Kind() != kind {
				t.Errorf("version %d is %+v, want what is left of %s", e.Version, e.Event, kind)
			}
			e.Event, want.Event = nil, nil
			if !reflect.DeepEqual(e, want) {
				t.Errorf("version %d\n got %+v\nwant %+v", e.Version, e, want)
			}
		}
	}
	wantFree(t, l, "a")
	wantHolder(t, l, "b", b)
	for _, e := range mustRead(t, l.Log, b, 0) {
		if _, gone := e.Event.(domain.Erased); gone {
			t.Errorf("another's %s is gone", e.Event.Kind())
		}
	}
}

func accountErased(t *testing.T, l LogUnderTest) {
	account, other := domain.NewStream(domain.AccountFamily, owner), domain.NewStream(domain.AccountFamily, stranger)
	secret := func(name string, of uuid.UUID) commands.Secret {
		return commands.Secret{Name: name, Owner: of, Value: []byte(name)}
	}
	w := write(account, 0, domain.AccountRegistered{Account: owner, Email: "sealed"}, domain.KeyIssued{Name: "sealed", AllowIP: []domain.Sealed{}})
	w.Secrets, w.Claims = []commands.Secret{secret("vault", owner), secret("key", owner)}, []commands.Claim{{Name: "email"}, {Name: "key"}}
	theirs := write(other, 0, domain.AccountRegistered{Account: stranger})
	theirs.Owner, theirs.Secrets, theirs.Claims = stranger, []commands.Secret{secret("theirs", stranger)}, []commands.Claim{{Name: "their email"}}
	mustAppend(t, l.Log, w, theirs)
	scan := newStream()
	mustAppend(t, l.Log, write(scan, 0, Story(scan.ID(), w0)...))
	last := write(account, 2, domain.AccountDeleted{Account: owner})
	last.Erase = true
	mustAppend(t, l.Log, last)
	for _, name := range []string{"vault", "key"} {
		_, err := l.Secrets.Secret(t.Context(), name)
		wantCode(t, "secret "+name, err, domain.NotFound)
	}
	_, err := l.Secrets.Secret(t.Context(), "theirs")
	wantCode(t, "another's secret", err, "")
	wantFree(t, l, "email")
	wantFree(t, l, "key")
	wantHolder(t, l, "their email", other)
	for i, e := range mustRead(t, l.Log, account, 0) {
		if !reflect.DeepEqual(e.Event, append(slices.Clone(w.Events), last.Events...)[i].Event) { // they are sealed: they stay
			t.Errorf("version %d is %+v", e.Version, e.Event)
		}
	}
	if _, gone := mustRead(t, l.Log, scan, 0)[0].Event.(domain.Erased); gone {
		t.Error("a scan of the account is erased with the account's stream")
	}
}

func erasureRefused(t *testing.T, l LogUnderTest) {
	s := newStream()
	w := write(s, 0, Story(s.ID(), w0)...)
	w.Claims = []commands.Claim{{Name: "a"}}
	mustAppend(t, l.Log, w)
	wantCode(t, "stale", appendOnly(t, l.Log, erase(s, len(w.Events)-1)), domain.Stale)
	wantHolder(t, l, "a", s)
	for _, e := range mustRead(t, l.Log, s, 0) {
		if _, gone := e.Event.(domain.Erased); gone {
			t.Errorf("version %d is gone", e.Version)
		}
	}
}

// tableErased erases a stream that the table has in part, and lets its events
// come again: they bring nothing back.
func tableErased[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 3)
	n := len(history) / 3
	mustApply(t, table, slices.Concat(history[:n-2], history[n:2*n]))
	last := mustAppend(t, table.Log, erase(history[0].Stream, n), erase(history[2*n].Stream, n))
	rest := history[n : 2*n]
	for _, batch := range [][]domain.Envelope{history[n-2 : n], history, last[:1], history[:3], last, history} {
		mustApply(t, table, batch)
		wantRows(t, fold, table, rest)
	}
}

func readerErased(t *testing.T, r ReaderUnderTest) {
	s, other := newStream(), newStream()
	mustAppend(t, r.Log, write(s, 0, Story(s.ID(), w0)...))
	mustAppend(t, r.Log, write(other, 0, Story(other.ID(), w0)...))
	history := mustRead(t, r.Log, s, 0)
	apply(t, r.Apply, history[:7])
	last := mustAppend(t, r.Log, erase(s, len(history)))
	for _, late := range [][]domain.Envelope{nil, history, last} {
		apply(t, r.Apply, late)
		_, err := r.Reader.Scan(t.Context(), owner, s.ID())
		wantCode(t, "scan", err, domain.NotFound)
		_, err = r.Reader.Numbered(t.Context(), owner, history[0].Position)
		wantCode(t, "scan by its number", err, domain.NotFound)
		_, err = r.Reader.Report(t.Context(), s.ID())
		wantCode(t, "report", err, domain.NotFound)
		_, err = r.Reader.Row(t.Context(), s.ID())
		wantCode(t, "row", err, domain.NotFound)
		_, err = r.Reader.History(t.Context(), owner, s.ID(), 0)
		wantCode(t, "history", err, domain.NotFound)
		page, total, err := r.Reader.Scans(t.Context(), projections.ScanFilter{Account: owner, Limit: 10})
		if err != nil || total != 1 || len(page) != 1 || page[0].Scan != other.ID() {
			t.Errorf("list %+v of %d, %v", page, total, err)
		}
		if sum, err := r.Reader.Totals(t.Context(), owner); err != nil || sum.Scans != 1 {
			t.Errorf("totals %+v, %v", sum, err)
		}
	}
}
