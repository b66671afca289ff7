package conformance

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SpeedTestsUnderTest are a reader of measurements, and what counts them.
type SpeedTestsUnderTest struct {
	Reader projections.SpeedTestReader
	Count  func(context.Context, ...domain.Envelope) error
}

// SpeedTests holds a reader of measurements to its promises.
func SpeedTests(t *testing.T, open func(t *testing.T) SpeedTestsUnderTest) {
	for name, property := range map[string]func(*testing.T, SpeedTestsUnderTest){
		"the newest first, in pages":            speedPages,
		"an account's alone":                    speedOwners,
		"a row says what its event does":        speedRows,
		"figures are those of the method today": speedMethod,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

var (
	speedAnn = uuid.MustParse("0190d5a2-6f0e-7c43-9c5a-2d6f1f4b8a11")
	speedBob = uuid.MustParse("0190d5a2-6f0e-7c43-9c5a-2d6f1f4b8a12")
	speedDay = time.Date(2026, 5, 1, 12, 0, 0, 123_000_000, time.UTC)
)

// speedTest is the n-th test of an account, n hours after the first.
func speedTest(account uuid.UUID, n int, test domain.SpeedTestCompleted) domain.Envelope {
	test.Account = account
	id := uuid.NewSHA1(account, []byte{byte(n)})
	return domain.Envelope{ID: id, Owner: account, At: speedDay.Add(time.Duration(n) * time.Hour), Event: test}
}

func (s SpeedTestsUnderTest) counted(t *testing.T, events ...domain.Envelope) {
	t.Helper()
	if err := s.Count(t.Context(), events...); err != nil {
		t.Fatal(err)
	}
}

// ids are the tests that a filter chooses.
func (s SpeedTestsUnderTest) ids(t *testing.T, f projections.SpeedTestFilter) (ids []uuid.UUID, total int) {
	t.Helper()
	rows, total, err := s.Reader.SpeedTests(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids, total
}

func speedPages(t *testing.T, s SpeedTestsUnderTest) {
	var events []domain.Envelope
	for n := range 5 {
		events = append(events, speedTest(speedAnn, n, domain.SpeedTestCompleted{Server: []string{"a", "b"}[n%2]}))
	}
	s.counted(t, events...)
	s.counted(t, events[2]) // comes again
	for _, row := range []struct {
		f     projections.SpeedTestFilter
		want  []int
		total int
	}{
		{projections.SpeedTestFilter{Limit: 10}, []int{4, 3, 2, 1, 0}, 5},
		{projections.SpeedTestFilter{Limit: 2, Offset: 2}, []int{2, 1}, 5},
		{projections.SpeedTestFilter{Limit: 2, Offset: 9}, nil, 5},
		{projections.SpeedTestFilter{Limit: 10, Since: speedDay.Add(3 * time.Hour)}, []int{4, 3}, 2},
		{projections.SpeedTestFilter{Limit: 10, Server: "b"}, []int{3, 1}, 2},
		{projections.SpeedTestFilter{Limit: 10, Server: "'"}, nil, 0},
	} {
		row.f.Account = speedAnn
		var want []uuid.UUID
		for _, n := range row.want {
			want = append(want, events[n].ID)
		}
		if got, total := s.ids(t, row.f); !reflect.DeepEqual(got, want) || total != row.total {
			t.Errorf("%+v: %v of %d, want %v of %d", row.f, got, total, want, row.total)
		}
	}
}

func speedOwners(t *testing.T, s SpeedTestsUnderTest) {
	ann, bob, guest := speedTest(speedAnn, 1, domain.SpeedTestCompleted{}), speedTest(speedBob, 1, domain.SpeedTestCompleted{}), speedTest(uuid.Nil, 1, domain.SpeedTestCompleted{})
	s.counted(t, ann, bob, guest)
	if got, total := s.ids(t, projections.SpeedTestFilter{Account: speedAnn, Limit: 9}); total != 1 || got[0] != ann.ID {
		t.Errorf("Ann sees %v", got)
	}
	for _, e := range []domain.Envelope{ann, bob, guest} {
		if row, err := s.Reader.SpeedTest(t.Context(), e.ID); err != nil || row.ID != e.ID || row.Account != e.Owner {
			t.Errorf("%+v, %v", row, err)
		}
	}
	if _, err := s.Reader.SpeedTest(t.Context(), speedAnn); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("unknown: %v", err)
	}
}

func speedRows(t *testing.T, s SpeedTestsUnderTest) {
	samples := domain.SpeedSamples{
		Idle: []float64{10, 12.5}, Sent: 10, Lost: 1,
		Download: []domain.Transfer{{Size: 1e6, Bytes: 1e6 + 300, MS: 400, ServerMS: 0.25, Pings: []float64{30}}},
		Upload:   []domain.Transfer{{Size: 1e6, MS: 800, Pings: []float64{20, 25}}},
	}
	for n, test := range []domain.SpeedTestCompleted{
		{Origin: domain.FromServer, Server: "local", Location: "Zürich, CH", Method: 1, Figures: domain.MeasureSpeed(samples), Samples: samples},
		{Origin: domain.FromLibreSpeed, Server: "local", Figures: domain.SpeedFigures{Download: new(9.5e7), Latency: new(0.0)}},
		{Origin: domain.FromBrowser},
	} {
		e := speedTest(speedAnn, n, test)
		s.counted(t, e)
		got, err := s.Reader.SpeedTest(t.Context(), e.ID)
		if want := projections.SpeedTestRowOf(e); err != nil || !got.At.Equal(want.At) || !reflect.DeepEqual(stampless(got), stampless(want)) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	}
}

func stampless(r projections.SpeedTestRow) projections.SpeedTestRow {
	r.At = time.Time{}
	return r
}

func speedMethod(t *testing.T, s SpeedTestsUnderTest) {
	e := speedTest(speedAnn, 1, domain.SpeedTestCompleted{Method: 77, Figures: domain.SpeedFigures{Latency: new(99.0)}, Samples: domain.SpeedSamples{Idle: []float64{5}}})
	s.counted(t, e)
	if r, err := s.Reader.SpeedTest(t.Context(), e.ID); err != nil || r.Method != domain.SpeedMethodVersion || *r.Figures.Latency != 5 {
		t.Errorf("%+v, %v", r, err)
	}
}
