package webtest

import (
	"time"

	"github.com/scanledger/scanledger/adapters/memory"
)

// InMemory are stores that keep everything as long as the test runs.
func InMemory(now func() time.Time) Stores {
	log := memory.NewLog()
	return Stores{
		Log: log, Inbox: &memory.Inbox{Now: now}, Reader: &memory.Reader{Log: log},
		Limits: &memory.Limits{Now: now}, Answers: &memory.Answers{Log: log, Now: now},
	}
}
