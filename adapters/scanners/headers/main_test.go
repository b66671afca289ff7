package headers_test

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the certificate of httptest's servers the system's only root,
// and looks for goroutines that tests leave behind.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "roots")
	if err == nil {
		err = trustTestServers(filepath.Join(dir, "roots.pem"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}

func trustTestServers(path string) error {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	os.Setenv("SSL_CERT_DIR", "")
	return os.Setenv("SSL_CERT_FILE", path)
}
