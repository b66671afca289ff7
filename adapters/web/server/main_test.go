package server_test

import (
	"io"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func TestMain(m *testing.M) { webtest.Main(m) }

func stores(now func() time.Time) webtest.Stores {
	log := memory.NewLog()
	return webtest.Stores{
		Log: log, Inbox: &memory.Inbox{Now: now}, Reader: &memory.Reader{Log: log},
		Limits: &memory.Limits{Now: now}, Answers: &memory.Answers{Log: log, Now: now},
	}
}

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
	o.Report.Page = func(w io.Writer, r projections.ReportRow, links server.Links) error {
		return render.Page(w, r, render.PageOptions{PDF: links.PDF, Events: links.Events})
	}
	o.Report.PDF = func(r projections.ReportRow) ([]byte, error) { return render.PDF(r, render.PDFOptions{}) }
}

// nobody is an id that no scan has.
const nobody = "99999999-9999-4999-8999-999999999999"
