package ports

import (
	"math"
	"testing"
	"time"
)

// TestPace plays outcomes to a pace, with no clock but the one that is passed
// in, and looks at the window after them.
func TestPace(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	type do func(*pace)
	now := time.Unix(1e9, 0)
	answers := func(n int, rtt time.Duration) do {
		return func(p *pace) {
			for range n {
				p.answer(now, rtt)
			}
		}
	}
	losses := func(n int, at time.Duration) do {
		return func(p *pace) {
			for range n {
				p.lose(now.Add(at))
			}
		}
	}
	bars := func(n int) do {
		return func(p *pace) {
			for range n {
				p.bar(now)
			}
		}
	}
	silences := func(n int) do {
		return func(p *pace) {
			for range n {
				p.silence()
			}
		}
	}
	for name, c := range map[string]struct {
		limit int
		do    []do
		want  float64
	}{
		"at first":                              {2048, nil, firstWindow},
		"slow start: one more for each answer":  {2048, []do{answers(50, 10*ms)}, firstWindow + 50},
		"never beyond the limit":                {120, []do{answers(50, 10*ms)}, 120},
		"a limit below the least":               {4, []do{answers(50, 10*ms)}, 4},
		"loss: the window is cut":               {2048, []do{answers(100, 10*ms), losses(40, 0)}, 200 * cut},
		"the losses of one window cut once":     {2048, []do{answers(100, 10*ms), losses(200, 0)}, 200 * cut},
		"those of the next cut again":           {2048, []do{answers(100, 10*ms), losses(100, 0), losses(100, time.Second)}, 200 * cut * cut},
		"a few losses are the path's own":       {2048, []do{answers(90, 10*ms), losses(10, 0)}, 190},
		"unless there is a queue":               {2048, []do{answers(40, 10*ms), answers(16, 19*ms), losses(8, 0)}, 150 * cut},
		"after a cut slowly: a hundredth each":  {2048, []do{answers(100, 10*ms), losses(40, 0), answers(100, 10*ms)}, 141},
		"delay makes slow start a quarter":      {2048, []do{answers(16, 10*ms), answers(8, 19*ms), answers(100, 19*ms)}, 149},
		"which goes on when it was a stall":     {2048, []do{answers(16, 10*ms), answers(8, 19*ms), answers(8, 10*ms), answers(100, 10*ms)}, 232},
		"and ends after five round trips":       {2048, []do{answers(16, 10*ms), answers(8, 19*ms), answers(5000, 19*ms), answers(8, 10*ms), answers(100, 10*ms)}, 1482},
		"a queue of a round trip ends growth":   {2048, []do{answers(16, 10*ms), answers(8, 40*ms), answers(100, 40*ms)}, 123},
		"never below the least":                 {2048, []do{losses(1000, 0), losses(1000, 10*time.Second), losses(1000, 20*time.Second), losses(1000, 30*time.Second), losses(1000, 40*time.Second), losses(1000, 50*time.Second)}, leastWindow},
		"silence alone is no loss":              {2048, []do{answers(1, 10*ms), silences(1000)}, firstWindow + 1},
		"one that never answered is asked more": {2048, []do{silences(5000)}, blindWindow},
		"an answer of a router counts as one":   {2048, []do{bars(50)}, firstWindow + 50},
	} {
		p := newPace(c.limit)
		for _, do := range c.do {
			do(p)
		}
		if math.Abs(p.window-c.want) > 1 {
			t.Errorf("%s: %.1f in flight, want %.1f", name, p.window, c.want)
		}
	}
}

// TestPaceTimeout holds the timeouts to RFC 6298: the first second, then the
// smoothed round trip and four times its variation, doubled for each try.
func TestPaceTimeout(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		rtts []time.Duration
		try  int
		want time.Duration
	}{
		"nothing measured":                       {nil, 0, time.Second},
		"nothing measured, again":                {nil, 1, 2 * time.Second},
		"bounded":                                {[]time.Duration{900 * ms}, 1, mostTimeout},
		"the first sample: R + 4 R/2":            {[]time.Duration{100 * ms}, 0, 300 * ms},
		"the second: 7/8 and 1/8, 3/4 and 1/4":   {[]time.Duration{100 * ms, 200 * ms}, 0, 112500*time.Microsecond + 4*62500*time.Microsecond},
		"doubled":                                {[]time.Duration{100 * ms}, 1, 600 * ms},
		"once, as long as nothing was cut":       {[]time.Duration{100 * ms}, 4, 600 * ms},
		"a margin on a path without variation":   {[]time.Duration{ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms, ms}, 0, ms + leastMargin},
		"what the kernel repeated is no sample":  {[]time.Duration{100 * ms, 1100 * ms}, 0, 300 * ms},
		"on a path that is as slow, it is":       {[]time.Duration{1200 * ms, 1200 * ms}, 0, 3 * time.Second},
		"a slow first sample does not stay long": {[]time.Duration{1100 * ms, 100 * ms}, 0, 975*ms + 4*662500*time.Microsecond},
	} {
		p := newPace(100)
		for _, rtt := range c.rtts {
			p.answer(time.Unix(1e9, 0), rtt)
		}
		if got := p.timeout(c.try); (got - min(c.want, mostTimeout)).Abs() > 100*time.Microsecond {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	p := newPace(100)
	p.choke(time.Unix(1e9, 0))
	p.answer(time.Unix(1e9, 0), 100*ms)
	if got := p.timeout(2); got != 1200*ms {
		t.Errorf("the third wait after a cut is %v, want %v", got, 1200*ms)
	}
	if p.answer(time.Unix(1e9, 0), 1100*ms); p.lost != 1 {
		t.Errorf("%d losses after an answer to what the kernel repeated, want 1", p.lost)
	}
	p.bar(time.Unix(1e9, 0))
	if p.base != 100*ms || p.samples != 0 {
		t.Errorf("a router's answer was measured: base %v, %d samples", p.base, p.samples)
	}
}

// TestPaceTries: the more is lost, the more often a silent port is asked.
func TestPaceTries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ answered, lost, ports, want int }{
		"never answered, few ports": {0, 0, 100, 3}, "never answered, all ports": {0, 0, 65535, 2},
		"no loss, few ports": {10000, 0, 100, 2}, "no loss, all ports": {10000, 0, 65535, 2},
		"1 % lost, all ports": {9900, 100, 65535, 4}, "10 % lost, all ports": {9000, 1000, 65535, 6},
		"half lost": {5000, 5000, 65535, 6}, "few answers": {5, 0, 1000, 4},
	} {
		p := newPace(100)
		p.answered, p.lost = c.answered, c.lost
		if got := p.tries(c.ports); got != c.want {
			t.Errorf("%s: %d tries, want %d", name, got, c.want)
		}
	}
}
