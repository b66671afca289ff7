package audit

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
)

// ReadJournal reads acknowledged commands, a JSON object a line. A last line
// that was cut off, as by a kill of who wrote it, was not acknowledged to
// anybody; "" is no journal.
func ReadJournal(name string) ([]postgres.Acknowledgement, error) {
	if name == "" {
		return nil, nil
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var acks []postgres.Acknowledgement
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var broken error
	for n := 1; lines.Scan(); n++ {
		if broken != nil {
			return nil, broken
		}
		if len(lines.Bytes()) == 0 {
			continue
		}
		var line struct {
			Request string        `json:"request"`
			Event   string        `json:"event"`
			Stream  domain.Stream `json:"stream"`
			Types   []string      `json:"types"`
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			broken = fmt.Errorf("%s, line %d: %v", name, n, err)
			continue
		}
		if _, err := uuid.Parse(line.Event); line.Event != "" && err != nil || line.Event == "" && line.Request == "" && line.Stream == "" {
			return nil, fmt.Errorf("%s, line %d: it has no request, event or stream to look for", name, n)
		}
		acks = append(acks, postgres.Acknowledgement(line))
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return acks, nil
}
