package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"

	"github.com/scanledger/scanledger/adapters/embedded"
)

// scanView is what the tests read of IsSafeSite's scans.
type scanView struct {
	ID, Status, Grade                     string
	OverallScore, SecurityScore, SEOScore *int
	TrafficScore                          *int
	FindingsCount, Progress, Version      int
	Report                                struct {
		Findings []struct{ ID, Tool string }
		Probes   []struct{ Tool, Outcome, Reason string }
	}
}

// TestJourney submits a scan over HTTP, watches it run, and reads its graded
// report, with all engines real: log, relay, Kafka, inbox, probes,
// projections, ClickHouse.
func TestJourney(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir)
	server := startServer(t, options)
	key := user(t, options, "issafesite")
	site := testSite(t)

	submitted := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+site.URL+`", "depth": "QUICK"}`, http.StatusAccepted)
	if submitted.Status != "PENDING" {
		t.Errorf("a new scan is %s", submitted.Status)
	}
	at := server.url + "/api/v1/scan/" + submitted.ID
	call[scanView](t, key, http.MethodGet, at, "", http.StatusOK)
	if list := call[struct{ Data []scanView }](t, key, http.MethodGet, server.url+"/api/v1/scan", "", http.StatusOK); len(list.Data) != 1 {
		t.Errorf("the list has %d scans right after the first was asked for", len(list.Data))
	}

	kinds := liveEvents(t, key, at+"/events")
	done := call[scanView](t, key, http.MethodGet, at, "", http.StatusOK)
	if done.Status != "COMPLETED" || done.Progress != 100 || done.SecurityScore == nil || done.SEOScore == nil || done.TrafficScore == nil || done.OverallScore == nil {
		t.Fatalf("the scan has ended as %+v", done)
	}
	for _, id := range []string{"headers/csp/missing", "cookies/secure/missing-session"} {
		if !slices.ContainsFunc(done.Report.Findings, func(f struct{ ID, Tool string }) bool { return f.ID == id }) {
			t.Errorf("finding %s is missing among %v", id, done.Report.Findings)
		}
	}
	if kinds[0] != "scan.requested" || kinds[len(kinds)-1] != "scan.completed" || len(kinds) != done.Version {
		t.Errorf("the live stream began with %s, ended with %s and had %d of %d events", kinds[0], kinds[len(kinds)-1], len(kinds), done.Version)
	}

	t.Run("kafka has every event in order", func(t *testing.T) { onKafka(t, options, dir, submitted.ID, kinds) })
	t.Run("the report can be read", func(t *testing.T) { report(t, key, server.url, submitted.ID) })
	t.Run("scanner's contract", func(t *testing.T) { hostScan(t, key, server.url) })
	t.Run("usage is counted", func(t *testing.T) {
		until(t, 30*time.Second, func() (bool, string) {
			out, code := command(t, append([]string{"sql", "SELECT count() AS n FROM scanledger.requests WHERE operation = '/api/v1/scan' AND status = 202", "--json"}, options...)...)
			return code == exitOK && strings.Contains(out, "1"), out
		})
	})

	server.stop()
	again := startServer(t, options)
	after := call[scanView](t, key, http.MethodGet, again.url+"/api/v1/scan/"+submitted.ID, "", http.StatusOK)
	if after.Status != "COMPLETED" || after.Version != done.Version {
		t.Errorf("after a restart the scan is %s at version %d", after.Status, after.Version)
	}
}

// liveEvents follows a scan to its end and returns the types of its events.
func liveEvents(t *testing.T, key, url string) (kinds []string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Accept", "text/event-stream")
	client := &http.Client{Timeout: 3 * time.Minute, Transport: http.DefaultClient.Transport}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		if kind, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			kinds = append(kinds, kind)
		}
	}
	if err := lines.Err(); err != nil || len(kinds) == 0 {
		t.Fatalf("the live stream broke off after %v: %v", kinds, err)
	}
	return kinds
}

// brokersOf are the brokers that a server with these settings uses.
func brokersOf(t *testing.T, options []string, dir string) []string {
	t.Helper()
	if i := slices.Index(options, "--kafka-brokers"); i >= 0 {
		return strings.Split(options[i+1], ",")
	}
	a, err := embedded.Published(dir)
	if err != nil {
		t.Fatal(err)
	}
	return a.Kafka.Brokers
}

// onKafka reads the topic as any subscriber would.
func onKafka(t *testing.T, options []string, dir, scan string, want []string) {
	consumer, err := sarama.NewConsumer(brokersOf(t, options, dir), sarama.NewConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	partitions, err := consumer.Partitions("scanledger.scans")
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan *sarama.ConsumerMessage)
	for _, p := range partitions {
		claim, err := consumer.ConsumePartition("scanledger.scans", p, sarama.OffsetOldest)
		if err != nil {
			t.Fatal(err)
		}
		defer claim.Close()
		go func() {
			for m := range claim.Messages() {
				if string(m.Key) == "scan-"+scan {
					select {
					case found <- m:
					case <-t.Context().Done():
						return
					}
				}
			}
		}()
	}
	var kinds []string
	seen := map[string]bool{}
	timeout := time.After(30 * time.Second)
	for len(kinds) < len(want) {
		select {
		case m := <-found:
			header := map[string]string{}
			for _, h := range m.Headers {
				header[string(h.Key)] = string(h.Value)
			}
			if !json.Valid(m.Value) || header["ce_specversion"] != "1.0" || header["ce_subject"] != "scan-"+scan {
				t.Errorf("message %v: %s", header, m.Value)
			}
			if !seen[header["ce_id"]] {
				seen[header["ce_id"]], kinds = true, append(kinds, header["ce_type"])
			}
		case <-timeout:
			t.Fatalf("%d of %d events are on Kafka", len(kinds), len(want))
		}
	}
	if !slices.Equal(kinds, want) {
		t.Errorf("on Kafka the events are %v, in the log %v", kinds, want)
	}
}

// report opens the list of reports, the PDF and the page.
func report(t *testing.T, key, server, scan string) {
	list := call[struct {
		Data []struct {
			Title, DownloadURL string
			PDFSize            int
		}
	}](t, key, http.MethodGet, server+"/api/v1/report?scanId="+scan, "", http.StatusOK)
	if len(list.Data) != 1 {
		t.Fatalf("there are %d reports", len(list.Data))
	}
	request, err := http.NewRequest(http.MethodGet, server+list.Data[0].DownloadURL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	pdf, err := io.ReadAll(response.Body)
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF-")) || len(pdf) != list.Data[0].PDFSize {
		t.Errorf("the PDF has %d bytes of %d: %v", len(pdf), list.Data[0].PDFSize, err)
	}
}

// hostScan scans an address through the Scanner contract and opens its page.
// The host has one open port, which answers once the scan has been asked for
// twice.
func hostScan(t *testing.T, key, server string) {
	type view struct {
		ID, Status, Grade, ReportURL string
		GradeScore                   *int
		ExistingID                   string
	}
	site, _, release := slowSite(t, knownPort(t))
	host, _, err := net.SplitHostPort(site.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body := `{"target": "` + host + `", "domain": "site.example"}`
	submitted := call[view](t, key, http.MethodPost, server+"/api/v1/scan", body, http.StatusCreated)
	if again := call[view](t, key, http.MethodPost, server+"/api/v1/scan", body, http.StatusConflict); again.ExistingID != submitted.ID {
		t.Errorf("the conflict names %q, not %q", again.ExistingID, submitted.ID)
	}
	release()
	liveEvents(t, key, server+"/api/v1/scan/"+submitted.ID+"/events")
	done := call[view](t, key, http.MethodGet, server+"/api/v1/scan/"+submitted.ID, "", http.StatusOK)
	if done.Status != "complete" || done.GradeScore == nil || done.ReportURL != submitted.ReportURL {
		t.Fatalf("the scan has ended as %+v", done)
	}
	response, err := http.Get(server + done.ReportURL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(page, []byte(host)) {
		t.Errorf("the report's page: %s, %v", response.Status, err)
	}
	retested := call[view](t, key, http.MethodPost, server+"/api/v1/scan/"+submitted.ID+"/retest", "", http.StatusCreated)
	liveEvents(t, key, server+"/api/v1/scan/"+retested.ID+"/events")
	held, _, _ := slowSite(t, knownPort(t))
	if host, _, err = net.SplitHostPort(held.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	cancelled := call[view](t, key, http.MethodPost, server+"/api/v1/scan", `{"target": "`+host+`"}`, http.StatusCreated)
	call[view](t, key, http.MethodPost, server+"/api/v1/scan/"+cancelled.ID+"/cancel", "", http.StatusOK)
}
