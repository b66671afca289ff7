package postgres

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance"
)

func TestLog(t *testing.T) {
	conformance.Log(t, func(t *testing.T) conformance.LogUnderTest {
		url := newDatabase(t)
		pool := openPool(t, url)
		return conformance.LogUnderTest{
			Log: openLog(t, pool), Twin: openLog(t, openPool(t, url)), Secrets: NewSecrets(pool),
		}
	})
}
