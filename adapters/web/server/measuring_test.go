package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/pagetest"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// plain sends requests that are not held to the documents, which have the short
// names of LibreSpeed's paths alone.
func plain(t *testing.T, method, url, kind string, body io.Reader) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	if kind == "application/octet-stream" {
		request.Header.Set("Content-Encoding", "identity") // the worker's, so that nothing on the way packs it
	}
	way := &http.Transport{}
	defer way.CloseIdleConnections()
	response, err := way.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, text
}

// TestLibreSpeed does what LibreSpeed's web worker does, in its order, below each
// of the places where its servers may be.
func TestLibreSpeed(t *testing.T) {
	s := webtest.New(t, stores)
	sizes := []int{0, 10, 1 << 20, 20 << 20} // the largest is the worker's
	for _, at := range []string{"/librespeed/%s.php", "/librespeed/%s", "/librespeed/backend/%s.php", "/librespeed/backend/%s"} {
		url := func(name, query string) string { return s.URL + fmt.Sprintf(at, name) + "?cors=true&r=0.123" + query }
		_, body := plain(t, http.MethodGet, url("getIP", "&isp=true&distance=km"), "", nil)
		var address struct {
			ProcessedString string
			RawISPInfo      struct{ IP string }
		}
		if err := json.Unmarshal(body, &address); err != nil || address.ProcessedString != "127.0.0.1 - localhost IPv4 access" || address.RawISPInfo.IP != "127.0.0.1" {
			t.Errorf("%s: %s, %v", at, body, err)
		}
		for query, size := range map[string]int{"&ckSize=2": 2, "": 4, "&ckSize=x": 4, "&ckSize=-1": 4} {
			if a, body := plain(t, http.MethodGet, url("garbage", query), "", nil); len(body) != size<<20 || a.Header.Get("Content-Type") != "application/octet-stream" || a.Header.Get("Access-Control-Allow-Origin") != "*" {
				t.Errorf("%s%s: %d bytes, %v", at, query, len(body), a.Header)
			}
		}
		for _, size := range sizes {
			for _, body := range []io.Reader{bytes.NewReader(make([]byte, size)), io.MultiReader(bytes.NewReader(make([]byte, size)))} {
				if a, text := plain(t, http.MethodPost, url("empty", ""), "application/octet-stream", body); a.StatusCode != 200 || len(text) != 0 {
					t.Errorf("%s: %d bytes are answered %d %s", at, size, a.StatusCode, text)
				}
			}
		}
		sizes = sizes[:2]
		if a, text := plain(t, http.MethodGet, url("empty", ""), "", nil); a.StatusCode != 200 || len(text) != 0 || !regexp.MustCompile(`^cfRequestDuration;dur=\d`).MatchString(a.Header.Get("Server-Timing")) {
			t.Errorf("%s: ping is answered %d %q", at, a.StatusCode, text)
		}
		if a, _ := plain(t, http.MethodOptions, url("empty", ""), "", nil); a.StatusCode != 204 || a.Header.Get("Access-Control-Allow-Headers") != "Content-Type, Content-Encoding" {
			t.Errorf("%s: a browser that asks whether it may is answered %d %v", at, a.StatusCode, a.Header)
		}
	}
}

// telemetry is the form that the worker sends when it is done.
func telemetry(fields map[string]string) (kind string, body *bytes.Buffer) {
	body = new(bytes.Buffer)
	form := multipart.NewWriter(body)
	for name, value := range fields {
		form.WriteField(name, value)
	}
	form.Close()
	return form.FormDataContentType(), body
}

// TestTelemetry keeps what is stated, as a form of either kind, and nothing of
// where the visitor is.
func TestTelemetry(t *testing.T) {
	s := webtest.New(t, stores)
	kind, body := telemetry(map[string]string{
		"ispinfo": `{"processedString": "203.0.113.7", "rawIspInfo": ""}`, "extra": "203.0.113.8", "log": "203.0.113.9",
		"dl": "95.40", "ul": "45.20", "ping": "12.00", "jitter": "3.20",
	})
	a, text := plain(t, http.MethodPost, s.URL+"/librespeed/results/telemetry.php", kind, body)
	id, ok := strings.CutPrefix(string(text), "id ")
	if a.StatusCode != 200 || !ok {
		t.Fatalf("%d %s", a.StatusCode, text)
	}
	rows, total, err := s.Tests.SpeedTests(t.Context(), projections.SpeedTestFilter{Limit: 10})
	if err != nil || total != 1 || fmt.Sprintf("%v %v %s, %s", *rows[0].Figures.Download, *rows[0].Figures.Jitter, rows[0].Origin, rows[0].Location) != "9.54e+07 3.2 librespeed, New York, US" {
		t.Errorf("%+v, %v", rows, err)
	}
	if kept := fmt.Sprintf("%+v", rows) + s.Logged(); strings.Contains(kept, "203.0.113") || strings.Contains(kept, "127.0.0.1") {
		t.Errorf("an address is kept: %s", kept)
	}
	picture := s.Get("/librespeed/results/?id="+id, "Authorization:").Is(200).Has("Content-Type: image/png")
	if drawn, err := png.Decode(strings.NewReader(picture.Body)); err != nil || drawn.Bounds().Dx() != 500 {
		t.Errorf("no picture: %v", err)
	}
	s.Get("/librespeed/results/?id=" + strings.ToLower(id)).Is(200)
	mine := s.Post("/speedtest/api/v1/run/", "").Is(200).Field("test_id")
	for _, none := range []string{"", "x", mine, "1" + id[1:], "Z" + id[1:]} {
		s.Get("/librespeed/results/?id=" + none).Is(404)
	}
	for _, wrong := range []string{"", "dl=&ul=Fail&ping=NaN", "dl=-1", "dl=1e9", "jitter=3"} {
		s.Do(http.MethodPost, "/librespeed/results/telemetry", wrong, "Content-Type: application/x-www-form-urlencoded").Is(400).
			Like(`{"error": "The form needs a number in dl, ul or ping: Mbit/s, Mbit/s, milliseconds"}`)
	}
	s.Do(http.MethodPost, "/librespeed/results/telemetry", "ping=1.5&dl=Fail", "Content-Type: application/x-www-form-urlencoded").Is(200)
	s.Tests.Away = domain.Errorf(domain.Unavailable, "away")
	s.Get("/librespeed/results/?id=" + id).Is(503).Has("Retry-After: 60")
}

// TestBoundsOfMeasuring send visitors away who take too much.
func TestBoundsOfMeasuring(t *testing.T) {
	s := webtest.New(t, stores)
	for _, body := range []string{"", `{"idle_ms": [1`} {
		s.Do(http.MethodPost, "/speedtest/figures", body).Is(400)
	}
	s.Get("/__down?bytes=1073741825").Is(400).Like(`{"error": "bytes must be a whole number from 0 to 1073741824"}`)
	s.Get("/__down?bytes=x").Is(400)
	s.Get("/__down").Is(200)
	for range 60 {
		s.Do(http.MethodPost, "/librespeed/results/telemetry", "ping=1", "Content-Type: application/x-www-form-urlencoded").Is(200)
	}
	s.Do(http.MethodPost, "/librespeed/results/telemetry", "ping=1", "Content-Type: application/x-www-form-urlencoded").Is(429).Has("Retry-After: 3600")
	s.Do(http.MethodPut, "/__up", "abc").Is(405)
}

// TestOwnMeasuring takes nothing of a visitor's share: an installation measures itself
// for all of its accounts, from one address.
func TestOwnMeasuring(t *testing.T) {
	s := webtest.New(t, stores, func(o *server.Options) {
		o.Speed.Pass, o.Speed.Bounds.Bytes, o.Speed.Bounds.Requests = "ours", 1000, 3
	})
	for range 10 {
		s.Get("/__down?bytes=900&pass=ours").Is(200)
		s.Do(http.MethodPost, "/librespeed/empty?pass=ours", "abc", "Content-Type: application/octet-stream").Is(200)
	}
	s.Get("/__down?bytes=900").Is(200)
	s.Get("/__down?bytes=900&pass=other").Is(429)
	s.Get("/__down?bytes=0&pass=").Is(200)
	s.Get("/__down?bytes=0&pass=").Is(429)
}

// TestTurnCredentials are for the server that was asked, at the port that sends
// packets back, and are taken off what a visitor may move.
func TestTurnCredentials(t *testing.T) {
	var at int
	s := webtest.New(t, stores, func(o *server.Options) {
		at, o.Speed.Bounds.Bytes = o.Speed.Packets.Port(), 64<<20
	})
	s.Get("/turn-creds", "Authorization:").Is(200).Has("Access-Control-Allow-Origin: *").Has("Cache-Control: no-store").Like(fmt.Sprintf(`{"server": "127.0.0.1:%d"}`, at))
	if _, body := plain(t, http.MethodGet, strings.Replace(s.URL, "127.0.0.1", "localhost", 1)+"/turn-creds", "", nil); !strings.Contains(string(body), fmt.Sprintf(`"server":"localhost:%d"`, at)) {
		t.Errorf("by another name it is at %s", body)
	}
	s.Get("/turn-creds", "Authorization:").Is(429)
	without := webtest.New(t, stores, func(o *server.Options) { o.Speed.Packets = nil })
	without.Get("/turn-creds", "Authorization:").Is(503).Like(`{"error": "Loss is not measured here: no packets are sent back"}`)
}

// cloudflare is a page of another origin that has Cloudflare's engine measure us.
// Between two sets the engine clears the browser's list of requests. That of a round
// trip beside them which has just ended is lost with it where the machine is busy,
// and the engine (1.14.1) takes it for a connection that failed.
const cloudflare = `<!DOCTYPE html><title>engine</title><link rel="icon" href="data:,"><script type="module">
import SpeedTest from "/speedtest.js";
performance.clearResourceTimings = () => {};
const test = new SpeedTest({
  downloadApiUrl: "%[1]s/__down", uploadApiUrl: "%[1]s/__up", turnServerCredsApiUrl: "%[1]s/turn-creds", logAimApiUrl: null,
  measurements: [{type: "latency", numPackets: 10}, {type: "download", bytes: 1e5, count: 2, bypassMinDuration: true}, {type: "download", bytes: 2e6, count: 2},
    {type: "packetLoss", numPackets: 100, batchSize: 10, batchWaitTime: 10, responsesWaitTime: 3000, connectionTimeout: 50000},
    {type: "upload", bytes: 1e5, count: 2}, {type: "upload", bytes: 2e6, count: 2}],
});
test.onError = (e) => { window.failed = String(e); };
test.onFinish = (r) => { window.result = {summary: r.getSummary(), idle: r.getUnloadedLatencyPoints(), download: r.getDownloadBandwidthPoints(), upload: r.getUploadBandwidthPoints(),
  downloading: r.getDownLoadedLatencyPoints(), uploading: r.getUpLoadedLatencyPoints(), packets: r.getPacketLossDetails(), scores: r.getScores()}; };
</script>`

// engineTold is what Cloudflare's engine says in the end.
type engineTold struct {
	Summary struct{ Download, Upload, Latency, Jitter, DownLoadedLatency, DownLoadedJitter, UpLoadedLatency, UpLoadedJitter, PacketLoss float64 }
	Scores  map[string]struct {
		Points             int
		ClassificationName string
	}
	Packets struct {
		NumMessagesSent int
		LostMessages    []int
	}
	Idle, Downloading, Uploading []float64
	Download, Upload             []enginePoint
}

type enginePoint struct{ Bytes, BPS, Duration float64 }

// samples are the engine's, as ours are: of the larger set, which lasted, the round
// trips count that were made beside it.
func (e engineTold) samples() domain.SpeedSamples {
	transfers := func(points []enginePoint, pings []float64) (list []domain.Transfer) {
		for _, p := range points {
			list = append(list, domain.Transfer{Size: int64(p.Bytes), Bytes: int64(p.BPS * p.Duration / 8000), MS: p.Duration})
		}
		list[len(list)-1].Pings = pings
		return list
	}
	return domain.SpeedSamples{
		Idle: e.Idle, Download: transfers(e.Download, e.Downloading), Upload: transfers(e.Upload, e.Uploading), Sent: e.Packets.NumMessagesSent, Lost: len(e.Packets.LostMessages),
	}
}

// TestCloudflaresEngine has the engine, as its authors publish it, measure us in a
// browser, on a line that is slower than any machine: of its samples our method makes
// its figures and its scores.
func TestCloudflaresEngine(t *testing.T) {
	s := webtest.New(t, stores)
	engine, err := os.ReadFile(filepath.Join(pagetest.Modules(t), "@cloudflare", "speedtest", "dist", "speedtest.js"))
	if err != nil {
		t.Fatal(err)
	}
	slow := lineTo(t, s.URL)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/speedtest.js" {
			w.Header().Set("Content-Type", "text/javascript")
			w.Write(engine)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, cloudflare, slow)
	}))
	t.Cleanup(elsewhere.Close)
	p := pagetest.Start(t).Open(t, elsewhere.URL+"/", 1280)
	p.Await("window.result || window.failed")
	if failed := pagetest.Eval[*string](p, "window.failed ?? null"); failed != nil {
		t.Fatalf("%s; the page's faults: %q", *failed, p.Faults())
	}
	told := pagetest.Eval[engineTold](p, "window.result")
	if len(told.Idle) != 10 || len(told.Download) != 4 || len(told.Upload) != 4 || len(told.Downloading) == 0 || len(told.Uploading) == 0 || told.Packets.NumMessagesSent != 100 || len(told.Packets.LostMessages) == 100 {
		t.Fatalf("%+v", told)
	}
	f, theirs := domain.MeasureSpeed(told.samples()), told.Summary
	for name, pair := range map[string]struct {
		ours   *float64
		theirs float64
	}{
		"download": {f.Download, theirs.Download}, "upload": {f.Upload, theirs.Upload}, "latency": {f.Latency, theirs.Latency}, "jitter": {f.Jitter, theirs.Jitter}, "loss": {f.Loss, theirs.PacketLoss},
		"latency down": {f.DownLoaded, theirs.DownLoadedLatency}, "jitter down": {f.DownJitter, theirs.DownLoadedJitter}, "latency up": {f.UpLoaded, theirs.UpLoadedLatency}, "jitter up": {f.UpJitter, theirs.UpLoadedJitter},
	} {
		if ours := pair.ours; (ours == nil) != (pair.theirs == 0 && strings.HasPrefix(name, "jitter ")) || ours != nil && (*ours < pair.theirs*0.9999 || *ours > pair.theirs*1.0001) {
			t.Errorf("%s: we say %v, the engine says %v", name, ours, pair.theirs)
		}
	}
	for use, score := range told.Scores {
		if ours := f.Scores[use]; ours.Points != score.Points || ours.Class != score.ClassificationName {
			t.Errorf("%s: we say %+v, the engine says %+v", use, ours, score)
		}
	}
	if len(f.Scores) != 3 || len(told.Scores) != 3 {
		t.Errorf("we have the scores %v, the engine has %v", f.Scores, told.Scores)
	}
}

// number is the first that a pattern found; NaN where it did not.
func number(found []string) float64 {
	if len(found) < 2 {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		return math.NaN()
	}
	return n
}

// TestSpeedTestPage has a visitor measure, stop, keep the result with an account
// and forget, on a line that loses one of twenty packets.
func TestSpeedTestPage(t *testing.T) {
	s := webtest.New(t, stores, func(o *server.Options) { o.Speed.Packets = webtest.Packets(t, 20) })
	pagetest.Each(t, s.URL+"/speedtest/", func(t *testing.T, p *pagetest.Page) {
		p.Await(`document.getElementById("history").textContent.includes("none yet")`)
		p.Check()
		p.Press("#begin")
		p.Await(`!document.getElementById("stop").hidden`)
		p.Check()
		p.Press("#stop")
		p.Await(`document.getElementById("said").textContent === "Stopped."`)
		p.Press("input[value=little]")
		p.Press("#begin")
		p.Await(`document.getElementById("said").textContent.startsWith("Done: ") || document.getElementById("said").classList.contains("bad")`)
		if said := p.Text("#said"); !regexp.MustCompile(`^Done: download [\d.,]+ Mbit/s, upload [\d.,]+ Mbit/s, ping [\d.,]+ ms\.$`).MatchString(said) {
			t.Errorf("the page says %q", said)
		}
		p.Check()
		p.Type("#key", s.Key)
		p.Press("#send button")
		p.Await(`document.getElementById("said").textContent.startsWith("Kept as ")`)
		id := strings.TrimSuffix(strings.TrimPrefix(p.Text("#said"), "Kept as "), ".")
		s.Get("/speedtest/api/v1/history/?page_size=1&samples=true").Is(200).Like(`{"results": [{"test_id": "` + id + `", "measured_by": "browser", "server_location": "New York, US", "samples": {"packets_sent": 200}}]}`)
		figures := regexp.MustCompile(`Packet loss\s*([\d.]+) %`).FindStringSubmatch(p.Text("#figures"))
		if lost := number(figures); !(lost >= 0.5 && lost <= 25) { // a packet has one to ten of the browser's messages
			t.Errorf("the page says %q: %v %% are lost", p.Text("#figures"), lost)
		}
		p.Press("#forget")
		p.Await(`document.getElementById("history").textContent.includes("none yet")`)
		p.Offline()
		p.Press("#begin")
		p.Await(`document.getElementById("said").textContent === "The server cannot be reached. Try again when this device is online."`)
		p.Expect("ERR_INTERNET_DISCONNECTED")
		p.Await(`!document.getElementById("begin").hidden`)
	})
}
