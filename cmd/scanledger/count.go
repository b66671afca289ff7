package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// counted puts a batch's events into rows, with a token by which ClickHouse
// knows a batch that is sent again.
func counted(r projections.Rows, batch []domain.Envelope, from []*message.Message) (token string, rows [][]any) {
	ids := sha256.New()
	for _, e := range batch {
		if e.Event.Kind() != r.Kind {
			continue
		}
		ids.Write(e.ID[:])
		rows = append(rows, r.Values(e))
	}
	first, last := from[0].Metadata, from[len(from)-1].Metadata
	return fmt.Sprintf("%s/%s/%s-%s/%s", first["_topic"], first["_partition"], first["_offset"], last["_offset"],
		hex.EncodeToString(ids.Sum(nil))), rows
}

