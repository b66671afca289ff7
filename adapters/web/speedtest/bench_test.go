package speedtest_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web/speedtest"
)

const moved = 256 << 20 // bytes of a transfer

// BenchmarkTransfer compares what a visitor reaches on loopback, each way, with
// what a Fiber reaches that sends a file of as many bytes, and one that reads a
// body and does nothing else. They take turns.
func BenchmarkTransfer(b *testing.B) {
	site := &speedtest.Site{
		Bounds: &speedtest.Bounds{Transfers: 8, Together: 8, Requests: 1 << 30, Bytes: 1 << 60, Now: time.Now}, Visitor: netip.Addr.String, Log: slog.New(slog.DiscardHandler),
	}
	ours := served(b, func(app *fiber.App) { app.Use(speedtest.Open); site.Mount(app) })
	file := filepath.Join(b.TempDir(), "file")
	content := make([]byte, moved)
	rand.Read(content)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		b.Fatal(err)
	}
	peer := served(b, func(app *fiber.App) {
		app.Get("/file", func(c *fiber.Ctx) error { return c.SendFile(file) })
		app.Post("/file", func(c *fiber.Ctx) error {
			_, err := io.Copy(io.Discard, c.Context().RequestBodyStream())
			return err
		})
	})
	for b.Loop() {
		for _, way := range []struct {
			name       string
			ours, peer func() float64
		}{
			{"speed/download", func() float64 { return get(b, fmt.Sprintf("%s/__down?bytes=%d", ours, moved)) }, func() float64 { return get(b, peer+"/file") }},
			{"speed/upload", func() float64 { return post(b, ours+"/__up", content) }, func() float64 { return post(b, peer+"/file", content) }},
		} {
			way.ours()
			way.peer() // both are warm
			var list [][3]float64
			for range 9 {
				o, p := way.ours(), way.peer()
				list = append(list, [3]float64{o / p, o, p})
			}
			slices.SortFunc(list, func(x, y [3]float64) int { return int(1e6 * (x[0] - y[0])) })
			m := list[len(list)/2]
			fmt.Printf("%s ratio %.2f (ours %.0f, peer %.0f, unit MB/s)\n", way.name, m[0], m[1], m[2])
		}
	}
}

// served is where an application serves.
func served(b *testing.B, mount func(*fiber.App)) string {
	b.Helper()
	app := fiber.New(fiber.Config{DisableStartupMessage: true, StreamRequestBody: true, BodyLimit: 1 << 20, ReadBufferSize: 16 << 10})
	mount(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go app.Listener(listener)
	b.Cleanup(func() { _ = app.Shutdown() })
	return "http://" + listener.Addr().String()
}

// get and post move all bytes and return how many millions a second.
func get(b *testing.B, url string) float64 {
	b.Helper()
	began := time.Now()
	return measured(b, began, func() (*http.Response, error) { return http.Get(url) }, moved)
}

func post(b *testing.B, url string, body []byte) float64 {
	b.Helper()
	began := time.Now()
	return measured(b, began, func() (*http.Response, error) {
		return http.Post(url, "application/octet-stream", bytes.NewReader(body))
	}, 0)
}

var buffer = make([]byte, 1<<20)

func measured(b *testing.B, began time.Time, ask func() (*http.Response, error), want int64) float64 {
	b.Helper()
	response, err := ask()
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{response.Body}, buffer)
	if err != nil || response.StatusCode != 200 || n < want {
		b.Fatal(response.Status, n, err)
	}
	return moved / 1e6 / time.Since(began).Seconds()
}
