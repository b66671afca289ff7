package domain

import (
	"math"
	"testing"
)

func TestTrafficWeightsSumToOne(t *testing.T) {
	var sum float64
	for _, w := range TrafficWeights {
		sum += w
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("weights sum to %v, want 1", sum)
	}
}

func TestTrafficScore(t *testing.T) {
	tests := []struct {
		name  string
		parts []TrafficPart
		score int
		ok    bool
	}{
		{"nothing measured", nil, 0, false},
		{"a part nobody knows", []TrafficPart{{Name: "colour", Score: 100}}, 0, false},
		{"one part is the score", []TrafficPart{{Name: "http2", Score: 37}}, 37, true},
		// (0.25·90 + 0.10·0) / 0.35 = 64.3
		{"the heavier part pulls more", []TrafficPart{{Name: "time-to-first-byte", Score: 90}, {Name: "http2"}}, 64, true},
		// (0.15·100 + 0.15·1) / 0.30 = 50.5
		{"rounded half up", []TrafficPart{{Name: "caching", Score: 100}, {Name: "compression", Score: 1}}, 51, true},
		{"parts are held to 0 to 100", []TrafficPart{{Name: "caching", Score: 500}, {Name: "compression", Score: -500}}, 50, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			score, ok := TrafficScore(tt.parts)
			if score != tt.score || ok != tt.ok {
				t.Errorf("TrafficScore = %d, %v, want %d, %v", score, ok, tt.score, tt.ok)
			}
		})
	}
}
