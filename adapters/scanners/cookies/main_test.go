package cookies_test

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
)

func TestMain(m *testing.M) { scantest.Main(m) }
