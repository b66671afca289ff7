package commands

import "github.com/scanledger/scanledger/domain"

// Fits judges the writes of one Append by what a log holds, and by what those before
// them in the same Append take.
type Fits struct {
	Holders map[string]domain.Stream // of names that are claimed
	Counts  map[string]int           // of tallies

	wanted map[string]domain.Stream
	added  map[string]int
}

// Refusal is why a write to a stream that is at a version cannot be appended, nil if
// it can: Stale, Conflict with the holder of a name, or what a tally says.
func (f *Fits) Refusal(w Write, version int) error {
	if version != w.After {
		return domain.Errorf(domain.Stale, "stream %s is at version %d, not %d", w.Stream, version, w.After)
	}
	if f.wanted == nil {
		f.wanted, f.added = map[string]domain.Stream{}, map[string]int{}
	}
	for _, c := range w.Claims {
		holder, taken := f.Holders[c.Name]
		if !taken {
			holder, taken = f.wanted[c.Name]
		}
		if taken && holder != w.Stream && !c.Optional {
			return &domain.Error{Code: domain.Conflict, Message: "taken by " + string(holder), Existing: holder}
		}
		if !taken {
			f.wanted[c.Name] = w.Stream
		}
	}
	for _, t := range w.Tallies {
		f.added[t.Name] += t.Add
		if t.Max > 0 && t.Add > 0 && f.Counts[t.Name]+f.added[t.Name] > t.Max {
			return t.Refusal()
		}
	}
	return nil
}
