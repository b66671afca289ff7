package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// speedTested has the server measure the line to itself, and waits until that is
// in the history.
func speedTested(t *testing.T, key, server string, options []string) {
	t.Helper()
	type test struct {
		ID       string  `json:"test_id"`
		Download float64 `json:"download_speed"`
		Ping     float64
	}
	run := call[test](t, key, http.MethodPost, server+"/speedtest/api/v1/run/", "", http.StatusOK)
	if run.ID == "" || run.Download <= 0 {
		t.Errorf("measured %+v", run)
	}
	until(t, time.Minute, func() (bool, string) {
		out, code := command(t, append([]string{"sql", "SELECT toString(count()) AS n FROM speedtests", "--json"}, options...)...)
		return code == 0 && strings.Contains(out, `"1"`), fmt.Sprint(code, out)
	})
	list := call[struct{ Results []test }](t, key, http.MethodGet, server+"/speedtest/api/v1/history/", "", http.StatusOK)
	if len(list.Results) != 1 || list.Results[0] != run {
		t.Errorf("the history has %+v, measured was %+v", list.Results, run)
	}
}

// TestTestServers reads the list of the settings.
func TestTestServers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "servers.json")
	if err := os.WriteFile(file, []byte(`[{"server": "//a.example/", "name": "A"}, {"server": "http://b.example", "id": 7}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := load(t, map[string]string{"SPEEDTEST_SERVERS": file}, "")
	if err != nil {
		t.Fatal(err)
	}
	servers, listed, err := c.testServers()
	if err != nil || len(servers) != 2 || servers[0].ID != "1" || listed[0].ID != 1 || listed[0].Name != "A" || servers[1].ID != "7" || listed[1].ID != 7 {
		t.Errorf("%+v, %+v, %v", servers, listed, err)
	}
	if err := os.WriteFile(file, []byte(`[{"server": "nowhere"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, map[string]string{"SPEEDTEST_SERVERS": file}, ""); err == nil || !strings.Contains(err.Error(), "SCANLEDGER_SPEEDTEST_SERVERS: server 1: ") {
		t.Errorf("a list that is none: %v", err)
	}
}

// TestReachable is where this machine reaches its own server.
func TestReachable(t *testing.T) {
	for listens, want := range map[string]string{
		"0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "127.0.0.2:81": "127.0.0.2:81", "[::1]:82": "[::1]:82", "[::ffff:127.0.0.1]:83": "127.0.0.1:83",
	} {
		at, err := net.ResolveTCPAddr("tcp", listens)
		if err != nil {
			t.Fatal(err)
		}
		if got := reachable(at).String(); got != want {
			t.Errorf("%s is reached at %s, not %s", listens, got, want)
		}
	}
}

// TestNoAnalytics says of what was measured that it cannot be read.
func TestNoAnalytics(t *testing.T) {
	var none projections.SpeedTestReader = uncountedTests{}
	if _, _, err := none.SpeedTests(t.Context(), projections.SpeedTestFilter{}); domain.CodeOf(err) != domain.Unavailable {
		t.Error(err)
	}
	if _, err := none.SpeedTest(t.Context(), newID()); domain.CodeOf(err) != domain.Unavailable {
		t.Error(err)
	}
	var _ projections.SpeedTestReader = (*clickhouse.DB)(nil)
}

// TestPackets are sent back where the API listens, if nothing else is set; there it
// does without them where somebody else has the port.
func TestPackets(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := taken.LocalAddr().(*net.UDPAddr)
	listens := &net.TCPAddr{IP: at.IP, Port: at.Port}
	for _, row := range []struct {
		setting string
		roles   []string
		sent    bool
		says    string
	}{
		{"", roles, false, ""}, {"127.0.0.1:0", roles, true, ""}, {"127.0.0.1:0", []string{roleScan}, false, ""}, {noPackets, roles, false, ""},
		{at.String(), roles, false, "SCANLEDGER_SPEEDTEST_UDP_ADDR: "},
	} {
		p := &platform{config: Config{SpeedTestUDPAddr: row.setting, Roles: row.roles}, log: slog.New(slog.DiscardHandler)}
		s, err := p.packets(keys{packets: []byte("the installation's")}, listens)
		if (s != nil) != row.sent || (err != nil) != (row.says != "") || err != nil && !strings.HasPrefix(err.Error(), row.says) {
			t.Errorf("%q: %v, %v", row.setting, s, err)
		}
		if s != nil && (s.Port() == 0 || s.Close() != nil) {
			t.Errorf("%q: it is at port %d", row.setting, s.Port())
		}
	}
}
