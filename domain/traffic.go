package domain

import "math"

// TrafficWeights are the parts of the fitness to take traffic and what each
// weighs in the score; they sum to 1. What a visitor waits for and whether
// there is an answer at all weigh most; what only spares the server and the
// line weighs less; a single redirect costs little.
var TrafficWeights = map[string]float64{
	"time-to-first-byte": 0.25,
	"availability":       0.20,
	"compression":        0.15,
	"caching":            0.15,
	"page-weight":        0.10,
	"http2":              0.10,
	"redirects":          0.05,
}

// TrafficScore is the weighted mean of the parts that could be measured, 0 to
// 100, rounded. Parts that TrafficWeights does not name count for nothing. It
// is not ok when nothing was measured.
func TrafficScore(parts []TrafficPart) (score int, ok bool) {
	var sum, weights float64
	for _, p := range parts {
		w := TrafficWeights[p.Name]
		sum += w * float64(min(max(p.Score, 0), 100))
		weights += w
	}
	if weights == 0 {
		return 0, false
	}
	return int(math.Round(sum / weights)), true
}
