package conformance

import (
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"
)

// TestOneStream has histories that the model has to tell apart.
func TestOneStream(t *testing.T) {
	one, two := uuid.UUID{1}, uuid.UUID{2}
	first := prefix{}.then(one)
	op := func(client int, call, back int64, input, output any) porcupine.Operation {
		return porcupine.Operation{ClientId: client, Call: call, Return: back, Input: input, Output: output}
	}
	for name, c := range map[string]struct {
		history []porcupine.Operation
		fits    bool
	}{
		"one after the other": {[]porcupine.Operation{
			op(0, 1, 2, appending{0, one}, true), op(1, 3, 4, reading{}, first),
			op(1, 5, 6, appending{0, two}, false), op(1, 7, 8, appending{1, two}, true), op(0, 9, 10, reading{}, first.then(two)),
		}, true},
		"read while it is appended": {[]porcupine.Operation{op(0, 1, 9, appending{0, one}, true), op(1, 2, 3, reading{}, prefix{}), op(1, 4, 5, reading{}, first)}, true},
		"two at one version":        {[]porcupine.Operation{op(0, 1, 9, appending{0, one}, true), op(1, 1, 9, appending{0, two}, true)}, false},
		"an append that is lost":    {[]porcupine.Operation{op(0, 1, 2, appending{0, one}, true), op(1, 3, 4, reading{}, prefix{})}, false},
		"seen and gone":             {[]porcupine.Operation{op(0, 1, 9, appending{0, one}, true), op(1, 2, 3, reading{}, first), op(1, 4, 5, reading{}, prefix{})}, false},
		"stale without a reason":    {[]porcupine.Operation{op(0, 1, 2, appending{0, one}, false)}, false},
		"another event":             {[]porcupine.Operation{op(0, 1, 2, appending{0, one}, true), op(1, 3, 4, reading{}, prefix{}.then(two))}, false},
		"out of nowhere":            {[]porcupine.Operation{op(1, 3, 4, reading{}, first)}, false},
	} {
		for _, h := range [][]porcupine.Operation{c.history, inTurn(c.history)} {
			if fits := porcupine.CheckOperations(oneStream, h); fits != c.fits {
				t.Errorf("%s: linearizable is %v", name, fits)
			}
		}
	}
}
