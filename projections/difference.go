package projections

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Difference is what a scan says of its target beside what was known of it as of
// an earlier scan. Each finding is in one list.
type Difference struct {
	Scan, Against  SightingsRow
	New            []*Lasting // seen now, and not known then
	Fixed          []*Lasting // there then; who had seen it looked again and does not see it
	Reopened       []*Lasting // seen now, and fixed then
	Unchanged      []*Lasting // seen now, and there then
	NotTestedAgain []*Lasting // there then; who had seen it did not look again
}

// Compare compares a scan with an earlier one of the same target, among the scans
// of that target in their order. With no id it is compared with the newest before
// it that has looked at anything. What stood as of the earlier one counts, whether
// that scan saw it or one before, so that scans of different tools can be
// compared. It answers NotFound where there is no such scan, Invalid where the
// other is not an earlier one.
func Compare(scans []SightingsRow, scan, against uuid.UUID) (Difference, error) {
	at := slices.IndexFunc(scans, func(r SightingsRow) bool { return r.Scan == scan })
	if at < 0 {
		return Difference{}, domain.Errorf(domain.NotFound, "Scan not found")
	}
	earlier, err := earlierThan(scans, at, against)
	if err != nil {
		return Difference{}, err
	}
	d := Difference{Scan: scans[at], Against: scans[earlier]}
	then, now := foldOne(scans[:earlier+1]), foldOne(append(slices.Clone(scans[:earlier+1]), scans[at]))
	seen := map[domain.Fingerprint]bool{}
	for _, s := range d.Scan.Seen {
		if !seen[s.Fingerprint] {
			seen[s.Fingerprint] = true
			d.sort(then.of[s.Fingerprint], now.of[s.Fingerprint])
		}
	}
	for _, l := range then.order {
		if l.FixedAt == nil && !seen[l.Fingerprint] {
			d.sort(l, now.of[l.Fingerprint])
		}
	}
	return d, nil
}

// Judge gives the findings what their account has said of them, oldest first.
func (d Difference) Judge(said []domain.Judgement) {
	Judge(slices.Concat(d.New, d.Fixed, d.Reopened, d.Unchanged, d.NotTestedAgain), said, domain.FingerprintOf)
}

// ComparisonOf is what a scan found beside the one before, as an event tells it at
// a moment, among the scans of its target in their order, with what the account has said
// of its findings. NotFound where there is no such scan, none before it, or it has looked at nothing itself.
func ComparisonOf(scans []SightingsRow, scan uuid.UUID, said []domain.Judgement, now time.Time) (domain.ScanCompared, error) {
	d, err := Compare(scans, scan, uuid.Nil)
	if err != nil {
		return domain.ScanCompared{}, err
	}
	d.Judge(said)
	if !d.Scan.tested() {
		return domain.ScanCompared{}, domain.Errorf(domain.NotFound, "Scan %s has looked at nothing", scan)
	}
	told := func(list []*Lasting) domain.Compared {
		all := make([]domain.Fingerprint, len(list))
		for i, l := range list {
			all[i] = l.Fingerprint
		}
		return domain.ComparedOf(all)
	}
	c := domain.ScanCompared{
		Against: d.Against.Scan, FingerprintVersion: domain.FingerprintVersion, New: told(d.New), Fixed: told(d.Fixed),
		Reopened: told(d.Reopened), Unchanged: told(d.Unchanged), NotTestedAgain: told(d.NotTestedAgain),
	}
	if i := slices.IndexFunc(domain.Severities, func(s domain.Severity) bool { return d.Worst(s, now) }); i >= 0 {
		c.Worst = domain.Severities[i]
	}
	return c, nil
}

// Worst says whether something of a severity or worse is new or reopened, and at that
// moment neither accepted nor a false positive.
func (d Difference) Worst(than domain.Severity, now time.Time) bool {
	return slices.ContainsFunc(slices.Concat(d.New, d.Reopened), func(l *Lasting) bool {
		return l.Ruling(now) == nil && worse(l.Shown().Severity, than) <= 0
	})
}

// sort puts a finding into its list, by how it stood then and stands now.
func (d *Difference) sort(then, now *Lasting) {
	list := &d.Unchanged
	switch {
	case then == nil:
		list = &d.New
	case then.FixedAt != nil:
		list = &d.Reopened
	case now.FixedAt != nil:
		list = &d.Fixed
	case !slices.ContainsFunc(d.Scan.Seen, func(s Sighting) bool { return s.Fingerprint == now.Fingerprint }):
		list = &d.NotTestedAgain
	}
	*list = append(*list, now)
}

func foldOne(scans []SightingsRow) *known {
	k := &known{of: map[domain.Fingerprint]*Lasting{}}
	for _, r := range scans {
		k.apply(r)
	}
	return k
}

// earlierThan is the place of the scan to compare with.
func earlierThan(scans []SightingsRow, at int, against uuid.UUID) (int, error) {
	if against == uuid.Nil {
		for i := at - 1; i >= 0; i-- {
			if scans[i].tested() {
				return i, nil
			}
		}
		return 0, domain.Errorf(domain.NotFound, "There is no earlier scan of %s to compare with", scans[at].TargetValue)
	}
	i := slices.IndexFunc(scans, func(r SightingsRow) bool { return r.Scan == against })
	switch {
	case i < 0:
		return 0, domain.Errorf(domain.Invalid, "against must be a scan of %s, as this one is", scans[at].TargetValue)
	case i >= at:
		return 0, domain.Errorf(domain.Invalid, "against must be an earlier scan than the one that is compared")
	default:
		return i, nil
	}
}
