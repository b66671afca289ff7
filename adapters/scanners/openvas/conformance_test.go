package openvas

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// TestOutside holds the scanner to what all of them promise. The stub is a gvmd that,
// once it has told its results, behaves so.
func TestOutside(t *testing.T) {
	scantest.Outside(t, func(t *testing.T, m scantest.Manner) scantest.Rig {
		f := newFake(t, "unix")
		if m == scantest.Hangs {
			f.states, f.progress = []string{"Running"}, []string{"30"}
		}
		gone := make(chan struct{})
		f.before = func(c net.Conn, command, _ string) bool {
			told := f.times("get_results") > 0
			switch {
			case command == "delete_target":
				close(gone)
			case m == scantest.Mute, m == scantest.Dies && told && command != "get_results":
				return true
			case m == scantest.Floods && told && command == "get_tasks":
				fmt.Fprint(c, `<get_tasks_response status="200"><!--`)
				for line := strings.Repeat("x", 1<<20); ; {
					if _, err := fmt.Fprint(c, line); err != nil {
						return true
					}
				}
			case m == scantest.Halves && told && command == "get_tasks":
				fmt.Fprint(c, `<get_tasks_response status="200"><task id="x"><na`)
				return true
			}
			return false
		}
		job, _ := jobOf(t, host, domain.OpenVASFullFast)
		return scantest.Rig{Scanner: f.scanner(), Job: job, Gone: func() {
			if m == scantest.Ends || m == scantest.Hangs {
				<-gone
			}
		}}
	})
}
