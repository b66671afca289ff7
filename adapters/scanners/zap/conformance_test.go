package zap

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// TestOutside holds the scanner to what all of them promise. The stub is a ZAP that,
// once it has told its alerts, behaves so.
func TestOutside(t *testing.T) {
	scantest.Outside(t, func(t *testing.T, m scantest.Manner) scantest.Rig {
		site := website(t)
		f := newFake(t, site)
		gone, once := make(chan struct{}), new(sync.Once)
		f.steps["ascan"] = []string{"30", "20", "40", "100"}
		if m == scantest.Hangs {
			f.steps["ascan"] = []string{"30"}
		}
		f.before = func(w http.ResponseWriter, _ *http.Request, now string) bool {
			told := f.times("ascan/action/scan") > 0
			switch {
			case now == "core/action/newSession":
				if f.times(now) == 2 { // the first is its own
					once.Do(func() { close(gone) })
				}
			case m == scantest.Mute, m == scantest.Dies && told:
				hangUp(w)
				return true
			case m == scantest.Floods && now == "ascan/view/status":
				for line := []byte(strings.Repeat(" ", 1<<20)); ; {
					if _, err := w.Write(line); err != nil {
						return true
					}
				}
			case m == scantest.Halves && now == "ascan/view/status":
				w.Write([]byte(`{"status":"3`))
				return true
			}
			return false
		}
		job, _ := scantest.Job(t, site+"/", domain.ZAPFull)
		job.Verified = true
		return scantest.Rig{Scanner: f.scanner(), Job: job, Gone: func() {
			if m != scantest.Mute && m != scantest.Dies {
				<-gone
			}
		}}
	})
}
