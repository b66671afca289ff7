package domain

import (
	"encoding/hex"
	"encoding/json"

	"github.com/google/uuid"
)

// AppendText writes a JSON string as encoding/json does; what has nothing to escape,
// in a fraction of the time.
func AppendText(to []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) // a string can always be written
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), s...), '"')
}

// AppendID writes an id as a JSON string.
func AppendID(to []byte, id uuid.UUID) []byte {
	to = append(to, '"')
	for i, part := range [][]byte{id[:4], id[4:6], id[6:8], id[8:10], id[10:]} {
		if i > 0 {
			to = append(to, '-')
		}
		to = hex.AppendEncode(to, part)
	}
	return append(to, '"')
}
