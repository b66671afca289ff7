package pagetest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/pagetest"
)

const good = `<!DOCTYPE html><html lang=en><title>a page</title><link rel=icon href="data:,"><main><h1>a page</h1>
<p id=said>nothing</p><label for=name>Name</label><input id=name><input type=radio name=r id=r1><label for=r1>one</label><input type=radio name=r id=r2>
<label for=r2>two</label><button id=press onclick="if(confirm('sure?'))said.textContent='hello '+document.getElementById('name').value">Press</button>
<a href="/elsewhere">a link</a><button hidden>hidden</button><button disabled>disabled</button></main>`

// faulty has one fault after the other, each with the words that tell of it.
var faulty = []struct{ html, says string }{
	{`<input id=bare>`, "axe: label: #bare"},
	{`<p style="color:#ccc">pale</p>`, "axe: color-contrast: p"},
	{`<p style="width:500px">wide</p>`, "pixels wide in a window of 390: "},
	{`<button id=shy onfocus="this.blur()">shy</button>`, "Tab does not reach <button#shy “shy”>"},
	{`<style>#dim:focus{outline:none}</style><button id=dim>dim</button>`, "the focus of <button#dim “dim”> cannot be seen"},
	{`<img alt="" src="http://elsewhere.example/a.png">`, "the page asks a foreign host: http://elsewhere.example/a.png"},
	{`<script>fetch("http://127.0.0.1:1/").catch(() => {})</script>`, "the page asks a foreign host: http://127.0.0.1:1/"},
	{`<script>new WebSocket("ws://elsewhere.example/")</script>`, "the page asks a foreign host: ws://elsewhere.example/"},
	{`<img alt="" src="/missing">`, "the console says: Failed to load resource: the server responded with a status of 404"},
	{`<script>console.error("oh", 7)</script>`, "the console says: oh 7"},
	{`<script>oh.no()</script>`, "nobody catches: Uncaught ReferenceError: oh is not defined"},
	{`<script>Promise.reject(new Error("oh"))</script>`, "nobody catches: Uncaught (in promise) Error: oh"},
}

func serve(t *testing.T, page string) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path != "/" {
			w.WriteHeader(http.StatusNotFound)
		}
		io.WriteString(w, page)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/"
}

// TestGood finds nothing on a page that is as it should be, and uses it.
func TestGood(t *testing.T) {
	pagetest.Each(t, serve(t, good), func(t *testing.T, p *pagetest.Page) {
		p.Check()
		p.Type("#name", "Ann")
		p.Press("#press")
		p.Await(`document.getElementById("said").textContent !== "nothing"`)
		if said := p.Text("#said"); said != "hello Ann" {
			t.Errorf("the page says %q", said)
		}
		pagetest.Eval[*int](p, `fetch("/missing").then(() => null)`)
		p.Expect("404")
		p.Check()
	})
}

// TestFaulty finds each fault of a page that has them all.
func TestFaulty(t *testing.T) {
	page := good
	for _, f := range faulty {
		page += f.html
	}
	wrong := strings.Join(pagetest.Start(t).Open(t, serve(t, page), pagetest.Widths[0]).Wrong(), "\n")
	for _, f := range faulty {
		if !strings.Contains(wrong, f.says) {
			t.Errorf("nothing is said of %s, but\n%s", f.html, wrong)
		}
	}
}
