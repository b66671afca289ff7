package server_test

import (
	"strings"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestDepthOfOthers shows scans of SecAbly's scanners in the words that the other
// contracts have for how thorough they are.
func TestDepthOfOthers(t *testing.T) {
	s := unlimited(t)
	for _, c := range []domain.Contract{domain.SecAbly, domain.SevenAzzani} {
		s.Plan(c, domain.InternalPlan)
	}
	target, err := domain.ParseTarget("a.example")
	if err != nil {
		t.Fatal(err)
	}
	for profile, depth := range map[domain.Profile]string{domain.NmapFull: "deep", domain.SSLyzeOnly: "standard", domain.ZAPBaseline: "quick", domain.OpenVASFullFast: "standard"} {
		requested, err := s.Desk.RequestScan(t.Context(), commands.RequestScan{
			By: commands.Caller{Account: s.Account}, Contract: domain.SecAbly, Target: target, Profile: profile, Options: domain.DefaultOptions(profile),
		})
		if err != nil {
			t.Fatal(err)
		}
		id := requested.Stream.ID().String()
		s.Get("/issafesite/api/v1/scan/" + id).Is(200).Like(`{"depth": "` + strings.ToUpper(depth) + `"}`)
		s.Get("/api/scans/" + id + "/status/").Is(200).Like(`{"scan_type": "` + depth + `"}`)
		s.Get("/api/scans/" + id + "/report/").Is(200).Like(`{"scan_type": "` + depth + `"}`)
		s.Get("/api/v1/scan?limit=1").Is(200).Like(`{"data": [{"id": "` + id + `", "depth": "` + strings.ToUpper(depth) + `"}]}`)
		s.Get("/api/scans/?page_size=1").Is(200).Like(`{"results": [{"scan_id": "` + id + `", "scan_type": "` + depth + `"}]}`)
	}
}
