package scanners

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"golang.org/x/net/html"
)

// A tree is made of a page's beginning, of as much as maxTree nodes come from, and
// there are maxTrees at one time: reading one is work for the processor alone.
const (
	maxTree  = 100_000
	maxTrees = 2
	maxToken = 2 << 20 // bytes of one tag, or of one script
)

var trees = make(chan struct{}, maxTrees)

// ReadHTML hands read the tree of a page, which it must not keep, and of how many
// bytes it was made: of a page that would need more than memory allows it is the
// beginning. It waits for its turn; its error is ctx's, or that of HTML which is
// nested deeper than any browser allows.
func ReadHTML(ctx context.Context, page []byte, read func(root *html.Node, n int)) error {
	select {
	case trees <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-trees }()
	n := beginning(page)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	root, err := html.Parse(bytes.NewReader(page[:n]))
	if err != nil {
		return err
	}
	read(root, n)
	return nil
}

// beginning is how many bytes of a page make maxTree nodes at most.
func beginning(page []byte) int {
	z := html.NewTokenizer(bytes.NewReader(page))
	z.SetMaxBuf(maxToken)
	open := formats{times: map[string]int{}}
	read, nodes := 0, 0
	for {
		kind := z.Next()
		if kind == html.ErrorToken && errors.Is(z.Err(), html.ErrBufferExceeded) {
			return read
		}
		if kind == html.ErrorToken {
			return len(page)
		}
		raw := z.Raw()
		size := len(raw)
		switch kind {
		case html.EndTagToken:
			name, _ := z.TagName()
			open.close(string(name))
		case html.StartTagToken, html.SelfClosingTagToken:
			says := string(raw)
			name, more := z.TagName()
			weight := 1
			for n := 0; more; n++ {
				_, _, more = z.TagAttr()
				weight += n % 2 // an attribute takes half of what a node does
			}
			nodes += weight + open.weight
			open.add(format{string(name), says, weight})
		default:
			nodes += 1 + open.weight
		}
		if nodes > maxTree {
			return read
		}
		read += size
	}
}

// formats are the elements that format text and are still open. Each of them
// is made once more for whatever follows the end of what it stood in:
// https://html.spec.whatwg.org/#reconstruct-the-active-formatting-elements
type formats struct {
	list   []format
	times  map[string]int // by what they say
	weight int            // of all together
}

type format struct {
	name, says string
	weight     int
}

// formatting: https://html.spec.whatwg.org/#formatting, and whether one closes
// the one before it.
var formatting = map[string]bool{
	"a": true, "nobr": true, "b": false, "big": false, "code": false, "em": false, "font": false, "i": false,
	"s": false, "small": false, "strike": false, "strong": false, "tt": false, "u": false,
}

// mostAlike is how many that say the same are open at most.
const mostAlike = 3

func (f *formats) add(n format) {
	closes, is := formatting[n.name]
	if closes {
		f.close(n.name)
	}
	if is && f.times[n.says] < mostAlike {
		f.list = append(f.list, n)
		f.times[n.says]++
		f.weight += n.weight
	}
}

// close ends the newest of a name.
func (f *formats) close(name string) {
	if _, is := formatting[name]; !is {
		return
	}
	for i, n := range slices.Backward(f.list) {
		if n.name == name {
			f.list = slices.Delete(f.list, i, i+1)
			f.times[n.says]--
			f.weight -= n.weight
			return
		}
	}
}
