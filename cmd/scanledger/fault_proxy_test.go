//go:build failpoint

package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
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
	Text  string `json:"text"`   // "" for any answer
	OneIn int    `json:"one_in"` // how many of them
}

// cuts counts the answers that were cut off.
var cuts atomic.Int64

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
				cuts.Add(1)
				stub.Close()
				return
			}
			stub.Output <- chunk
		}
	}
}

// toxic is a proxy that can be poisoned.
type toxic struct{ *toxiproxy.Proxy }

// startToxic stands between a client and a server.
func startToxic(t *testing.T, listen, upstream string) toxic {
	t.Helper()
	toxics.Register("cut_answer", new(cutAnswer))
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
