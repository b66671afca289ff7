package deadletters

import (
	"fmt"

	"github.com/scanledger/scanledger/adapters/kafka"
)

// Place is where a message lies.
type Place struct {
	Topic     string
	Partition int32
	Offset    int64
}

func (p Place) String() string { return fmt.Sprintf("%s/%d/%d", p.Topic, p.Partition, p.Offset) }

// PlaceOf is where a record was read.
func PlaceOf(r kafka.Record) Place { return Place{r.Topic(), r.Partition(), r.Offset()} }
