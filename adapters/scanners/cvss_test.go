package scanners

import (
	"reflect"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestReadCVSS has scores that others have published for these vectors: NVD for
// versions 2 and 3, FIRST's examples for 4.
func TestReadCVSS(t *testing.T) {
	for vector, want := range map[string]domain.Rating{
		"AV:N/AC:L/Au:N/C:P/I:N/A:N":                                      {Version: "2.0", Score: 5.0},
		"(AV:N/AC:M/Au:N/C:P/I:N/A:N)":                                    {Version: "2.0", Vector: "AV:N/AC:M/Au:N/C:P/I:N/A:N", Score: 4.3},
		"CVSS:2.0/AV:N/AC:L/Au:N/C:C/I:C/A:C":                             {Version: "2.0", Vector: "AV:N/AC:L/Au:N/C:C/I:C/A:C", Score: 10},
		"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H":                    {Version: "3.0", Score: 9.8},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H":                    {Version: "3.1", Score: 10},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N":                    {Version: "3.1", Score: 7.5},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N":                    {Version: "3.1", Score: 0},
		"CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N/E:U/RL:O/RC:C":      {Version: "3.1", Score: 2.7},
		"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N": {Version: "4.0", Score: 9.3},
		"CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N": {Version: "4.0", Score: 8.3},
		" CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N\n": {Version: "4.0",
			Vector: "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", Score: 7.3},
	} {
		if want.Vector == "" {
			want.Vector = vector
		}
		if got, err := readCVSS(vector); err != nil || got != want {
			t.Errorf("%q\n got %+v, %v\nwant %+v", vector, got, err, want)
		}
	}
	for _, bad := range []string{
		"", "7.5", "CVSS:3.1/", "CVSS:3.1/AV:N", "CVSS:5.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
		"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "cvss:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/AV:N", strings.Repeat("AV:N/", 1000),
	} {
		if got, err := readCVSS(bad); err == nil {
			t.Errorf("%.80q is read as %+v", bad, got)
		}
	}
}

func FuzzReadCVSS(f *testing.F) {
	f.Add("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N")
	f.Add("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N/E:U/RL:O/RC:C")
	f.Add("AV:N/AC:L/Au:N/C:P/I:N/A:N")
	f.Fuzz(func(t *testing.T, vector string) {
		r, err := readCVSS(vector)
		if err == nil && (r.Score < 0 || r.Score > 10 || r.Version == "" || r.Vector == "") {
			t.Errorf("%q is read as %+v", vector, r)
		}
	})
}

func TestStatedCVSS(t *testing.T) {
	const two, three, four = "AV:N/AC:L/Au:N/C:P/I:N/A:N", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
	mild := "CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"
	ratings := func(vectors ...string) []domain.Rating { return Rated(vectors...) }
	for name, c := range map[string]struct {
		got, want []domain.Rating
	}{
		"newest first":               {StatedCVSS(5, two, four, three), ratings(four, three, two)},
		"the worst of a version":     {StatedCVSS(0, mild, three), ratings(three)},
		"what is no vector":          {StatedCVSS(0, "nonsense", three), ratings(three)},
		"a score alone":              {StatedCVSS(7.449999), []domain.Rating{{Score: 7.4}}},
		"a score for lack of vector": {StatedCVSS(6.8, "nonsense"), []domain.Rating{{Score: 6.8}}},
		"no score":                   {StatedCVSS(0), nil},
		"a score beyond the scale":   {StatedCVSS(11), nil},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, c.got, c.want)
		}
	}
}

// TestRatedPanics holds that a vector of a rule of our own cannot be wrong.
func TestRatedPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a vector that cannot be read became a rating")
		}
	}()
	Rated("CVSS:3.1/AV:N")
}
