package server_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/domain"
)

// TestBundleIsStreamed reads the first part of a bundle before the second is
// written.
func TestBundleIsStreamed(t *testing.T) {
	read := make(chan struct{})
	var asked uuid.UUID
	s := unlimited(t, func(o *server.Options) {
		o.Bundle = func(_ context.Context, account, scan uuid.UUID) (func(context.Context, io.Writer) error, error) {
			if asked = account; scan.String() == nobody {
				return nil, domain.Errorf(domain.NotFound, "Scan not found")
			}
			return func(_ context.Context, w io.Writer) error {
				_, err := w.Write(make([]byte, 64<<10))
				select {
				case <-read:
				case <-time.After(20 * time.Second):
					return io.ErrUnexpectedEOF
				}
				if err == nil {
					_, err = io.WriteString(w, "end")
				}
				return err
			}, nil
		}
	})
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	for _, path := range []string{"/api/v1/scan/", "/scanner/api/v1/scan/", "/issafesite/api/v1/scan/"} {
		s.Get(path + nobody + "/bundle").Is(404)
		s.Get(path + "x/bundle").Is(404)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/v1/scan/"+scan+"/bundle", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Key)
	client := &http.Client{Transport: new(http.Transport)}
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	close(read)
	rest, err := io.ReadAll(response.Body)
	if err != nil || len(rest) != 64<<10-1000+3 || string(rest[len(rest)-3:]) != "end" {
		t.Errorf("%d bytes more, %v", len(rest), err)
	}
	if asked != s.Account || response.Header.Get("Content-Type") != "application/x-tar" {
		t.Errorf("asked for %s, answered as %s", asked, response.Header.Get("Content-Type"))
	}
}

// TestPublicKeys are there for everybody.
func TestPublicKeys(t *testing.T) {
	s := unlimited(t, func(o *server.Options) { o.Keys = domain.PublicKeys(make([]byte, 32)) })
	s.Get("/.well-known/scanledger-keys.json", "Authorization:").Is(200).
		Like(`{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}`)
}
