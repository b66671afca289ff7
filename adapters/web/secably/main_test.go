package secably_test

import (
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/web/webtest"
)

func TestMain(m *testing.M) { webtest.Main(m) }

func stores(now func() time.Time) webtest.Stores {
	log := memory.NewLog()
	return webtest.Stores{Log: log, Inbox: &memory.Inbox{Now: now}, Reader: &memory.Reader{Log: log}, Limits: &memory.Limits{Now: now}}
}
