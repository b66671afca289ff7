package secably_test

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
)

func TestMain(m *testing.M) { webtest.Main(m) }

var stores = webtest.InMemory
