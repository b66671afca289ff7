package nmap

import "strings"

// tasks are the parts of a run, by how nmap calls them, and what of the whole lies
// before each and within it, in percent.
var tasks = []struct {
	name          string
	before, share float64
}{
	{"Connect Scan", 0, 50},
	{"Service scan", 50, 45},
	{"NSE", 95, 4},
}

// progress is how far a run has come.
type progress float64

// of is what a task's own percentage comes to. A task that is not known moves nothing.
func (p *progress) of(task string, percent float64) float64 {
	for _, t := range tasks {
		if strings.EqualFold(t.name, task) && percent >= 0 && percent <= 100 {
			*p = max(*p, progress(t.before+t.share*percent/100))
		}
	}
	return float64(*p)
}
