package secably

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// target is the target's number, by either of its names.
func (w creation) target() (int64, error) {
	given := map[string]json.RawMessage{"target_id": w.Target, "website_id": w.Website}
	number, by := int64(0), ""
	for _, name := range []string{"target_id", "website_id"} {
		if len(given[name]) == 0 || string(given[name]) == "null" {
			continue
		}
		n, err := idOf(name, given[name])
		switch {
		case err != nil:
			return 0, err
		case by != "" && n != number:
			return 0, domain.Errorf(domain.Invalid, "target_id and website_id mean the same: give one of them")
		}
		number, by = n, name
	}
	if by == "" {
		return 0, domain.Errorf(domain.Invalid, "target_id is required")
	}
	return number, nil
}

// idOf reads an id: a whole number, which may stand in quotes. One that nothing
// can have is 0.
func idOf(name string, raw json.RawMessage) (int64, error) {
	text := string(raw)
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &text); err != nil {
			return 0, domain.Errorf(domain.Invalid, "%s must be a whole number", name)
		}
	}
	if strings.ContainsRune("tf[{", rune(raw[0])) {
		return 0, domain.Errorf(domain.Invalid, "%s must be a whole number", name)
	}
	var whole web.Whole
	if raw[0] != '"' && json.Unmarshal(raw, &whole) == nil {
		text = strconv.FormatInt(int64(whole), 10)
	}
	n, _ := numbered(text)
	return n, nil
}
