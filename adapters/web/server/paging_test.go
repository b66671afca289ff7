package server_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// idsOf are the ids in a page of either contract.
func idsOf(a webtest.Answer) (ids []string) {
	var page struct{ Scans, Data []struct{ ID string } }
	a.Into(&page)
	for _, s := range append(page.Scans, page.Data...) {
		ids = append(ids, s.ID)
	}
	return ids
}

// TestPages goes through 120 scans by pages: each scan is on one of them,
// newest first, and beyond the last there is nothing.
func TestPages(t *testing.T) {
	s := unlimited(t)
	var newest []string
	for i := range 120 {
		newest = append([]string{s.Scan(domain.IsSafeSite, fmt.Sprintf("https://%d.example", i)).String()}, newest...)
	}
	others, _ := s.Issue(s.Register("bob@example.com"))
	s.Get("/api/v1/scans", "Authorization: Bearer "+others).Is(200).Like(`{"total": 0, "scans": []}`)

	for _, size := range []int{1, 7, 50} {
		var seen []string
		pages := (120 + size - 1) / size
		for page := 1; page <= pages; page++ {
			a := s.Get(fmt.Sprintf("/api/v1/scan?page=%d&limit=%d", page, size)).Is(200).
				Like(fmt.Sprintf(`{"pagination": {"page": %d, "limit": %d, "total": 120, "pages": %d}}`, page, size, pages))
			seen = append(seen, idsOf(a)...)
		}
		if !slices.Equal(seen, newest) {
			t.Errorf("IsSafeSite's pages of %d have %d scans, or in another order", size, len(seen))
		}
	}
	for _, size := range []int{1, 7, 50, 100} {
		var seen []string
		for offset := 0; offset < 120; offset += size {
			a := s.Get(fmt.Sprintf("/api/v1/scans?offset=%d&limit=%d", offset, size)).Is(200).
				Like(fmt.Sprintf(`{"total": 120, "limit": %d, "offset": %d}`, size, offset))
			seen = append(seen, idsOf(a)...)
		}
		if !slices.Equal(seen, newest) {
			t.Errorf("Scanner's pages of %d have %d scans, or in another order", size, len(seen))
		}
	}
	for path, n := range map[string]int{
		"/api/v1/scan": 20, "/api/v1/scan?limit=1000": 50, "/api/v1/scan?page=6": 20, "/api/v1/scan?page=7": 0, "/api/v1/scan?page=9223372036854775807&limit=50": 0,
		"/api/v1/scans": 50, "/api/v1/scans?limit=1000": 100, "/api/v1/scans?offset=119": 1, "/api/v1/scans?offset=120": 0, "/api/v1/scans?offset=9223372036854775807": 0,
		"/api/v1/scans?offset=25&limit=100": 95,
	} {
		a := s.Get(path).Is(200)
		if got := len(idsOf(a)); got != n {
			t.Errorf("%s has %d scans, want %d", path, got, n)
		}
		if n == 0 && path[:13] == "/api/v1/scans" {
			a.Like(`{"scans": [], "total": 120}`)
		} else if n == 0 {
			a.Like(`{"data": [], "pagination": {"total": 120}}`)
		}
	}
}

// TestReportPages lists reports of completed scans alone.
func TestReportPages(t *testing.T) {
	s := unlimited(t)
	for i := range 30 {
		scan := s.Scan(domain.IsSafeSite, fmt.Sprintf("https://%d.example", i))
		if i%3 > 0 {
			s.Finish(scan, []domain.Outcome{domain.Failed, domain.Tested}[i%3-1], "why")
		}
	}
	s.Get("/api/v1/report").Is(200).Like(`{"data": [{"title": "Security Report — 29.example"}, {"title": "Security Report — 26.example"}], "pagination": {"total": 10, "pages": 1, "limit": 20}}`)
	a := s.Get("/api/v1/report?limit=4&page=3").Is(200).Like(`{"data": [{"title": "Security Report — 5.example"}, {"title": "Security Report — 2.example"}], "pagination": {"total": 10, "pages": 3, "page": 3}}`)
	if ids := idsOf(a); len(ids) != 2 {
		t.Errorf("the last page has %v", ids)
	}
	for _, unknown := range []string{"clx1abc", nobody, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"} {
		s.Get("/api/v1/report?scanId=" + unknown).Is(200).Like(`{"data": [], "pagination": {"total": 0, "pages": 0}}`)
	}
	s.Get("/api/v1/report?limit=4&page=4").Is(200).Like(`{"data": [], "pagination": {"total": 10}}`)
}
