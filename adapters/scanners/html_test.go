package scanners

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestReadHTML has pages of some megabytes in which each kind of thing is said
// over and over: none makes a tree of more nodes than it may, and what is said as
// pages say it is read far.
func TestReadHTML(t *testing.T) {
	for form, least := range map[string]int{
		"<p>more</p>\n":      300_000,
		"<p>more\n":          300_000,
		"<a href=/%d>x":      300_000, // one closes the one before it
		"<font>x<br>":        100_000, // three that are alike are open at most
		"<div><b>x</div>":    100_000,
		"text ":              2 << 20,
		"<!-- %d -->":        1_000_000,
		"<p a%d ":            0,    // a tag without an end
		`<b id=%d><p>x</p>`:  1000, // each of them is made again in each paragraph
		"<a><b><table><i>%d": 1000,
		"<i a%[1]d b%[1]d c%[1]d d%[1]d e%[1]d><p>": 1000,
	} {
		var page strings.Builder
		size := 3 << 19
		if form == "text " || form == "<p a%d " { // one token, longer than any is read
			size = maxToken + 1<<19
		}
		for n := 0; page.Len() < size; n++ {
			if strings.Contains(form, "%") {
				fmt.Fprintf(&page, form, n)
			} else {
				page.WriteString(form)
			}
		}
		var read, nodes int
		err := ReadHTML(t.Context(), []byte(page.String()), func(root *html.Node, n int) {
			read = n
			for range root.Descendants() {
				nodes++
			}
		})
		if err != nil && !strings.Contains(err.Error(), "512") || nodes > maxTree*3/2 || err == nil && read < least {
			t.Errorf("%q: %d bytes make %d nodes, %v", form, read, nodes, err)
		}
	}
}

// TestReadHTMLWaits has more pages than trees.
func TestReadHTMLWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	turn := func(n int) {
		if n == 0 {
			cancel()
			err := ReadHTML(ctx, []byte("<p>"), func(*html.Node, int) { t.Error("there is one tree more than there may be") })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("without a turn: %v", err)
			}
		}
	}
	var nest func(n int)
	nest = func(n int) {
		turn(n)
		if n == 0 {
			return
		}
		if err := ReadHTML(t.Context(), []byte("<p>"), func(*html.Node, int) { nest(n - 1) }); err != nil {
			t.Error(err)
		}
	}
	nest(maxTrees)
}
