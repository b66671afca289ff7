package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"unicode"

	"github.com/scanledger/scanledger/adapters/render"
)

// escape is what terminals, browsers and spreadsheets would act on.
const escape = "=cmd|'/c x'!A1 \x1b]0;owned\x07\x1b[2J\u009b31m\u202eEVIL\u2066\u200b\u061c<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"

// escapeZone has it in the answers of name servers.
var escapeZone = map[string][]string{
	"escapes.test. A": {site4}, "escapes.test. NS": {"ns.escapes.test."}, "ns.escapes.test. A": {site4},
	"escapes.test. SOA":        {"ns.escapes.test. root.escapes.test. 1 3600 600 86400 60"},
	"escapes.test. MX":         {`10 \027[2J\<script\>.escapes.test.`},
	"escapes.test. TXT":        {`"v=spf1 include:\027[2J\226\128\174<script>alert(1)</script> \027]0;owned\007"`},
	"_dmarc.escapes.test. TXT": {`"v=DMARC1; p=\027[2J<script>; rua=mailto:\027[31m"`},
	"escapes.test. CAA":        {`0 issue "\027[2J<script>alert(1)</script>"`},
}

// escapes is a page that has it wherever a page can.
func escapes(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{"Server", "X-Powered-By", "Content-Security-Policy", "X-Frame-Options", "Strict-Transport-Security", "Alt-Svc", "Via", "Refresh"} {
		w.Header()[name] = []string{escape}
	}
	w.Header()["Set-Cookie"] = []string{"a\u202eb<script>=" + escape + "; path=" + escape, "sid\x1b[2J=1"}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if strings.HasPrefix(r.URL.Path, "/go") {
		w.Header()["Location"] = []string{"http://127.0.0.1/\x1b[2J" + escape}
		w.WriteHeader(http.StatusFound)
		return
	}
	quoted := strings.ReplaceAll(escape, `"`, "&quot;")
	fmt.Fprintf(w, `<!doctype html><title>%s</title><meta name=description content="%[2]s"><link rel=canonical href="%[2]s"><link rel=alternate hreflang="%[2]s" href=x>
		<a href="/go%[2]s">%[1]s</a><a href="javascript:%[2]s">click here</a><script src="http://cdn.test/jquery-1.2.3.js?%[2]s"></script><iframe src="http://%[2]s" style="display:none"></iframe>
		<form action="http://x.test/%[2]s"><input type=password name="%[2]s"></form><img src="http://x.test/%[2]s"><script>/*! jQuery v1.2.3 %[1]s */ eval(atob("%[2]s"))</script>`, escape, quoted)
}

// banners greets with it whoever connects.
func (g *sealed) banners(t *testing.T, port uint16, greeting string) {
	l := g.internet.Listen(netip.AddrPortFrom(netip.IPv6Unspecified(), port))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() { io.WriteString(conn, greeting); io.Copy(io.Discard, conn); conn.Close() }()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
}

// escapes scans a site that sends what terminals, browsers and spreadsheets would
// act on, wherever it can, and looks for it in everything that tells of the scan.
func (g *sealed) escapes(t *testing.T) {
	g.banners(t, 21, "220 vsFTPd "+escape+"\r\n")
	g.banners(t, 22, "SSH-2.0-OpenSSH_7.2 \x1b[2J\u202e<script>alert(1)</script>\r\n")
	g.banners(t, 25, "220 "+escape+" ESMTP Postfix\r\n")
	status, text := g.post(t, "POST", "/issafesite/api/v1/scan", map[string]any{"url": "https://escapes.test/", "depth": "QUICK"})
	var v scanView
	if decode(t, string(text), &v); status != http.StatusAccepted {
		t.Fatalf("%d %s", status, text)
	}
	if v = finished(t, g.key, g.url, v.ID); v.Status != "COMPLETED" || v.FindingsCount < 10 {
		t.Errorf("%s with %d findings", v.Status, v.FindingsCount)
	}
	told := map[string]string{}
	for _, f := range render.Formats {
		out, code := command(t, append([]string{"report", v.ID, "--format", f.Name}, g.options...)...)
		if told["report as "+f.Name] = out; code != exitOK {
			t.Errorf("report --format %s: exit code %d", f.Name, code)
		}
	}
	for name, args := range map[string][]string{
		"events": {"events", v.ID}, "events --json": {"events", v.ID, "--json"}, "audit": {"audit"}, "verify": {"verify", "scan", v.ID},
	} {
		told[name], _ = command(t, append(args, g.options...)...)
	}
	told["scan --local"], _ = command(t, append([]string{"scan", "https://escapes.test/", "--local", "--profile", "quick"}, g.options...)...)
	told["scan --local --json"], _ = command(t, append([]string{"scan", "https://escapes.test/", "--local", "--profile", "quick", "--json"}, g.options...)...)
	for _, path := range []string{"/issafesite/api/v1/scan/" + v.ID, "/api/scans/" + v.ID + "/report/", "/api/v1/scan/" + v.ID + "/events"} {
		_, text := g.post(t, "GET", path, nil)
		told[path[:12]+"…"] = string(text)
	}
	for name, text := range told {
		unescaped(t, name, text)
	}
	g.silent(t, "escapes")
}

// unescaped wants nothing in a text that anybody would act on.
func unescaped(t *testing.T, name, text string) {
	t.Helper()
	if len(text) < 20 {
		t.Errorf("%s: %q is not told", name, text)
	}
	switch {
	case strings.HasSuffix(name, "pdf"):
		pdftotext := exec.Command("pdftotext", "-", "-")
		pdftotext.Stdin = strings.NewReader(text)
		out, err := pdftotext.Output()
		if err != nil {
			t.Fatalf("pdftotext: %v", err)
		}
		text = strings.ReplaceAll(string(out), "\f", "\n")
	case strings.HasSuffix(name, "csv"):
		cells(t, name, text)
	case strings.HasSuffix(name, "html"):
		for _, live := range []string{"<script>alert", "<img src=x", `href="javascript:`, "\"'><"} {
			if at := strings.Index(text, live); at >= 0 {
				t.Errorf("%s: %.200q", name, text[max(0, at-80):])
			}
		}
	}
	for at, r := range text {
		if unicode.IsControl(r) && !strings.ContainsRune("\n\r\t", r) || unicode.Is(unicode.Bidi_Control, r) {
			t.Errorf("%s: %q in %q", name, r, text[max(0, at-60):min(len(text), at+20)])
			return
		}
	}
}

// cells wants none that a spreadsheet takes for a formula.
func cells(t *testing.T, name, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%s: the cell %q", name, cell)
			}
		}
	}
}
