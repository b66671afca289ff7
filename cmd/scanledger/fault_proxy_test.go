//go:build failpoint

package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// cutAnswer is a toxic of our own: toxiproxy's cut connections after a number
// of bytes or a time, and this one where an answer has a text in it. The server
// has done what it says there; whoever asked does not learn of it.
type cutAnswer struct {
	Name  string `json:"name"`   // of the count in cuts, as a toxic is made anew for each connection
	Text  string `json:"text"`   // "" for any answer
	OneIn int    `json:"one_in"` // how many of them
}

// cuts counts the answers that were cut off, by the toxic's name.
var cuts sync.Map

func cutsOf(name string) *atomic.Int64 {
	n, _ := cuts.LoadOrStore(name, new(atomic.Int64))
	return n.(*atomic.Int64)
}

// Pipe implements toxics.Toxic.
func (c *cutAnswer) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			if bytes.Contains(chunk.Data, []byte(c.Text)) && rand.IntN(c.OneIn) == 0 {
				cutsOf(c.Name).Add(1)
				stub.Close()
				return
			}
			stub.Output <- chunk
		}
	}
}

// registered tells toxiproxy of our toxic, once: it keeps them for the process.
var registered = sync.OnceFunc(func() { toxics.Register("cut_answer", new(cutAnswer)) })

// toxic is a proxy that can be poisoned.
type toxic struct{ *toxiproxy.Proxy }

// startToxic stands between a client and a server.
func startToxic(t *testing.T, listen, upstream string) toxic {
	t.Helper()
	registered()
	p := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), t.Name(), listen, upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return toxic{p}
}

// poison adds a toxic to the answers of the server.
func (p toxic) poison(t *testing.T, kind string, attributes any) {
	t.Helper()
	text, err := json.Marshal(map[string]any{"type": kind, "name": kind, "stream": "downstream", "toxicity": 1, "attributes": attributes})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
}

// cure takes a toxic away.
func (p toxic) cure(t *testing.T, kind string) {
	t.Helper()
	if err := p.Toxics.RemoveToxic(t.Context(), kind); err != nil {
		t.Fatal(err)
	}
}
