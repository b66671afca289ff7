package domain

import "testing"

func TestSecurityScore(t *testing.T) {
	tests := []struct {
		name     string
		findings map[Severity]int
		want     int
	}{
		{"nothing found", nil, 100},
		{"two low", map[Severity]int{Low: 2}, 94},
		{"one high, two medium, two low", map[Severity]int{High: 1, Medium: 2, Low: 2}, 75},
		{"informational costs nothing", map[Severity]int{Informational: 50}, 100},
		{"one of each", map[Severity]int{Critical: 1, High: 1, Medium: 1, Low: 1, Informational: 1}, 63},
		{"five critical", map[Severity]int{Critical: 5}, 0},
		{"never below nothing", map[Severity]int{Critical: 6, High: 9}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := SecurityScore(tt.findings); got != tt.want {
				t.Errorf("SecurityScore(%v) = %d, want %d", tt.findings, got, tt.want)
			}
		})
	}
}

func TestOverallScore(t *testing.T) {
	tests := []struct{ security, seo, traffic, want int }{
		{65, 80, 75, 72},
		{100, 100, 100, 100},
		{0, 0, 0, 0},
		{1, 0, 0, 0},  // 0.45
		{0, 0, 2, 1},  // 0.50
		{10, 0, 0, 5}, // 4.50
		{99, 100, 100, 100},
	}
	for _, tt := range tests {
		if got := OverallScore(tt.security, tt.seo, tt.traffic); got != tt.want {
			t.Errorf("OverallScore(%d, %d, %d) = %d, want %d", tt.security, tt.seo, tt.traffic, got, tt.want)
		}
	}
}

func TestLetter(t *testing.T) {
	for score, want := range map[int]string{
		100: "A", 90: "A", 89: "B", 80: "B", 79: "C", 72: "C", 70: "C", 69: "D", 60: "D", 59: "F", 0: "F", -1: "F",
	} {
		if got := Letter(score); got != want {
			t.Errorf("Letter(%d) = %s, want %s", score, got, want)
		}
	}
}

func TestRiskLevel(t *testing.T) {
	tests := []struct {
		name     string
		score    int
		findings map[Severity]int
		want     string
	}{
		{"nothing found", 100, map[Severity]int{}, "none"},
		{"counted, and none there", 100, map[Severity]int{High: 0}, "none"},
		{"only informational", 100, map[Severity]int{Informational: 3}, "low"},
		{"two low", 94, map[Severity]int{Low: 2}, "low"},
		{"at 90", 90, map[Severity]int{Medium: 2}, "low"},
		{"below 90", 89, map[Severity]int{High: 1}, "medium"},
		{"the document's example", 75, map[Severity]int{High: 1, Medium: 2, Low: 2}, "medium"},
		{"at 70", 70, map[Severity]int{Medium: 6}, "medium"},
		{"below 70", 69, map[Severity]int{High: 1}, "high"},
		{"at 40", 40, map[Severity]int{Medium: 12}, "high"},
		{"below 40", 39, map[Severity]int{High: 7}, "critical"},
		{"one critical lifts medium", 80, map[Severity]int{Critical: 1}, "high"},
		{"one critical does not lower critical", 20, map[Severity]int{Critical: 4}, "critical"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := RiskLevel(tt.score, tt.findings); got != tt.want {
				t.Errorf("RiskLevel(%d, %v) = %s, want %s", tt.score, tt.findings, got, tt.want)
			}
		})
	}
}

func TestWorseRisk(t *testing.T) {
	for _, c := range [][3]string{{"", "", ""}, {"", "none", "none"}, {"low", "none", "low"}, {"medium", "critical", "critical"}, {"high", "high", "high"}} {
		if WorseRisk(c[0], c[1]) != c[2] || WorseRisk(c[1], c[0]) != c[2] {
			t.Errorf("of %q and %q: %q, %q", c[0], c[1], WorseRisk(c[0], c[1]), WorseRisk(c[1], c[0]))
		}
	}
}
