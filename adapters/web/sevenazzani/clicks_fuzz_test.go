package sevenazzani_test

import (
	"net/url"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// FuzzClickQuery asks for visits with any range, zone and place: it is answered or
// refused, and never breaks anything.
func FuzzClickQuery(f *testing.F) {
	for _, seed := range [][4]string{
		{"2026-11-28", "2026-11-29T12:00:00+14:00", "Europe/Berlin", "1775217540000." + documented},
		{"9999-12-31", "0000-01-01", "../../etc/passwd", "."}, {"2026-02-30", "2026-11-28T24:00:00Z", "Local", "9223372036854775807.x"}, {"\x00", "’", "UTC\x00", "-1"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	s := webtest.New(f, stores)
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	s.Shorten("https://example.com/", "spring")
	f.Fuzz(func(t *testing.T, from, to, zone, after string) {
		q := url.Values{"from": {from}, "to": {to}, "time_zone": {zone}, "after": {after}}.Encode()
		for _, below := range []string{"stats", "clicks"} {
			if a := s.In(t).Get("/shrinkit/spring/" + below + "/?" + q); a.Status != 200 && a.Status != 400 && a.Status != 431 {
				t.Fatalf("%s answers %d: %s", q, a.Status, a.Body)
			}
		}
	})
}
