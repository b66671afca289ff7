package scannerapi_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
)

// TestSubmitAtOnce submits one target a hundred times at the same time: one is
// accepted, and all others are told the same scan.
func TestSubmitAtOnce(t *testing.T) {
	s := webtest.New(t, stores(commands.ScanLimits{}), func(o *server.Options) { o.Gate.IPPerMinute = 0 })
	answers := make([]webtest.Answer, 100)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = s.Post("/api/v1/scan", `{"target": "192.0.2.1"}`) })
	}
	wg.Wait()
	accepted := ""
	for _, a := range answers {
		if a.Status == http.StatusCreated {
			if accepted != "" {
				t.Errorf("%s and %s are both accepted", accepted, a.Field("id"))
			}
			accepted = a.Field("id")
		}
	}
	for _, a := range answers {
		if a.Status != http.StatusCreated {
			a.Is(http.StatusConflict).Like(`{"existingId": "` + accepted + `"}`)
		}
	}
}
