package libraries

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// pattern is a regular expression of JavaScript in the form that Go's engine
// knows, which is linear in the text whatever the text is. What it lacks is
// looked at once it has matched.
type pattern struct {
	re      *regexp.Regexp
	literal string // stands in every text that matches; "" where there is none
	groups  []int  // where the groups of the original are: groups[1] is its first
	equal   [][2]int
	around  []around
}

// around is a look at what stands before or behind the place of a group that
// is empty.
type around struct {
	group  int
	behind bool // what stands before the place is looked at
	not    bool
	re     *regexp.Regexp
}

// maxRepeat is how often Go's engine repeats something at most.
const maxRepeat = 1000

// rewriter reads a regular expression of JavaScript from left to right.
type rewriter struct {
	in    string
	at    int
	out   strings.Builder
	names int // groups of the result so far
	p     *pattern

	bodies map[int]string // of the original's groups of one character
	open   []group        // groups that are not closed yet
	atom   int            // where in out the last single character stands; -1 where there is none
}

type group struct {
	original int // 0 for one that captures nothing
	from     int // where in out its body begins
	nested   bool
}

// rewrite returns the pattern of an expression, or an error for one that
// cannot be looked for. A reference back is allowed to a group of one
// character, a look around outside of other looks.
func rewrite(expression string) (*pattern, error) {
	w := &rewriter{in: expression, p: &pattern{groups: []int{0}}, bodies: map[int]string{}, atom: -1}
	for w.at < len(w.in) {
		if err := w.step(); err != nil {
			return nil, err
		}
	}
	re, err := regexp.Compile(w.out.String())
	if err != nil {
		return nil, err
	}
	w.p.re, w.p.literal = re, required(w.out.String())
	return w.p, nil
}

func (w *rewriter) step() error {
	rest := w.in[w.at:]
	switch c := rest[0]; {
	case c == '\\':
		return w.escape(rest)
	case c == '[':
		return w.class(rest)
	case c == '(':
		return w.group(rest)
	case c == ')':
		w.end()
		w.emit(")", -1)
	case c == '{':
		return w.repeat(rest)
	case c == '*' || c == '+' || c == '?' || c == '|' || c == '^' || c == '$':
		w.emit(rest[:1], -1)
	default:
		w.emit(rest[:1], w.out.Len())
	}
	w.at++
	return nil
}

func (w *rewriter) emit(text string, atom int) {
	w.out.WriteString(text)
	w.atom = atom
}

// escape reads \1 to \9, \uXXXX and all that are the same in both languages.
func (w *rewriter) escape(rest string) error {
	if len(rest) < 2 {
		return fmt.Errorf("it ends in a backslash")
	}
	switch c := rest[1]; {
	case '1' <= c && c <= '9':
		return w.reference(int(c - '0'))
	case c == 'u' && len(rest) >= 6:
		if _, err := strconv.ParseUint(rest[2:6], 16, 32); err != nil {
			return fmt.Errorf("%s is no character", rest[:6])
		}
		w.emit(`\x{`+rest[2:6]+"}", w.out.Len())
		w.at += 6
	case c == 'b' || c == 'B':
		w.emit(rest[:2], -1)
		w.at += 2
	default:
		w.emit(rest[:2], w.out.Len())
		w.at += 2
	}
	return nil
}

// reference puts the group again, and has both compared.
func (w *rewriter) reference(to int) error {
	body, known := w.bodies[to]
	if !known {
		return fmt.Errorf(`\%d refers to no group of one character before it`, to)
	}
	w.nest()
	w.names++
	w.p.equal = append(w.p.equal, [2]int{w.p.groups[to], w.names})
	w.emit("("+body+")", -1)
	w.at += 2
	return nil
}

// class copies a class of characters.
func (w *rewriter) class(rest string) error {
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\':
			i++
		case rest[i] == ']':
			w.emit(strings.ReplaceAll(rest[:i+1], `\u`, `\x`), w.out.Len())
			w.at += i + 1
			return nil
		}
	}
	return fmt.Errorf("a class has no end")
}

var looks = []struct {
	begin       string
	behind, not bool
}{
	{"(?<=", true, false}, {"(?<!", true, true}, {"(?=", false, false}, {"(?!", false, true},
}

var named = regexp.MustCompile(`^\(\?<\w+>`)

func (w *rewriter) group(rest string) error {
	for _, l := range looks {
		if inner, ok := strings.CutPrefix(rest, l.begin); ok {
			return w.look(inner, len(l.begin), l.behind, l.not)
		}
	}
	w.nest()
	if name := named.FindString(rest); name != "" {
		rest, w.at = "("+rest[len(name):], w.at+len(name)-1
	}
	g := group{from: w.out.Len() + 1}
	if !strings.HasPrefix(rest, "(?") {
		w.names++
		w.p.groups = append(w.p.groups, w.names)
		g.original = len(w.p.groups) - 1
	}
	w.open = append(w.open, g)
	w.emit("(", -1)
	w.at++
	if strings.HasPrefix(rest, "(?:") {
		w.emit("?:", -1)
		w.at += 2
	}
	return nil
}

// nest notes that the group around has one within.
func (w *rewriter) nest() {
	if n := len(w.open); n > 0 {
		w.open[n-1].nested = true
	}
}

// end closes a group, and remembers its body if it is one character.
func (w *rewriter) end() {
	n := len(w.open)
	if n == 0 {
		return
	}
	g := w.open[n-1]
	w.open = w.open[:n-1]
	if g.original > 0 && !g.nested && w.atom == g.from {
		w.bodies[g.original] = w.out.String()[g.from:]
	}
}

// look replaces a look around by an empty group, whose surroundings are looked
// at afterwards.
func (w *rewriter) look(inner string, begin int, behind, not bool) error {
	end := closing(inner)
	if end < 0 {
		return fmt.Errorf("a look around has no end")
	}
	body := "(?:" + inner[:end] + ")"
	anchored := "^" + body
	if behind {
		anchored = body + "$"
	}
	re, err := regexp.Compile(anchored)
	if err != nil {
		return fmt.Errorf("a look around: %w", err)
	}
	w.nest()
	w.names++
	w.p.around = append(w.p.around, around{group: w.names, behind: behind, not: not, re: re})
	w.emit("()", -1)
	w.at += begin + end + 1
	return nil
}

// closing is where the parenthesis is that closes what text begins within.
func closing(text string) int {
	depth, class := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')' && depth == 0:
			return i
		case c == ')':
			depth--
		}
	}
	return -1
}

var bounds = regexp.MustCompile(`^\{(\d+)(?:,(\d*))?\}(\??)`)

// repeat writes a repetition beyond Go's limit as several within it.
func (w *rewriter) repeat(rest string) error {
	m := bounds.FindStringSubmatch(rest)
	if m == nil { // a brace that stands for itself
		w.emit(`\{`, w.out.Len())
		w.at++
		return nil
	}
	least, _ := strconv.Atoi(m[1])
	most, _ := strconv.Atoi(m[2])
	w.at += len(m[0])
	if most <= maxRepeat {
		w.emit(m[0], -1)
		return nil
	}
	if w.atom < 0 || least > maxRepeat || most > 20*maxRepeat {
		return fmt.Errorf("%s repeats too often", m[0])
	}
	atom, lazy := w.out.String()[w.atom:], m[3]
	fmt.Fprintf(&w.out, "{%d,%d}%s", least, maxRepeat, lazy)
	for left := most - maxRepeat; left > 0; left -= maxRepeat {
		fmt.Fprintf(&w.out, "%s{0,%d}%s", atom, min(left, maxRepeat), lazy)
	}
	w.atom = -1
	return nil
}
