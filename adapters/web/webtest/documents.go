package webtest

import (
	"sync"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/openapi"
	files "github.com/scanledger/scanledger/schemas/openapi"
)

var read = sync.OnceValues(func() (*openapi.Documents, error) { return openapi.Read(files.Files) })

// documents are read once for all servers.
func documents(t testing.TB) *openapi.Documents {
	t.Helper()
	d, err := read()
	must(t, err)
	return d
}
