package projections

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// lists are a difference's findings, by their rules.
func (d Difference) lists() map[string][]string {
	out := map[string][]string{}
	for name, list := range map[string][]*Lasting{"new": d.New, "fixed": d.Fixed, "reopened": d.Reopened, "unchanged": d.Unchanged, "not tested": d.NotTestedAgain} {
		for _, l := range list {
			out[name] = append(out[name], l.Witnesses[0].Rule)
		}
	}
	return out
}

func TestCompare(t *testing.T) {
	rows := scans(t, domain.FingerprintOf, nil,
		said{"headers saw headers/csp/missing", tlsSaw, "content saw content/debug-page", "headers tested", "tls tested", "content tested"},
		said{"headers tested", tlsSaw, "dns saw dns/caa/missing", "tls tested", "dns tested"},
		said{}, // nothing has ended in it
		said{"headers saw headers/csp/missing", "headers saw headers/hsts/missing", "headers tested", "tls tested", "dns saw dns/caa/missing", "dns saw dns/caa/missing", "dns tested", "content failed"},
	)
	first, second, empty, last := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}, uuid.UUID{4}
	for _, c := range []struct {
		scan, against uuid.UUID
		want          map[string][]string
	}{
		{last, uuid.Nil, map[string][]string{
			"new": {"headers/hsts/missing"}, "fixed": {"tls/protocol/tlsv1.0"}, "reopened": {"headers/csp/missing"},
			"unchanged": {"dns/caa/missing"}, "not tested": {"content/debug-page"},
		}},
		{last, first, map[string][]string{
			"new": {"headers/hsts/missing", "dns/caa/missing"}, "fixed": {"tls/protocol/tlsv1.0"},
			"unchanged": {"headers/csp/missing"}, "not tested": {"content/debug-page"},
		}},
		{last, empty, map[string][]string{
			"new": {"headers/hsts/missing"}, "fixed": {"tls/protocol/tlsv1.0"}, "reopened": {"headers/csp/missing"},
			"unchanged": {"dns/caa/missing"}, "not tested": {"content/debug-page"},
		}},
		{second, first, map[string][]string{
			"new": {"dns/caa/missing"}, "fixed": {"headers/csp/missing"}, "unchanged": {"tls/protocol/tlsv1.0"}, "not tested": {"content/debug-page"},
		}},
		{empty, second, map[string][]string{"not tested": {"tls/protocol/tlsv1.0", "content/debug-page", "dns/caa/missing"}}},
	} {
		d, err := Compare(rows, c.scan, c.against)
		if err != nil {
			t.Errorf("%d against %d: %v", c.scan[0], c.against[0], err)
			continue
		}
		if got := d.lists(); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%d against %d:\n got %v\nwant %v", c.scan[0], c.against[0], got, c.want)
		}
		if d.Scan.Scan != c.scan || c.against == uuid.Nil && d.Against.Scan != second {
			t.Errorf("%d is compared with %d", d.Scan.Scan[0], d.Against.Scan[0])
		}
	}
	for what, c := range map[string]struct {
		scan, against uuid.UUID
		code          domain.Code
	}{
		"no earlier one":    {first, uuid.Nil, domain.NotFound},
		"a later one":       {first, last, domain.Invalid},
		"itself":            {first, first, domain.Invalid},
		"of another target": {last, uuid.UUID{9}, domain.Invalid},
		"an unknown scan":   {uuid.UUID{9}, first, domain.NotFound},
	} {
		if _, err := Compare(rows, c.scan, c.against); domain.CodeOf(err) != c.code {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestCompareChangesNothing: rows may be shared, and a comparison leaves them.
func TestCompareChangesNothing(t *testing.T) {
	rows := scans(t, domain.FingerprintOf, nil, said{tlsSaw}, said{"tls tested"})
	before := slices.Clone(rows)
	if _, err := Compare(rows, uuid.UUID{2}, uuid.Nil); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("a scan before it has tested nothing: %v", err)
	}
	if _, err := Compare(rows, uuid.UUID{2}, uuid.UUID{1}); err != nil || !reflect.DeepEqual(rows, before) {
		t.Errorf("%v; rows are now %+v", err, rows)
	}
}
