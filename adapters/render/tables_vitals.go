package render

import (
	"strconv"

	"github.com/scanledger/scanledger/domain"
)

// vital is how one of a page's vitals is shown, with the greatest values that
// web.dev calls good and in need of improvement.
type vital struct {
	name, unit string
	good, fair float64
	of         func(domain.PageVitals) *float64
}

var vitals = []vital{
	{"Largest contentful paint (LCP)", "ms", 2500, 4000, func(v domain.PageVitals) *float64 { return v.LCP }},
	{"Cumulative layout shift (CLS)", "", 0.1, 0.25, func(v domain.PageVitals) *float64 { return v.CLS }},
	{"First contentful paint (FCP)", "ms", 1800, 3000, func(v domain.PageVitals) *float64 { return v.FCP }},
	{"Time to first byte (TTFB)", "ms", 800, 1800, func(v domain.PageVitals) *float64 { return v.TTFB }},
	{"Total blocking time (TBT)", "ms", 200, 600, func(v domain.PageVitals) *float64 { return v.TBT }},
}

func vitalsTables(v *domain.PageVitals) []table {
	if v == nil {
		return nil
	}
	var rows [][]cell
	for _, m := range vitals {
		rows = append(rows, []cell{plain(m.name), plain(m.value(m.of(*v))), marked(m.rating(m.of(*v)))})
	}
	return rowsTable("How soon "+line(v.URL, maxTitle)+" stands before a visitor", []string{"Measure", "Measured", "Rating"}, []float64{5, 3, 4}, rows)
}

func (m vital) value(v *float64) string {
	switch {
	case v == nil:
		return unscored
	case m.unit == "":
		return strconv.FormatFloat(*v, 'f', 3, 64)
	default:
		return strconv.FormatFloat(*v, 'f', 0, 64) + " " + m.unit
	}
}

func (m vital) rating(v *float64) chip {
	switch {
	case v == nil:
		return chip{"not tested", toneUntested}
	case *v <= m.good:
		return chip{"good", toneGood}
	case *v <= m.fair:
		return chip{"needs improvement", toneMedium}
	default:
		return chip{"poor", toneHigh}
	}
}
