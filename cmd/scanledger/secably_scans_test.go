package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// scannerView is what the tests read of the answers about SecAbly's scans.
type scannerView struct {
	ID        int64    `json:"id"`
	ScanID    int64    `json:"scan_id"`
	Status    string   `json:"status"`
	Engines   []string `json:"engines"`
	Used      int      `json:"credits_used"`
	Score     *int     `json:"security_score"`
	StartedAt *string  `json:"started_at"`
	Duration  *float64 `json:"duration"`
	NotTested []struct {
		Reason string `json:"reason"`
	} `json:"not_tested"`
	Vulnerabilities []struct {
		Engine string `json:"engine"`
	} `json:"vulnerabilities_list"`
	Result struct {
		Ports []struct {
			Port    int    `json:"port"`
			Service string `json:"service"`
		} `json:"open_ports"`
		Host struct {
			Status  string  `json:"status"`
			Latency *string `json:"latency"`
		} `json:"host_info"`
		Certificate *struct {
			Valid  bool   `json:"valid"`
			Issuer string `json:"issuer"`
		} `json:"certificate_info"`
		Versions map[string]bool `json:"tls_versions"`
	} `json:"scan_result"`
}

// TestSecAblysScanners scans two services of this machine as the document's
// curl examples do, with none of the tools there: the built-in scanners look at
// what was asked for, and say so.
func TestSecAblysScanners(t *testing.T) {
	options := settings(t, dataFolder(t), "--nmap", "/nowhere/nmap", "--sslyze", "/nowhere/sslyze")
	server := startServer(t, options)
	key, api := user(t, options, "secably"), server.url+"/api/v1"
	site := modernSite(t)
	at := site.Listener.Addr().(*net.TCPAddr)
	host := call[scannerView](t, key, http.MethodPost, api+"/targets/", `{"target_value": "`+at.IP.String()+`"}`, http.StatusCreated).ID
	page := call[scannerView](t, key, http.MethodPost, api+"/websites/", `{"url": "`+site.URL+`"}`, http.StatusCreated).ID

	ports := scannedBy(t, key, api+"/nmap/scan/", fmt.Sprintf(`{"target_id": %d, "scan_config": {"scan_type": "full", "port_range": "%d"}}`, host, at.Port))
	if !slices.Equal(ports.Engines, []string{"ports"}) || len(ports.Result.Ports) != 1 || ports.Result.Ports[0].Port != at.Port || ports.Result.Host.Status != "up" || ports.Result.Host.Latency == nil {
		t.Errorf("the scan of ports: %+v", ports)
	}
	shallow := scannedBy(t, key, api+"/sslyze/scan/", fmt.Sprintf(`{"target_id": %d, "scan_config": {"check_certificate": "false", "check_cipher_suites": "false"}}`, page))
	if v := shallow.Result; !slices.Equal(shallow.Engines, []string{"tls"}) || v.Certificate != nil || !v.Versions["tls_1_3"] || v.Versions["tls_1_2"] {
		t.Errorf("the scan of versions: %+v", shallow)
	}
	whole := scannedBy(t, key, api+"/sslyze/scan/", fmt.Sprintf(`{"target_id": %d}`, page))
	if c := whole.Result.Certificate; c == nil || c.Valid || c.Issuer != "Acme Co" || *whole.Score >= *shallow.Score {
		t.Errorf("the scan of everything: %+v", whole)
	}
	call[map[string]any](t, key, http.MethodGet, fmt.Sprintf("%s/sslyze/scan/%d/", api, ports.ID), "", http.StatusNotFound)
	call[map[string]any](t, key, http.MethodPost, api+"/zap/scan/", fmt.Sprintf(`{"target_id": %d}`, page), http.StatusServiceUnavailable)
	found := call[scannerView](t, key, http.MethodGet, fmt.Sprintf("%s/scans/%d/", api, whole.ID), "", http.StatusOK)
	if len(found.Vulnerabilities) == 0 || found.Vulnerabilities[0].Engine != "tls" {
		t.Errorf("found: %+v", found)
	}
}

// scannedBy asks for a scan and waits for its end.
func scannedBy(t *testing.T, key, path, body string) (v scannerView) {
	t.Helper()
	asked := call[scannerView](t, key, http.MethodPost, path, body, http.StatusCreated)
	if asked.Status != "queued" || asked.Used != 0 {
		t.Errorf("%s answers %+v", path, asked)
	}
	until(t, time.Minute, func() (bool, string) {
		v = call[scannerView](t, key, http.MethodGet, fmt.Sprintf("%s%d/", path, asked.ScanID), "", http.StatusOK)
		return v.Status == "completed", fmt.Sprintf("%+v", v)
	})
	if v.Score == nil || v.StartedAt == nil || v.Duration == nil {
		t.Fatalf("it has ended as %+v", v)
	}
	return v
}

// modernSite speaks TLS 1.3 alone, by a certificate that nobody vouches for.
func modernSite(t *testing.T) *httptest.Server {
	t.Helper()
	site := httptest.NewUnstartedServer(http.NotFoundHandler())
	site.Listener.Close()
	site.Listener, site.TLS = knownPort(t), &tls.Config{MinVersion: tls.VersionTLS13}
	site.Config.ErrorLog = log.New(io.Discard, "", 0)
	site.StartTLS()
	t.Cleanup(site.Close)
	return site
}
