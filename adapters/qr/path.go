package qr

// path is closed lines whose inside is filled by the nonzero rule.
type path []stroke

// stroke is a step of a path.
type stroke struct {
	kind stroked
	to   point
	by   [2]point // control points of a curve
}

type stroked byte

const (
	move stroked = iota
	line
	curve
	closed
)

type point struct{ x, y float64 }

func (p path) moved(by float64) path {
	for i := range p {
		p[i].to = point{p[i].to.x + by, p[i].to.y + by}
	}
	return p
}

// shifted is a path somewhere else, added to another.
func (p path) shifted(all path, by point) path {
	for _, s := range p {
		for _, at := range []*point{&s.to, &s.by[0], &s.by[1]} {
			at.x, at.y = at.x+by.x, at.y+by.y
		}
		all = append(all, s)
	}
	return all
}

// rounded is a module whose corners are rounded; by half of its side it is a
// circle. Its left top corner is at nothing.
func rounded(radius float64) path {
	const kappa = 0.5522847498 // of a quarter of a circle as a Bézier curve
	near, far := radius*(1-kappa), radius
	p := path{{kind: move, to: point{far, 0}}}
	side := func(to point) {
		if radius < 0.5 { // a circle has none
			p = append(p, stroke{kind: line, to: to})
		}
	}
	corner := func(a, b, to point) { p = append(p, stroke{curve, to, [2]point{a, b}}) }
	side(point{1 - far, 0})
	corner(point{1 - near, 0}, point{1, near}, point{1, far})
	side(point{1, 1 - far})
	corner(point{1, 1 - near}, point{1 - near, 1}, point{1 - far, 1})
	side(point{far, 1})
	corner(point{near, 1}, point{0, 1 - near}, point{0, 1 - far})
	side(point{0, far})
	corner(point{0, near}, point{near, 0}, point{far, 0})
	return append(p, stroke{kind: closed})
}

// way is a direction along the edges of modules: right, down, left, up.
type way int

var steps = [4][2]int{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}

// edge is a side of a module that is walked along with what is dark to the right.
type edge struct {
	x, y int
	to   way
}

// outline walks around everything that is dark: outer borders clockwise, those of
// holes the other way round.
func outline(side int, dark func(x, y int) bool) (p path) {
	walked := make([]bool, 4*(side+1)*(side+1))
	at := func(e edge) *bool { return &walked[(e.y*(side+1)+e.x)*4+int(e.to)] }
	border := func(e edge) bool {
		var in, out [2]int // the modules to the right and to the left of it
		switch e.to {
		case 0:
			in, out = [2]int{e.x, e.y}, [2]int{e.x, e.y - 1}
		case 1:
			in, out = [2]int{e.x - 1, e.y}, [2]int{e.x, e.y}
		case 2:
			in, out = [2]int{e.x - 1, e.y - 1}, [2]int{e.x - 1, e.y}
		case 3:
			in, out = [2]int{e.x, e.y - 1}, [2]int{e.x - 1, e.y - 1}
		}
		return dark(in[0], in[1]) && !dark(out[0], out[1])
	}
	for y := range side {
		for x := range side {
			if start := (edge{x, y, 0}); border(start) && !*at(start) {
				p = around(p, start, border, at)
			}
		}
	}
	return p
}

// around adds one border to a path, and notes where it has walked. Where two modules meet at a corner it turns right, and
// so stays at the same module.
func around(p path, start edge, border func(edge) bool, walked func(edge) *bool) path {
	at := func(e edge) point { return point{float64(e.x), float64(e.y)} }
	p = append(p, stroke{kind: move, to: at(start)})
	for e := start; ; {
		*walked(e) = true
		next := edge{e.x + steps[e.to][0], e.y + steps[e.to][1], e.to}
		for _, turn := range []way{1, 0, 3} {
			if next.to = (e.to + turn) % 4; border(next) {
				break
			}
		}
		if next == start {
			return append(p, stroke{kind: closed})
		}
		if next.to != e.to {
			p = append(p, stroke{kind: line, to: at(next)})
		}
		e = next
	}
}
