//go:build peers

package server_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/projections"
)

// TestPeersSpeed has LibreSpeed's command-line client choose us from our list,
// measure us and leave its result: what we keep is what it says.
func TestPeersSpeed(t *testing.T) {
	table := peers.New(t, "librespeed-cli v1.0.11", nil)
	s := webtest.New(t, stores)
	client := exec.Command(peers.Path(t, "librespeed-cli", "librespeed-cli"), "--server-json", s.URL+"/librespeed/servers.json", "--json", "--duration", "5",
		"--telemetry-level", "full", "--telemetry-server", s.URL+"/librespeed", "--telemetry-path", "results/telemetry.php", "--telemetry-share", "results/")
	client.Stderr = os.Stderr
	out, err := client.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var told []struct {
		Server                         struct{ Name string }
		Client                         struct{ IP string }
		Ping, Jitter, Upload, Download float64
		Sent                           int64 `json:"bytes_sent"`
		Received                       int64 `json:"bytes_received"`
		Share                          string
	}
	if err := json.Unmarshal(out, &told); err != nil || len(told) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	it := told[0]
	table.Row("server", "New York, US", it.Server.Name)
	table.Row("client's address", "127.0.0.1", it.Client.IP)
	table.Better("bytes both ways", it.Sent > 0 && it.Received > 0, "any", fmt.Sprint(it.Received, " and ", it.Sent))
	rows, _, err := s.Tests.SpeedTests(t.Context(), projections.SpeedTestFilter{Limit: 1})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d results are kept: %v", len(rows), err)
	}
	f := rows[0].Figures
	for name, pair := range map[string][2]float64{
		"download": {*f.Download / 1e6, it.Download}, "upload": {*f.Upload / 1e6, it.Upload}, "ping": {*f.Latency, it.Ping}, "jitter": {*f.Jitter, it.Jitter},
	} {
		table.Row(name, fmt.Sprintf("%.2f", pair[0]), fmt.Sprintf("%.2f", pair[1]))
	}
	share, err := url.Parse(it.Share)
	if err != nil {
		t.Fatal(err)
	}
	s.Get(share.RequestURI()).Is(200).Has("Content-Type: image/png")
}
