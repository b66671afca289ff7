//go:build peers && linux

package ports

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/domain"
)

// TestPeersServices starts real servers from Debian in namespaces of their own
// and asks nmap and us who they are.
func TestPeersServices(t *testing.T) {
	runAsRootInNamespace(t, func(t *testing.T) {
		tree := layTree(t)
		running := startServers(t, tree)
		if len(running) < 20 {
			t.Fatalf("%d servers run, want 20 at least", len(running))
		}
		truth := versions(t)
		table := peers.New(t, "nmap -sV "+nmapVersion(t), whyServices)
		ours, took := askOurselves(t, running)
		theirs, peerTook := askNmap(t, running)
		var we, they score
		for _, s := range running {
			a, b := s.judge(ours[s.port], truth[s.from]), s.judge(theirs[s.port], truth[s.from])
			we.add(a)
			they.add(b)
			table.Better(s.name, a >= b, fmt.Sprintf("%s (%s)", ours[s.port], a), fmt.Sprintf("%s (%s)", theirs[s.port], b))
		}
		table.Better("named rightly", we.named >= they.named, we.named, they.named)
		table.Better("named rightly with version", we.versioned >= they.versioned, we.versioned, they.versioned)
		table.Ratio("services/time", took.Seconds(), peerTook.Seconds(), "s", 0, 1)
	})
}

// whyServices are the servers that nmap names better, and why.
var whyServices = map[string]string{}

// layTree mounts Debian's tree with a layer above it that is forgotten.
func layTree(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("ip: %v: %s", err, out)
	}
	if err := unix.Sethostname([]byte("localhost")); err != nil {
		t.Fatal(err)
	}
	lower, layer := peers.Path(t, "debian", "root"), t.TempDir()
	mount := func(source, target, kind, options string, flags uintptr) {
		t.Helper()
		if err := os.MkdirAll(target, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mount(source, target, kind, flags, options); err != nil {
			t.Fatalf("mount %s: %v", target, err)
		}
	}
	mount("", "/", "", "", unix.MS_REC|unix.MS_PRIVATE)
	mount("layer", layer, "tmpfs", "mode=755", 0)
	up, work, tree := filepath.Join(layer, "up"), filepath.Join(layer, "work"), filepath.Join(layer, "tree")
	for _, dir := range []string{up, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount("tree", tree, "overlay", fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", lower, up, work), 0)
	mount("proc", filepath.Join(tree, "proc"), "proc", "", 0)
	mount("run", filepath.Join(tree, "run"), "tmpfs", "mode=755", 0)
	mount("tmp", filepath.Join(tree, "tmp"), "tmpfs", "mode=1777", 0)
	mount("/dev", filepath.Join(tree, "dev"), "", "", unix.MS_BIND|unix.MS_REC)
	t.Cleanup(func() {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			t.Error(err)
		}
		if err := unix.Unmount(layer, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	for name, content := range map[string]string{
		"etc/hostname": "localhost\n", "etc/hosts": "127.0.0.1 localhost\n", "etc/passwd": people(":0:0::/:/bin/sh", ":%d:%d::/srv:/bin/sh"),
		"etc/group": people(":x:0:", ":x:%[1]d:"), "etc/shadow": people(":*:19000::::::", ":*:19000::::::%.0[1]d"),
		"etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\nservices: files\n",
	} {
		if err := os.WriteFile(filepath.Join(tree, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(tree, "srv"), 0o755); err != nil {
		t.Fatal(err)
	}
	prepare := exec.Command("/bin/sh", "-ec", certificate)
	prepare.SysProcAttr, prepare.Dir = &syscall.SysProcAttr{Chroot: tree}, "/"
	if out, err := prepare.CombinedOutput(); err != nil {
		t.Fatalf("prepare: %v: %s", err, out)
	}
	return tree
}

// people are root and those that the packages' scripts would have made.
func people(root, other string) string {
	lines := "root" + strings.Replace(root, ":0:0", ":x:0:0", 1) + "\n"
	if strings.Contains(other, "%d:%d") {
		other = ":x" + other
	}
	for i, name := range []string{"www-data", "mysql", "postgres", "sshd", "Debian-exim", "postfix", "postdrop", "dovecot", "dovenull", "bind",
		"mosquitto", "openldap", "varnish", "vcache", "proxy", "unbound", "redis", "memcache", "news", "irc", "prosody", "pdns", "lp", "lpadmin",
		"ftp", "haproxy", "telnetd", "mail", "tty", "adm", "utmp", "shadow"} {
		line := other
		if n := strings.Count(other, "%"); n == 2 {
			line = fmt.Sprintf(other, 100+i, 100+i)
		} else {
			line = fmt.Sprintf(other, 100+i)
		}
		lines += name + line + "\n"
	}
	switch {
	case strings.Contains(other, "::/srv"):
		return lines + "nobody:x:65534:65534::/:/bin/sh\n"
	case strings.HasPrefix(other, ":x:"):
		return lines + "nogroup:x:65534:\n"
	}
	return lines + "nobody:*:19000::::::\n"
}

// startServers runs every script and waits until each port is open.
func startServers(t *testing.T, tree string) []server {
	t.Helper()
	logs := map[string]string{}
	for _, s := range servers {
		if s.script == "" {
			continue
		}
		log := filepath.Join(t.TempDir(), "log")
		file, err := os.Create(log)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		run := exec.Command("/bin/sh", "-ec", s.script)
		run.SysProcAttr, run.Dir = &syscall.SysProcAttr{Chroot: tree, Setsid: true}, "/"
		run.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/srv", "LANG=C"}
		run.Stdout, run.Stderr = file, file
		if err := run.Start(); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		logs[s.name] = log
		t.Cleanup(func() {
			_ = syscall.Kill(-run.Process.Pid, syscall.SIGKILL) // it may have ended
			_ = run.Wait()
		})
	}
	var running []server
	deadline := time.Now().Add(time.Minute)
	for _, s := range servers {
		for !listens(t, s.port) && time.Now().Before(deadline) {
			timer := time.NewTimer(50 * time.Millisecond)
			<-timer.C
		}
		if listens(t, s.port) {
			running = append(running, s)
			continue
		}
		said, _ := os.ReadFile(logs[s.name])
		t.Errorf("%s does not listen: %s", s.name, said)
	}
	return running
}

// listens looks into the kernel's table, for a connect would be a client.
func listens(t *testing.T, port uint16) bool {
	t.Helper()
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(lines), "\n") {
			if f := strings.Fields(line); len(f) > 3 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port)) {
				return true
			}
		}
	}
	return false
}

// versions are the upstream versions of Debian's packages.
func versions(t *testing.T) map[string]string {
	t.Helper()
	file, err := os.Open(peers.Path(t, "debian", "versions"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[string]string{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, version, _ := strings.Cut(lines.Text(), " ")
		if _, after, epoch := strings.Cut(version, ":"); epoch {
			version = after
		}
		version = version[:strings.LastIndexByte(version+"-", '-')]
		if i := strings.LastIndexByte(version, '-'); i > 0 {
			version = version[:i]
		}
		all[name], _, _ = strings.Cut(version, "+")
	}
	return all
}

// verdict is how well a server was named.
type verdict int

const (
	unnamed verdict = iota
	named           // the service and the product
	versioned
)

func (v verdict) String() string { return [...]string{"wrong", "product", "product and version"}[v] }

type score struct{ named, versioned int }

func (s *score) add(v verdict) {
	if v >= named {
		s.named++
	}
	if v == versioned {
		s.versioned++
	}
}

// told is what was said of a port.
type told struct{ service, product, version string }

func (a told) String() string {
	return strings.TrimSpace(strings.Join([]string{a.service, a.product, a.version}, " "))
}

// judge holds what was told against the truth. A version is right when it is
// the true one or its first two numbers at least.
func (s server) judge(a told, truth string) verdict {
	words := strings.ToLower(a.String())
	name, _, _ := strings.Cut(a.service, " ") // nmap's scripts put product and version there
	if !slices.Contains(strings.Fields(s.service), name) || !strings.Contains(words, s.product) {
		return unnamed
	}
	for _, word := range strings.FieldsFunc(words, func(r rune) bool { return strings.ContainsRune(" -~+()/_", r) }) {
		if word == truth || strings.Count(word, ".") > 0 && strings.HasPrefix(truth, word+".") {
			return versioned
		}
	}
	return named
}

func portList(of []server) string {
	var list []string
	for _, s := range of {
		list = append(list, fmt.Sprint(s.port))
	}
	return strings.Join(list, ",")
}

func askOurselves(t *testing.T, running []server) (map[uint16]told, time.Duration) {
	t.Helper()
	asked, err := domain.ParsePortRange(portList(running))
	if err != nil {
		t.Fatal(err)
	}
	r := &record{}
	j := job(r, "127.0.0.1", domain.NmapFull)
	j.Options.Nmap = &domain.NmapOptions{Ports: asked}
	begin := time.Now()
	if err := (Scanner{}).Scan(context.Background(), j, r.see); err != nil {
		t.Fatal(err)
	}
	took := time.Since(begin)
	all := map[uint16]told{}
	for _, o := range r.seen {
		if s, is := o.(domain.Service); is {
			all[uint16(s.Port)] = told{s.Name, s.Product, s.Version}
		}
	}
	return all, took
}

func nmapVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("nmap", "--version").Output()
	if f := strings.Fields(string(out)); err == nil && len(f) > 2 {
		return f[2]
	}
	t.Fatalf("nmap --version: %v: %s", err, out)
	return ""
}

func askNmap(t *testing.T, running []server) (map[uint16]told, time.Duration) {
	t.Helper()
	begin := time.Now()
	out, err := exec.Command("nmap", "-sV", "-n", "-Pn", "-p", portList(running), "-oX", "-", "127.0.0.1").Output()
	if err != nil {
		t.Fatalf("nmap: %v", err)
	}
	took := time.Since(begin)
	var report struct {
		Ports []struct {
			ID      uint16 `xml:"portid,attr"`
			Service struct {
				Name    string `xml:"name,attr"`
				Product string `xml:"product,attr"`
				Version string `xml:"version,attr"`
			} `xml:"service"`
		} `xml:"host>ports>port"`
	}
	if err := xml.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	all := map[uint16]told{}
	for _, p := range report.Ports {
		all[p.ID] = told{p.Service.Name, p.Service.Product, p.Service.Version}
	}
	return all, took
}
