package domain

import "math"

// Suitability is how fit a line is for something.
type Suitability struct {
	Points int    `json:"points"`
	Class  string `json:"class"` // bad, poor, average, good, great
}

// scale turns a value into points: from each threshold on the next ones.
type scale struct {
	thresholds []float64
	points     []int // one more than thresholds
}

func (s scale) of(v float64) int {
	i := 0
	for i < len(s.thresholds) && v >= s.thresholds[i] {
		i++
	}
	return s.points[i]
}

// aimPoints are those of Cloudflare's Aggregated Internet Measurement
// (@cloudflare/speedtest 1.14.1, internalConfig, aimMeasurementScoring).
var aimPoints = map[string]scale{
	"loss":     {[]float64{.01, .05, .25, .5}, []int{10, 5, 0, -10, -20}},
	"latency":  {[]float64{10, 20, 50, 100, 500}, []int{20, 10, 5, 0, -10, -20}},
	"increase": {[]float64{10, 20, 50, 100, 500}, []int{20, 10, 5, 0, -10, -20}}, // of latency under load
	"jitter":   {[]float64{10, 20, 100, 500}, []int{10, 5, 0, -10, -20}},
	"download": {[]float64{1e6, 1e7, 5e7, 1e8}, []int{0, 5, 10, 20, 30}},
}

// aimUses are what lines are for, what counts for each, and from which points
// on the next better class is reached (aimExperiencesDefs).
var aimUses = []struct {
	name    string
	counts  []string
	classes scale
}{
	{"streaming", []string{"latency", "loss", "download", "increase"}, scale{[]float64{15, 20, 40, 60}, []int{0, 1, 2, 3, 4}}},
	{"gaming", []string{"latency", "loss", "increase"}, scale{[]float64{5, 15, 25, 30}, []int{0, 1, 2, 3, 4}}},
	{"rtc", []string{"latency", "jitter", "loss", "increase"}, scale{[]float64{5, 15, 25, 40}, []int{0, 1, 2, 3, 4}}},
}

var aimClasses = []string{"bad", "poor", "average", "good", "great"}

// suitabilities are those uses of which everything is known that counts; loss
// that was not measured counts nothing.
func suitabilities(f SpeedFigures) map[string]Suitability {
	points := map[string]int{"loss": 0}
	for name, v := range map[string]*float64{"loss": f.Loss, "latency": f.Latency, "increase": increase(f), "jitter": f.Jitter, "download": f.Download} {
		if v != nil {
			points[name] = aimPoints[name].of(*v)
		}
	}
	scores := map[string]Suitability{}
	for _, use := range aimUses {
		sum, known := 0, true
		for _, name := range use.counts {
			p, ok := points[name]
			sum, known = sum+p, known && ok
		}
		if sum = max(sum, 0); known {
			scores[use.name] = Suitability{sum, aimClasses[use.classes.of(float64(sum))]}
		}
	}
	if len(scores) == 0 {
		return nil
	}
	return scores
}

// increase is by how much latency rises under load, in the worse direction; nil
// where neither was loaded.
func increase(f SpeedFigures) *float64 {
	if f.Latency == nil || f.DownLoaded == nil && f.UpLoaded == nil {
		return nil
	}
	worst := math.Inf(-1)
	for _, v := range []*float64{f.DownLoaded, f.UpLoaded} {
		if v != nil {
			worst = max(worst, *v)
		}
	}
	return new(worst - *f.Latency)
}

// bloatGrades are DSLReports' (dslreports.com/faq/17930): below so many
// milliseconds of rise, as the mean of both directions.
var bloatGrades = scale{[]float64{5, 30, 60, 200, 400}, []int{0, 1, 2, 3, 4, 5}}

var bloatLetters = []string{"A+", "A", "B", "C", "D", "F"}

// bufferbloat is the grade of how much latency rises under load; "" unless both
// directions were loaded.
func bufferbloat(f SpeedFigures) string {
	if f.Latency == nil || f.DownLoaded == nil || f.UpLoaded == nil {
		return ""
	}
	rise := (*f.DownLoaded+*f.UpLoaded)/2 - *f.Latency
	return bloatLetters[bloatGrades.of(rise)]
}
