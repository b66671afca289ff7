package postgres

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance"
)

func openLogs(t *testing.T) conformance.LogUnderTest {
	url := newDatabase(t)
	pool := openPool(t, url)
	return conformance.LogUnderTest{
		Log: openLog(t, pool), Twin: openLog(t, openPool(t, url)), Secrets: NewSecrets(pool),
	}
}

func TestLog(t *testing.T)     { conformance.Log(t, openLogs) }
func TestSecrets(t *testing.T) { conformance.Secrets(t, openLogs) }

func TestInbox(t *testing.T) {
	conformance.Inbox(t, func(t *testing.T) conformance.InboxUnderTest {
		pool := openPool(t, newDatabase(t))
		return conformance.InboxUnderTest{
			Inbox: NewInbox(pool),
			Expire: func(t *testing.T) {
				if _, err := pool.Exec(t.Context(), "UPDATE probes SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL"); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
