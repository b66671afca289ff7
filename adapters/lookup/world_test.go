package lookup

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	places "github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a registry of each kind on loopback, and a client of them through a real
// guard, with a clock that stands still.
type world struct {
	*Client
	t    *testing.T
	http *httptest.Server // the bootstrap files, and RDAP servers
	dns  names

	mu    sync.Mutex
	now   time.Time
	pages map[string]http.HandlerFunc // of HTTP, by their paths
	asked map[string]int              // by path, or by question to WHOIS
}

// names is a DNS with no records but for what it is told to say.
type names struct{ err error }

func (n names) LookUp(_ context.Context, s domain.LookupSubject, _ string) (*domain.DNSAnswers, []domain.LookupPart, error) {
	return &domain.DNSAnswers{Name: s.Name}, []domain.LookupPart{{Part: "dns", Outcome: domain.PartNone}}, n.err
}

// newWorld has a client whose WHOIS server answers as whois says.
func newWorld(t *testing.T, whois func(question string) string) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC), pages: map[string]http.HandlerFunc{}, asked: map[string]int{}}
	w.http = httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(w.http.Close)
	base := w.http.URL + "/rdap/"
	w.page("/boot/dns.json", fmt.Sprintf(`{"version": "1.0", "services": [[["com", "test"], [%q]]]}`, base))
	w.page("/boot/ipv4.json", fmt.Sprintf(`{"version": "1.0", "services": [[["8.0.0.0/8"], [%q]]]}`, base))
	w.page("/boot/ipv6.json", fmt.Sprintf(`{"version": "1.0", "services": [[["2001:4800::/23"], [%q]]]}`, base))
	w.page("/boot/asn.json", fmt.Sprintf(`{"version": "1.0", "services": [[["15000-16000"], [%q]]]}`, base))
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	w.Client = New(Options{
		Guard: guard, DNS: &w.dns, Turns: &places.Turns{Now: w.clock}, Legible: scanners.Legible, Now: w.clock,
		Dial: func() Dial { return guard.Session().DialContext }, Home: guard.Session().DialContext,
		Bootstrap: w.http.URL + "/boot", WHOIS: w.whois(whois),
	})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asked[what]
}

func (w *world) note(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[what]++
}

// page puts a JSON document on the server.
func (w *world) page(path, body string) {
	w.handle(path, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/rdap+json")
		fmt.Fprint(rw, body)
	})
}

func (w *world) handle(path string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[path] = h
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	w.note(r.URL.Path)
	w.mu.Lock()
	h := w.pages[r.URL.Path]
	w.mu.Unlock()
	if h == nil {
		http.Error(rw, `{"errorCode": 404, "title": "Not Found"}`, http.StatusNotFound)
		return
	}
	h(rw, r)
}

// whois is a server that answers each question with a text, and its address.
func (w *world) whois(answer func(question string) string) string {
	return w.listen(func(question string, conn net.Conn) { fmt.Fprint(conn, answer(question)) })
}

// listen is a WHOIS server that does what it likes with a connection.
func (w *world) listen(answer func(question string, conn net.Conn)) string {
	w.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	var works sync.WaitGroup
	works.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			works.Go(func() {
				defer conn.Close()
				line, err := bufio.NewReader(conn).ReadString('\n')
				if err != nil {
					return
				}
				w.note(strings.TrimSpace(line))
				answer(strings.TrimSpace(line), conn)
			})
		}
	})
	w.t.Cleanup(func() { l.Close(); works.Wait() })
	return l.Addr().String()
}

// ask looks a subject up.
func (w *world) ask(name string, kind domain.LookupType) domain.LookupRecord {
	w.t.Helper()
	s, err := domain.ParseSubject(name)
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.LookUp(w.t.Context(), domain.LookupQuestion{Subject: s, Type: kind})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
	return r
}

// ended are the outcomes of a record's parts, by their names.
func ended(r domain.LookupRecord) string {
	var all []string
	for _, p := range r.Parts {
		all = append(all, p.Part+" "+string(p.Outcome))
	}
	return strings.Join(all, ", ")
}

func wantEnded(t *testing.T, r domain.LookupRecord, want string) {
	t.Helper()
	if got := ended(r); got != want {
		t.Errorf("parts are %s\n     want %s\n%+v", got, want, r.Parts)
	}
}

// exampleWHOIS is what a WHOIS server says of a name.
func exampleWHOIS(question string) string {
	return "Domain Name: " + question + "\r\nRegistrar: By WHOIS Ltd.\r\nCreation Date: 2001-02-03\r\nName Server: ns1.example.net\r\n"
}

func nobody(string) string { return "No match.\r\n" }
