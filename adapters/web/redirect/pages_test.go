package redirect_test

import (
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/pagetest"
)

// TestPages looks at a preview, at a page that leads nowhere, and at the form of a
// password before and after a wrong one.
func TestPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	shorten(s, `{"url": "https://example.com/very/long/url/here?with=a&long=query", "custom_code": "seen", "rules": [{"url": "https://m.example/a", "devices": ["mobile"]}]}`)
	elsewhere := strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // another site than that of the form
	shorten(s, `{"url": "`+elsewhere+`/healthz", "custom_code": "locked", "password": "correct horse"}`)
	browser := pagetest.Start(t)
	for _, width := range pagetest.Widths {
		preview := browser.Open(t, s.URL+"/s/seen+", width)
		if got := preview.Text(".host"); got != "example.com" {
			t.Errorf("it leads to %q", got)
		}
		preview.Check()

		none := browser.Open(t, s.URL+"/s/none", width)
		none.Expect("404")
		none.Check()

		locked := browser.Open(t, s.URL+"/s/locked", width)
		locked.Expect("401")
		locked.Check()
		locked.Type("#password", "wrong")
		locked.Press("button")
		if got := locked.Text("#fault"); got != "This is not the password." {
			t.Errorf("it says %q", got)
		}
		locked.Expect("401")
		locked.Check()
		locked.Type("#password", "correct horse")
		locked.Press("button")
		if got := locked.Text("pre"); got != `{"status":"ok"}` {
			t.Errorf("it leads to %q", got)
		}
	}
}
