package server_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/pagetest"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
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
			p.Await(`document.getElementById("calls").textContent === "No call is counted yet."`)
			s.Later(time.Second)
			for by, shows := range map[string]string{"day": "Apr", "operation": "POST /api/v1/keys (SecAbly)", "key": "logged in, without a key"} {
				pagetest.Eval[string](p, fmt.Sprintf(`document.getElementById("count-by").value = %q`, by))
				p.Press("#count button")
				p.Await(fmt.Sprintf(`[...document.querySelectorAll("#calls th")].some((name) => name.textContent.includes(%q))`, shows))
				p.Check()
			}
			p.Press("#out")
			p.Await(`document.getElementById("inside").hidden`)
			p.Check()
		})
	}
}

// TestQRPage has somebody fill in forms, see the code that comes of each, be told
// what is wrong with a style, and save one code and many.
func TestQRPage(t *testing.T) {
	s := webtest.New(t, stores)
	s.Register("visitor@qr.example")
	pagetest.Each(t, s.URL+"/qr/", func(t *testing.T, p *pagetest.Page) {
		p.Await(`!document.getElementById("entrance").hidden`)
		p.Check()
		p.Type("#login-email", "visitor@qr.example")
		p.Type("#login-password", "correct horse")
		p.Press("#login button")
		p.Await(`document.getElementById("hint").textContent.startsWith("Fill in the fields") && document.getElementById("email").textContent === "visitor@qr.example"`)
		p.Type("#field-url", "https://example.com")
		p.Await(`document.getElementById("picture").complete && document.getElementById("picture").naturalWidth === 600`)
		p.Check()
		choose := func(id, value string) {
			pagetest.Eval[bool](p, fmt.Sprintf(`(() => { const one = document.getElementById(%q); one.value = %q;
				return one.dispatchEvent(new Event("input", { bubbles: true })) && one.dispatchEvent(new Event("change", { bubbles: true })); })()`, id, value))
		}
		s.Later(time.Second)
		p.Press("#dynamic")
		p.Await(`document.getElementById("hint").textContent.includes("This preview holds the address itself")`)
		p.Press("#dynamic")
		p.Await(`!document.getElementById("hint").textContent.includes("This preview holds the address itself")`)
		s.Later(time.Second)
		p.Press("#make button")
		p.Await(`document.getElementById("said").textContent === "The code is saved."`)
		for _, of := range []domain.CodeType{domain.WifiCode, domain.VCardCode} {
			form, err := domain.CodeFormOf(of)
			if err != nil {
				t.Fatal(err)
			}
			s.Later(time.Second)
			choose("type", string(of))
			p.Await(fmt.Sprintf(`document.getElementById("field-%s") !== null && document.querySelectorAll("#fields input, #fields select, #fields textarea").length === %d`, form.Fields[0].Name, len(form.Fields)))
			p.Check()
		}
		s.Later(time.Second)
		p.Press("#many button")
		p.Await(`document.getElementById("said").textContent === "The codes are saved."`)
		p.Type("#field-first_name", "Ann")
		choose("color", "#cccccc") // what is refused the browser tells on its console
		p.Await(`document.getElementById("hint").textContent.startsWith("style.color and style.background have a contrast of 1.6")`)
		p.Press("#out")
		p.Await(`document.getElementById("inside").hidden`)
	})
	if made := len(s.Generated()); made != 2*3 {
		t.Errorf("%d codes were made, want one and two at each width", made)
	}
}
