package memory_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLog(t *testing.T) {
	conformance.Log(t, func(*testing.T) conformance.LogUnderTest {
		log := memory.NewLog()
		return conformance.LogUnderTest{Log: log, Twin: log, Secrets: log}
	})
}
