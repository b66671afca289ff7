package domain

import (
	"cmp"
	"math"
	"slices"
)

// SpeedFigures are what a test comes to. What was not measured is null: a test
// with a line too quick to be loaded has no loaded latency, and says so.
type SpeedFigures struct {
	Download   *float64               `json:"download_bps"` // bits per second
	Upload     *float64               `json:"upload_bps"`
	Latency    *float64               `json:"latency_ms"` // of the idle line
	Jitter     *float64               `json:"jitter_ms"`
	DownLoaded *float64               `json:"download_latency_ms"` // of the line while it downloads
	DownJitter *float64               `json:"download_jitter_ms"`
	UpLoaded   *float64               `json:"upload_latency_ms"`
	UpJitter   *float64               `json:"upload_jitter_ms"`
	Loss       *float64               `json:"packet_loss"`           // 0 to 1
	Bloat      string                 `json:"bufferbloat,omitempty"` // A+ to F
	Scores     map[string]Suitability `json:"scores,omitempty"`      // by what the line is for: streaming, gaming, rtc
}

// SpeedMethodVersion is the version of MeasureSpeed. Another rule is another
// version: rows of samples follow it when they are made again.
const SpeedMethodVersion = 1

// The parameters of Cloudflare's engine (@cloudflare/speedtest 1.14.1,
// defaultConfig), whose method this is.
const (
	latencyPercentile   = 0.5
	bandwidthPercentile = 0.9
	minTransferMS       = 10  // of a request that counts for the bandwidth
	minLoadMS           = 250 // of every request of a set whose round trips count as loaded
	maxLoaded           = 20  // of those the last
)

// MeasureSpeed makes the figures of samples. It is a pure function of them.
func MeasureSpeed(s SpeedSamples) SpeedFigures {
	f := SpeedFigures{
		Download: bandwidth(s.Download), Upload: bandwidth(s.Upload),
		Latency: Percentile(s.Idle, latencyPercentile), Jitter: jitter(s.Idle),
	}
	down, up := underLoad(s.Download), underLoad(s.Upload)
	f.DownLoaded, f.DownJitter = Percentile(down, latencyPercentile), jitter(down)
	f.UpLoaded, f.UpJitter = Percentile(up, latencyPercentile), jitter(up)
	if s.Sent > 0 {
		f.Loss = new(float64(s.Lost) / float64(s.Sent))
	}
	f.Bloat, f.Scores = bufferbloat(f), suitabilities(f)
	return f
}

// bandwidth is the 90th percentile of the requests that took 10 ms or more, in
// bits per second (getBandwidth): 8 · bytes / (duration − the server's time).
func bandwidth(list []Transfer) *float64 {
	var points []float64
	for _, t := range list {
		if ms := t.MS - t.ServerMS; ms >= minTransferMS {
			points = append(points, 8*float64(cmp.Or(t.Bytes, t.Size))/(ms/1000))
		}
	}
	return Percentile(points, bandwidthPercentile)
}

// underLoad are the round trips that were made under load (extractLoadedLatencies):
// of each set whose requests all lasted 250 ms or more, the smaller sets first,
// and of all the last twenty.
func underLoad(list []Transfer) (pings []float64) {
	bySize := map[int64][]Transfer{}
	for _, t := range list {
		bySize[t.Size] = append(bySize[t.Size], t)
	}
	sizes := make([]int64, 0, len(bySize))
	for size := range bySize {
		sizes = append(sizes, size)
	}
	slices.Sort(sizes)
	for _, size := range sizes {
		quick := func(t Transfer) bool { return t.MS-t.ServerMS < minLoadMS }
		if slices.ContainsFunc(bySize[size], quick) {
			continue
		}
		for _, t := range bySize[size] {
			pings = append(pings, t.Pings...)
		}
	}
	return pings[max(len(pings)-maxLoaded, 0):]
}

// Percentile is that of values at a share from 0 to 1, interpolated between the
// two nearest; nil where there are none.
func Percentile(values []float64, share float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	at := float64(len(sorted)-1) * share
	low, high := sorted[int(math.Floor(at))], sorted[int(math.Ceil(at))]
	return new(low + (high-low)*(at-math.Floor(at)))
}

// jitter is the mean of the differences between round trips that follow each
// other; nil of less than two.
func jitter(pings []float64) *float64 {
	if len(pings) < 2 {
		return nil
	}
	var sum float64
	for i, p := range pings[1:] {
		sum += math.Abs(p - pings[i])
	}
	return new(sum / float64(len(pings)-1))
}
