package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestRealTools has the real nmap and the real SSLyze look at services of this machine,
// through SecAbly's endpoints, and calls scans by them and by a ZAP off.
func TestRealTools(t *testing.T) {
	t.Parallel()
	zap := newEndlessZAP(t)
	options := settings(t, dataFolder(t), "--roles", "api,relay,scan,project", "--zap-url", zap.url, "--zap-key", "key")
	email := "ann-" + newID().String() + "@example.com"
	with := func(args ...string) []string { return append(args, options...) }
	server := startServer(t, options)
	answerOf[map[string]any](t, with("admin", "create-user", "--email", email, "--password", "correct horse battery")...)
	answerOf[map[string]any](t, with("admin", "set-plan", "--email", email, "--contract", "secably", "--plan", "business")...)
	answerOf[map[string]any](t, with("admin", "grant-credits", "--email", email, "--credits", "30")...)
	key, api := answerOf[struct{ Key string }](t, with("admin", "create-key", "--email", email, "--name", "test")...).Key, server.url+"/api/v1"
	toolsFind(t, key, api)
	read := func() (l toolLedger) {
		return call[toolLedger](t, key, http.MethodGet, api+"/credits/", "", http.StatusOK)
	}
	for _, c := range []struct {
		cancel func(t *testing.T, key, api string)
		cost   int
	}{
		{cancelNmap, 1}, {cancelSSLyze, 0}, {zap.cancel, 5},
	} {
		before := read()
		c.cancel(t, key, api)
		after := read()
		if last := after.Entries[len(after.Entries)-1]; after.Balance != before.Balance-c.cost || c.cost > 0 && last.Kind != "settled" {
			t.Errorf("a scan for %d that was cancelled: %+v, and then %+v", c.cost, before, after)
		}
	}
}

// toolLedger is what the tests read of an account's credits.
type toolLedger struct {
	Balance int
	Entries []struct{ Kind string }
}

// toolsFind what stands there, and the report names them.
func toolsFind(t *testing.T, key, api string) {
	t.Helper()
	site := modernSite(t)
	at := site.Listener.Addr().(*net.TCPAddr)
	host := call[scannerView](t, key, http.MethodPost, api+"/targets/", `{"target_value": "`+at.IP.String()+`"}`, http.StatusCreated).ID
	page := call[scannerView](t, key, http.MethodPost, api+"/websites/", `{"url": "`+site.URL+`"}`, http.StatusCreated).ID
	ports := scannedBy(t, key, api+"/nmap/scan/", fmt.Sprintf(`{"target_id": %d, "scan_config": {"port_range": "%d"}}`, host, at.Port))
	if r := ports.Result; !slices.Equal(ports.Engines, []string{"nmap"}) || len(r.Ports) != 1 || r.Ports[0].Port != at.Port || r.Host.Status != "up" || r.Host.Latency == nil {
		t.Errorf("nmap: %+v", ports)
	}
	whole := scannedBy(t, key, api+"/sslyze/scan/", fmt.Sprintf(`{"target_id": %d}`, page))
	if c := whole.Result.Certificate; !slices.Equal(whole.Engines, []string{"sslyze"}) || c == nil || c.Valid || c.Issuer != "Acme Co" || !whole.Result.Versions["tls_1_3"] {
		t.Errorf("SSLyze: %+v", whole)
	}
	found := call[scannerView](t, key, http.MethodGet, fmt.Sprintf("%s/scans/%d/", api, whole.ID), "", http.StatusOK)
	if len(found.Vulnerabilities) == 0 || found.Vulnerabilities[0].Engine != "sslyze" {
		t.Errorf("found: %+v", found)
	}
}

// goneWithin is how long a scan that is called off may take to be gone where others keep the machine busy. It
// takes no more than two seconds where they do not.
const goneWithin = 10 * time.Second

// cancelNmap cancels nmap while a service that says nothing keeps it asking. The port is told while
// it runs, and stays; nmap is gone, with all that it started.
func cancelNmap(t *testing.T, key, api string) {
	t.Helper()
	mute := knownPort(t)
	t.Cleanup(func() { mute.Close() })
	at := mute.Addr().(*net.TCPAddr)
	host := call[scannerView](t, key, http.MethodPost, api+"/targets/", `{"target_value": "`+at.IP.String()+`"}`, http.StatusCreated).ID
	asked := call[scannerView](t, key, http.MethodPost, api+"/nmap/scan/", fmt.Sprintf(`{"target_id": %d, "scan_config": {"scan_type": "full", "port_range": "%d"}}`, host, at.Port), http.StatusCreated)
	now := cancelled(t, key, api, "nmap", asked.ScanID, at.IP.String(), func(now scannerView) bool { return len(now.Result.Ports) == 1 })
	if len(now.Result.Ports) != 1 || !strings.HasPrefix(now.NotTested[0].Reason, "partial: ") {
		t.Errorf("what was seen is not kept: %+v", now)
	}
}

// cancelSSLyze cancels SSLyze while a port that says nothing keeps it waiting.
func cancelSSLyze(t *testing.T, key, api string) {
	t.Helper()
	mute := knownPort(t)
	t.Cleanup(func() { mute.Close() })
	at := mute.Addr().(*net.TCPAddr)
	page := call[scannerView](t, key, http.MethodPost, api+"/websites/", `{"url": "https://`+at.String()+`"}`, http.StatusCreated).ID
	asked := call[scannerView](t, key, http.MethodPost, api+"/sslyze/scan/", fmt.Sprintf(`{"target_id": %d}`, page), http.StatusCreated)
	cancelled(t, key, api, "sslyze", asked.ScanID, fmt.Sprintf("%s:%d{%s}", at.IP, at.Port, at.IP), func(scannerView) bool { return true })
}

// cancelled cancels a scan once it has come so far and its tool runs, which is known by a word among its arguments.
// Soon the whole group of processes is gone.
func cancelled(t *testing.T, key, api, tool string, scan int64, word string, far func(scannerView) bool) (now scannerView) {
	t.Helper()
	read := func() scannerView {
		return call[scannerView](t, key, http.MethodGet, fmt.Sprintf("%s/%s/scan/%d/", api, tool, scan), "", http.StatusOK)
	}
	group := 0
	until(t, time.Minute, func() (bool, string) {
		now, group = read(), groupWith(t, word)
		return group > 0 && now.Status == "running" && far(now), fmt.Sprintf("%s does not come so far: %+v", tool, now)
	})
	call[map[string]any](t, key, http.MethodPost, fmt.Sprintf("%s/scans/%d/cancel/", api, scan), "", http.StatusOK)
	until(t, goneWithin, func() (bool, string) {
		return errors.Is(syscall.Kill(-group, 0), syscall.ESRCH), tool + " still runs, or what it started"
	})
	if now = read(); now.Status != "cancelled" || len(now.NotTested) == 0 || !strings.Contains(now.NotTested[0].Reason, "the scan ended before it") {
		t.Errorf("%s, after the end: %+v", tool, now)
	}
	return now
}

// groupWith is the group of a process that has the word among its arguments; 0 where there is none.
func groupWith(t *testing.T, word string) int {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		line, err := os.ReadFile(path)
		if err != nil || !slices.ContainsFunc(bytes.Split(line, []byte{0}), func(arg []byte) bool { return string(arg) == word }) {
			continue
		}
		process, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			t.Fatal(err)
		}
		if group, err := syscall.Getpgid(process); err == nil && group == process { // before that it is still ours
			return group
		}
	}
	return 0
}

// endlessZAP is a ZAP whose spider never ends, until it is stopped.
type endlessZAP struct {
	url     string
	mu      sync.Mutex
	running bool
}

func newEndlessZAP(t *testing.T) *endlessZAP {
	t.Helper()
	z := new(endlessZAP)
	s := httptest.NewServer(z)
	t.Cleanup(s.Close)
	z.url = s.URL
	return z
}

// ServeHTTP implements http.Handler.
func (z *endlessZAP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	switch call := strings.Trim(strings.TrimPrefix(r.URL.Path, "/JSON/"), "/"); {
	case strings.HasPrefix(call, "network/"):
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"code": "no_implementor", "message": "No Implementor"}`)
		return
	case call == "spider/action/scan":
		z.running = true
	case call == "spider/action/stopAllScans":
		z.running = false
	}
	fmt.Fprint(w, `{"scan": "0", "contextId": "1", "status": "5", "alerts": []}`)
}

func (z *endlessZAP) runs() bool {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.running
}

// cancel cancels a scan by ZAP, which soon does nothing any more.
func (z *endlessZAP) cancel(t *testing.T, key, api string) {
	t.Helper()
	page := call[scannerView](t, key, http.MethodPost, api+"/websites/", `{"url": "`+testSite(t).URL+`"}`, http.StatusCreated).ID
	asked := call[scannerView](t, key, http.MethodPost, api+"/zap/scan/", fmt.Sprintf(`{"target_id": %d}`, page), http.StatusCreated)
	until(t, time.Minute, func() (bool, string) { return z.runs(), "ZAP does nothing" })
	call[map[string]any](t, key, http.MethodPost, fmt.Sprintf("%s/scans/%d/cancel/", api, asked.ScanID), "", http.StatusOK)
	until(t, goneWithin, func() (bool, string) { return !z.runs(), "ZAP goes on" })
}

// witness is a stub that writes down what it is given, and finds nothing.
func witness(t *testing.T, dir, name, finds string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	script := fmt.Sprintf("#!/bin/sh\nout=$(mktemp %s/args-%s-XXXXXX)\nprintf '%%s\\n' \"$#\" \"$@\" >$out\necho '%s' >&3\n", dir, name, finds)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// hostileTargets would be options, commands or other targets, if anybody took them for that.
// MARK is a file that none of them may make.
var hostileTargets = []string{
	"-oN", "-oNMARK", "--script=MARK", "-iLMARK", "--", "--help", "-oN MARK", "127.0.0.1 -oN MARK", "127.0.0.1\t-oN\tMARK", "127.0.0.1\n-oN\nMARK",
	"127.0.0.1;touch MARK", "127.0.0.1|touch MARK", "127.0.0.1&touch MARK", "$(touch MARK)", "`touch MARK`", "127.0.0.1$(touch MARK)", "127.0.0.1`touch MARK`",
	"127.0.0.1>MARK", "127.0.0.1'\"", "127.0.0.1,127.0.0.2", "127.0.0.1-9", "127.0.0-1.1", "127.0.0.*", "0x7f.1", "2130706433", "127.0.0.1{10.0.0.1}",
	"localhost{10.0.0.1}", "a.example:443{10.0.0.1}", "127.0.0.1\x00-oN", "127.0.0.1%00-oN", "127.0.0.1 127.0.0.2", "@MARK", "file://MARK", "http://-oN/",
	"http://--script=MARK/", "http://127.0.0.1 -oN MARK/", "http://127.0.0.1/ -oN MARK", "http://127.0.0.1:80 -oN/", "http://a@127.0.0.1/", "http://127.0.0.1:-1/",
	"https://127.0.0.1:8443/$(touch MARK)", "https://127.0.0.1:8443/?-oN=MARK", "https://127.0.0.1:8443/#`touch MARK`", "https://127.0.0.1:8443{10.0.0.1}/",
}

// hostilePorts are the same for ranges of ports.
var hostilePorts = []string{
	"-", "-1", "1-", "--", "-oN", "-oNMARK", "22 -oN MARK", "22\n-oN\nMARK", "22,-oN", "22;touch MARK", "$(touch MARK)", "`touch MARK`", "22|23", "22&23", "T:22", "U:53",
	"http*", "[1-100]", "0-65536", "22,,23", "22-21", "0x16", "٢٢", "2 2", "22'", "22\"", "22\x00", "+22", "1e3", "22\\n23",
}

// TestInjection sends targets and ranges of ports that would like to be more than that:
// no file is made, and whatever the tools are given are the arguments that they always get.
func TestInjection(t *testing.T) {
	t.Parallel()
	if n := len(hostileTargets) + len(hostilePorts); n < 60 {
		t.Fatalf("only %d", n)
	}
	dir := dataFolder(t)
	seen := filepath.Join(filepath.Dir(dir), "seen")
	if err := errors.Join(os.Mkdir(seen, 0o777), os.Chmod(seen, 0o777)); err != nil {
		t.Fatal(err)
	}
	mark := filepath.Join(seen, "MARK")
	options := settings(t, dir, "--roles", "api,relay,scan,project",
		"--nmap", witness(t, seen, "nmap", `<nmaprun><host><ports/></host><runstats><finished exit="success"/></runstats></nmaprun>`),
		"--sslyze", witness(t, seen, "sslyze", `{"invalid_server_strings": [{"error_message": "none"}]}`))
	server := startServer(t, options)
	key, api := user(t, options, "secably"), server.url+"/api/v1"
	post := func(path string, body map[string]any) (int, scannerView) {
		return posted(t, key, api+path, body)
	}
	secure := httptest.NewUnstartedServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	var scans []string
	scan := func(tool string, target int64, config map[string]any) {
		code, asked := post("/"+tool+"/scan/", map[string]any{"target_id": target, "scan_config": config})
		if code == http.StatusCreated {
			path := fmt.Sprintf("%s/%s/scan/%d/", api, tool, asked.ScanID)
			until(t, time.Minute, func() (bool, string) {
				v := call[scannerView](t, key, http.MethodGet, path, "", http.StatusOK)
				return v.Status == "completed" || v.Status == "failed", fmt.Sprintf("%+v", v)
			})
			scans = append(scans, path)
		} else if code != http.StatusBadRequest && code != http.StatusForbidden {
			t.Errorf("%v: %d", config, code)
		}
	}
	for _, hostile := range hostileTargets {
		value := strings.ReplaceAll(hostile, "MARK", mark)
		if code, made := post("/targets/", map[string]any{"target_value": value}); code == http.StatusCreated {
			scan("nmap", made.ID, map[string]any{"port_range": "80"})
			scan("sslyze", made.ID, nil)
		} else if code != http.StatusBadRequest && code != http.StatusForbidden {
			t.Errorf("%q: %d", value, code)
		}
	}
	_, target := post("/targets/", map[string]any{"target_value": secure.URL})
	for _, hostile := range append(hostilePorts, "80") {
		scan("nmap", target.ID, map[string]any{"port_range": strings.ReplaceAll(hostile, "MARK", mark)})
	}
	scan("sslyze", target.ID, nil)
	if len(scans) < 2 {
		t.Errorf("only %q were run", scans)
	}
	wantUsual(t, seen)
	if _, err := os.Stat(mark); err == nil {
		t.Error("the mark is made")
	}
}

// posted sends a body, and gives what the tests read of the answer.
func posted(t *testing.T, key, url string, body map[string]any) (code int, v scannerView) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusCreated {
		err = json.NewDecoder(response.Body).Decode(&v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, v
}

// usualArguments are the arguments of each tool, their number first: the target is an address, or a
// name of nothing but letters, digits, dots and hyphens with one beside it.
var usualArguments = map[string]*regexp.Regexp{
	"nmap":   regexp.MustCompile(`^14 -v --unprivileged -sT -sV -Pn -n -T4 --stats-every 1s -oX /dev/fd/3 -p [0-9,-]+ 127\.[0-9.]+$`),
	"sslyze": regexp.MustCompile(`^[0-9]+ --quiet --mozilla_config disable --json_out /dev/fd/3 (--[a-z0-9_]+ )+-- [a-z0-9][a-z0-9.-]*:[0-9]+\{127\.[0-9.]+\}$`),
	"":       regexp.MustCompile(`^$a`), // of no tool: nothing fits
}

// wantUsual: a folder has the stubs and their arguments and nothing else, and these are
// as always.
func wantUsual(t *testing.T, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	runs := 0
	for _, f := range files {
		name := f.Name()
		tool, args := "", []string{}
		switch {
		case name == "nmap", name == "sslyze":
			continue
		case strings.HasPrefix(name, "args-"):
			tool = strings.Split(name, "-")[1]
			text, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			args = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
			runs++
		}
		if !usualArguments[tool].MatchString(strings.Join(args, " ")) {
			t.Errorf("%s: %q", name, args)
		}
	}
	if runs < 2 {
		t.Errorf("%d runs", runs)
	}
}
