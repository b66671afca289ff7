package memory_test

import (
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openLog(*testing.T) conformance.LogUnderTest {
	log := memory.NewLog()
	return conformance.LogUnderTest{Log: log, Twin: log, Secrets: log}
}

func TestLog(t *testing.T)     { conformance.Log(t, openLog) }
func TestSecrets(t *testing.T) { conformance.Secrets(t, openLog) }

func TestInbox(t *testing.T) {
	conformance.Inbox(t, func(*testing.T) conformance.InboxUnderTest {
		var mu sync.Mutex
		now := time.Now()
		return conformance.InboxUnderTest{
			Inbox:  &memory.Inbox{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }},
			Expire: func(*testing.T) { mu.Lock(); defer mu.Unlock(); now = now.Add(24 * time.Hour) },
		}
	})
}
