package openvas

import (
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { scantest.Main(m) }

const (
	user     = "admin"
	password = "the password of GMP"
)

// fake answers as gvmd 26.24 did in the session of testdata, over as many
// connections as there come, and remembers what it was asked.
type fake struct {
	t       *testing.T
	session map[string]string // answers, by their root
	address string

	mu       sync.Mutex
	asked    []string // commands, as they came
	targets  map[string]string
	tasks    map[string]*fakeTask
	states   []string // that a task goes through, one a look; the last stays
	feed     bool     // whether configurations and port lists are there
	progress []string
	stops    bool // whether stop_task stops at once
	before   func(c net.Conn, command, request string) (done bool)
}

type fakeTask struct {
	name, comment, target, status string
	looks                         int
}

// newFake listens on a socket, or on a loopback address with TLS.
func newFake(t *testing.T, network string) *fake {
	t.Helper()
	f := &fake{
		t: t, session: session(t), targets: map[string]string{}, tasks: map[string]*fakeTask{}, feed: true, stops: true,
		states: []string{"Requested", "Queued", "Running", "Running", "Running", "Running", "Processing", "Done"}, progress: []string{"0", "0", "30", "20", "60", "99", "100", "-1"},
	}
	dir, err := os.MkdirTemp("", "gmp") // a socket's path has to be short
	if err != nil {
		t.Fatal(err)
	}
	f.address = filepath.Join(dir, "gvmd.sock")
	l, err := net.Listen("unix", f.address)
	if network == "tls" {
		l.Close()
		server := httptest.NewTLSServer(nil)
		defer server.Close()
		l, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates})
	}
	if err != nil {
		t.Fatal(err)
	}
	if network == "tls" {
		f.address = l.Addr().String()
	}
	var all sync.WaitGroup
	var open sync.Map
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(c, true)
			all.Go(func() { f.serve(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		all.Wait()
		os.RemoveAll(dir)
	})
	return f
}

// session are the answers of testdata, the last of each kind.
func session(t testing.TB) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/session-22.7.txt")
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]string{}
	for part := range strings.SplitSeq(string(raw), "\n<< ") {
		answer, _, _ := strings.Cut(part, "\n\n>> ")
		name, _, _ := strings.Cut(strings.TrimPrefix(answer, "<"), " ")
		if strings.Contains(answer, `status="20`) {
			answers[strings.TrimSuffix(name, "_response")] = answer
		}
	}
	return answers
}

// serve reads one element after the other.
func (f *fake) serve(c net.Conn) {
	defer c.Close()
	d := xml.NewDecoder(c)
	known := false
	for {
		token, err := d.Token()
		root, begins := token.(xml.StartElement)
		if err != nil || !begins {
			return // as gvmd does with what it does not understand
		}
		var e struct {
			Attrs []xml.Attr `xml:",any,attr"`
			Inner string     `xml:",innerxml"`
		}
		if d.DecodeElement(&e, &root) != nil {
			return
		}
		request := map[string]string{}
		for _, a := range e.Attrs {
			request[a.Name.Local] = a.Value
		}
		command := root.Name.Local
		f.mu.Lock()
		f.asked = append(f.asked, command)
		before := f.before
		f.mu.Unlock()
		if before != nil && before(c, command, e.Inner) {
			return
		}
		if command == "authenticate" {
			known = strings.Contains(e.Inner, user) && strings.Contains(e.Inner, password)
			if !known {
				fmt.Fprint(c, `<authenticate_response status="400" status_text="Authentication failed"/>`)
				continue
			}
		} else if !known {
			fmt.Fprintf(c, `<%s_response status="401" status_text="Authenticate first"/>`, command)
			continue
		}
		answer := f.answer(command, request, e.Inner)
		if answer == "" {
			return
		}
		fmt.Fprint(c, answer)
	}
}

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func (f *fake) answer(command string, request map[string]string, inner string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	ok := fmt.Sprintf(`<%s_response status="200" status_text="OK"/>`, command)
	name := between(inner, "<name>", "</name>")
	made := func(id string) string {
		return fmt.Sprintf(`<%s_response status="201" status_text="OK, resource created" id="%s"/>`, command, id)
	}
	switch command {
	case "authenticate":
		return ok
	case "get_configs", "get_port_lists":
		if !f.feed {
			return ok
		}
		return map[string]string{
			"get_configs":    `<get_configs_response status="200" status_text="OK"><config id="9c678569"><name>Full and fast</name></config><config id="8715c877-47a0-438d-98a3-27c7a6ab2196"><name>Entdeckung</name></config></get_configs_response>`,
			"get_port_lists": `<get_port_lists_response status="200" status_text="OK"><port_list id="33d0cd82-57c6-11e1-8ed1-406186ea4fc5"><name>All IANA assigned TCP</name></port_list></get_port_lists_response>`,
		}[command]
	case "create_target":
		if f.targets[name] != "" {
			return `<create_target_response status="400" status_text="Target exists already"/>`
		}
		f.targets[name] = fmt.Sprintf("target-%d", len(f.targets))
		return made(f.targets[name])
	case "get_targets":
		all := ""
		for name, id := range f.targets {
			all += fmt.Sprintf(`<target id="%s"><name>%s</name></target>`, id, name)
		}
		return `<get_targets_response status="200" status_text="OK">` + all + `</get_targets_response>`
	case "create_task":
		id := fmt.Sprintf("task-%d", len(f.tasks))
		f.tasks[id] = &fakeTask{name: name, target: between(inner, `<target id="`, `"`), status: "New"}
		return made(id)
	case "start_task":
		f.tasks[request["task_id"]].status = f.states[0]
		return strings.Replace(ok, "200", "202", 1)
	case "stop_task":
		if t := f.tasks[request["task_id"]]; t != nil && t.status != "Done" {
			t.status = "Stop Requested"
			if f.stops {
				t.status = "Stopped"
			}
		}
		return ok
	case "modify_task":
		f.tasks[request["task_id"]].comment = between(inner, "<comment>", "</comment>")
		return ok
	case "delete_task":
		t := f.tasks[request["task_id"]]
		if t == nil {
			return `<delete_task_response status="404" status_text="Failed to find task"/>`
		}
		if t.status == "Running" {
			return "" // gvmd hangs up
		}
		delete(f.tasks, request["task_id"])
		return ok
	case "delete_target":
		for name, id := range f.targets {
			if id == request["target_id"] {
				delete(f.targets, name)
			}
		}
		return ok
	case "get_tasks":
		return f.look(request["task_id"])
	case "get_results":
		return strings.ReplaceAll(f.session["get_results"], `<task id="b2fe878c-2e2f-4ad6-bd84-ae057e0a2f4c">`, `<task id="`+request["task_id"]+`">`)
	case "get_reports":
		return strings.Replace(f.session[command], "<errors><count>0</count></errors>",
			`<errors><count>1</count><error><host>127.0.0.1<asset asset_id=""/></host><port>general/tcp</port><description>NVT timed out after 320 seconds.</description><nvt oid="1.3.6.1.4.1.25623.1.0.999009"><name>Slow</name></nvt></error></errors>`, 1)
	case "get_version":
		return `<get_version_response status="200" status_text="OK"><version>22.7</version></get_version_response>`
	default:
		return fmt.Sprintf(`<%s_response status="400" status_text="Bogus command name"/>`, command)
	}
}

// look answers get_tasks, as the session has it.
func (f *fake) look(id string) string {
	all := ""
	for name, t := range f.tasks {
		if id != "" && id != name {
			continue
		}
		progress := "-1"
		if id != "" && t.status != "Stopped" && t.status != "New" && t.status != "Stop Requested" {
			n := min(t.looks, len(f.states)-1)
			t.status, progress = f.states[n], f.progress[n]
			t.looks++
		}
		all += fmt.Sprintf(`<task id="%s"><name>%s</name><comment>%s</comment><target id="%s"><name>x</name></target><status>%s</status><progress>%s</progress><last_report><report id="b863a2cc"/></last_report></task>`,
			name, t.name, t.comment, t.target, t.status, progress)
	}
	if all == "" && id != "" {
		return `<get_tasks_response status="404" status_text="Failed to find task"/>`
	}
	return `<get_tasks_response status="200" status_text="OK">` + all + `</get_tasks_response>`
}

func (f *fake) times(command string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		if a == command {
			n++
		}
	}
	return n
}

// left is how many targets and tasks are still there.
func (f *fake) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.targets) + len(f.tasks)
}

func (f *fake) scanner() Scanner {
	return New(Options{Address: f.address, User: user, Password: password, Pace: time.Millisecond})
}

var host = domain.Target{Kind: domain.IPTarget, Value: "127.0.0.1", Host: "127.0.0.1", Domain: "127.0.0.1"}
