package server_test

import (
	"context"
	"io"
	"testing"

	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func TestMain(m *testing.M) { webtest.Main(m) }

var stores = webtest.InMemory

// unlimited is a server whose account may ask as often as it likes.
func unlimited(t testing.TB, change ...func(*server.Options)) *webtest.Server {
	t.Helper()
	s := webtest.New(t, stores, append(change, func(o *server.Options) { o.Gate.IPPerMinute = 0 })...)
	s.Plan(domain.IsSafeSite, domain.InternalPlan)
	return s
}

// rendered makes the report's pages as the program does.
func rendered(o *server.Options) {
	o.Report.CSP, o.Report.Error = render.PageCSP, render.ErrorPage
	o.Report.Page = func(_ context.Context, w io.Writer, r projections.ReportRow, links server.Links) error {
		page := render.PageOptions{Check: links.Verify, Events: links.Events}
		for _, x := range links.Exports {
			page.Exports = append(page.Exports, render.Export(x))
		}
		return render.Page(w, r, page)
	}
	o.Report.Formats = nil
	for _, f := range render.Formats {
		o.Report.Formats = append(o.Report.Formats, web.Format{
			Name: f.Name, MediaType: f.MediaType, Ending: f.Ending,
			Export: func(_ context.Context, r projections.ReportRow) ([]byte, error) { return f.Export(r, render.Options{}) },
		})
	}
	o.Report.Verify = func(_ context.Context, w io.Writer, r projections.ReportRow) error {
		verdict := domain.Verdict{}
		verdict.Close()
		return render.VerifyPage(w, r, verdict, render.Options{})
	}
}

// nobody is an id that no scan has.
const nobody = "99999999-9999-4999-8999-999999999999"
