package server_test

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/web/pagetest"
	"github.com/scanledger/scanledger/adapters/web/webtest"
)

// TestDashboardPage has somebody make an account and a key, end the key and
// leave.
func TestDashboardPage(t *testing.T) {
	s := webtest.New(t, stores)
	for _, path := range []string{"/dashboard", "/admin"} {
		pagetest.Each(t, s.URL+path, func(t *testing.T, p *pagetest.Page) {
			p.Await(`!document.getElementById("entrance").hidden`)
			p.Check()
			if path == "/admin" {
				return
			}
			for field, text := range map[string]string{"email": "visitor@" + t.Name()[len(t.Name())-3:] + ".example", "password": "correct horse", "confirm": "correct horse"} {
				p.Type("#register-"+field, text)
			}
			p.Press("#register button")
			p.Await(`!document.getElementById("inside").hidden`)
			p.Check()
			p.Type("#make-name", "a laptop")
			p.Press("#make button")
			p.Await(`!document.getElementById("fresh").hidden && document.querySelectorAll("#keys button").length === 1`)
			p.Check()
			p.Press("#keys button")
			p.Await(`document.querySelector("#keys [data-label=State]").textContent === "revoked"`)
			p.Press("#out")
			p.Await(`document.getElementById("inside").hidden`)
			p.Check()
		})
	}
}
