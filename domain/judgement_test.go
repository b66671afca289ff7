package domain

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestJudge gives rulings on one finding, which two scanners see, and on another.
func TestJudge(t *testing.T) {
	target, err := ParseURL("https://shop.example/")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	soon := now.Add(time.Hour)
	tls := Subject{Finding: uuid.UUID{1}, Target: target, Seen: []Spot{{"tls/protocol/tlsv1.0", "443/tcp"}}}
	both := Subject{Finding: uuid.UUID{2}, Target: target, Seen: []Spot{{"sslyze/tls_1_0_cipher_suites", "443/tcp"}, {"x/y", ""}}}
	other := Subject{Target: target, Seen: []Spot{{"tls/protocol/tlsv1.0", "8443/tcp"}}}
	a := new(Account)
	a.Apply(Envelope{Version: 1, Event: AccountRegistered{Account: uuid.UUID{9}}})
	for i, step := range []struct {
		on     Subject
		ruling Ruling
		until  *time.Time
		at     time.Time
		want   Event // nil where it is refused
	}{
		{tls, NoRuling, nil, now, nil},
		{tls, RiskAccepted, &soon, now, FindingAccepted{tls, "why", &soon}},
		{other, NoRuling, nil, now, nil},
		{tls, NoRuling, nil, soon, nil},
		{both, NoRuling, nil, now, FindingReopened{both, "why"}},
		{tls, NoRuling, nil, now, nil},
		{both, FalsePositive, nil, now, FindingDismissed{both, "why", nil}},
		{tls, RiskAccepted, nil, now, FindingAccepted{tls, "why", nil}},
		{tls, NoRuling, nil, soon, FindingReopened{tls, "why"}},
	} {
		events, err := a.Judge(step.on, step.ruling, "why", step.until, step.at)
		if step.want == nil {
			if CodeOf(err) != Conflict || events != nil {
				t.Errorf("step %d: %+v, %v", i, events, err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(events, []Event{step.want}) {
			t.Errorf("step %d: %+v, %v, want %+v", i, events, err, step.want)
		}
		a.Apply(Envelope{Version: a.Version + 1, At: step.at, Actor: "key:1", Event: step.want})
		if j := a.Judgements[len(a.Judgements)-1]; j.Ruling != step.ruling || j.At != step.at || j.Actor != "key:1" || j.Reason != "why" || j.Until != step.until {
			t.Errorf("step %d leaves %+v", i, j)
		}
	}
	if len(a.Judgements) != 5 {
		t.Errorf("%d judgements", len(a.Judgements))
	}
}

// TestJudgementUnderOtherRules finds a judgement by whichever rules make fingerprints.
func TestJudgementUnderOtherRules(t *testing.T) {
	j := Judgement{Subject: Subject{Target: Target{Value: "h.example", Host: "h.example"}, Seen: []Spot{{"x/y", "a"}, {"x/z", "b"}}}}
	byWhere := func(_ Target, _, where string) Fingerprint { return Fingerprint("v2:" + where) }
	for f, want := range map[Fingerprint]bool{"v2:a": true, "v2:b": true, "v2:c": false} {
		if j.About("h.example", f, byWhere) != want || j.About("i.example", f, byWhere) {
			t.Errorf("%s: not %v", f, want)
		}
	}
}
