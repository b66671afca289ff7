package scanners

import (
	"fmt"
	"math"
	"slices"
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/scanledger/scanledger/domain"
)

// cvssVersions are the versions that a vector names at its beginning. One that
// names none is of version 2.0.
var cvssVersions = []struct {
	begins, version string
	score           func(vector string) (float64, error)
}{
	{"CVSS:4.0/", "4.0", func(s string) (float64, error) {
		v, err := gocvss40.ParseVector(s)
		if err != nil {
			return 0, err
		}
		return v.Score(), nil
	}},
	{"CVSS:3.1/", "3.1", func(s string) (float64, error) {
		v, err := gocvss31.ParseVector(s)
		if err != nil {
			return 0, err
		}
		return v.EnvironmentalScore(), nil
	}},
	{"CVSS:3.0/", "3.0", func(s string) (float64, error) {
		v, err := gocvss30.ParseVector(s)
		if err != nil {
			return 0, err
		}
		return v.EnvironmentalScore(), nil
	}},
	{"AV:", "2.0", func(s string) (float64, error) {
		v, err := gocvss20.ParseVector(s)
		if err != nil {
			return 0, err
		}
		return v.EnvironmentalScore(), nil
	}},
}

// maxVector is longer than a vector with every metric that there is.
const maxVector = 512

// readCVSS reads a vector of any version and computes its score, with what it
// says beyond the base metrics. Version 2.0 is also read with its name or in
// parentheses, as some write it. It answers an error for what is no vector.
func readCVSS(vector string) (domain.Rating, error) {
	v := strings.TrimSpace(vector)
	v = strings.TrimPrefix(strings.Trim(v, "()"), "CVSS:2.0/")
	if len(v) > maxVector {
		return domain.Rating{}, fmt.Errorf("a CVSS vector has %d bytes at most", maxVector)
	}
	for _, c := range cvssVersions {
		if !strings.HasPrefix(v, c.begins) {
			continue
		}
		score, err := c.score(v)
		if err != nil {
			return domain.Rating{}, fmt.Errorf("CVSS vector %q: %w", v, err)
		}
		return domain.Rating{Version: c.version, Vector: v, Score: score}, nil
	}
	return domain.Rating{}, fmt.Errorf("%q is no CVSS vector", v)
}

// StatedCVSS is the ratings that a tool states for one weakness: vectors, whose
// scores are computed anew, and a score for where it has no vector that can be
// read; 0 for none. Of each version the worst is kept.
func StatedCVSS(score float64, vectors ...string) []domain.Rating {
	var all []domain.Rating
	for _, v := range vectors {
		if r, err := readCVSS(v); err == nil {
			all = append(all, r)
		}
	}
	if len(all) == 0 && score > 0 && score <= 10 {
		all = append(all, domain.Rating{Score: math.Round(score*10) / 10})
	}
	return ordered(all)
}

// Rated are the ratings of a rule of our own, whose vectors stand in its table:
// one that cannot be read is a fault of the program.
func Rated(vectors ...string) []domain.Rating {
	all := make([]domain.Rating, len(vectors))
	for i, v := range vectors {
		r, err := readCVSS(v)
		if err != nil {
			panic(err)
		}
		all[i] = r
	}
	return ordered(all)
}

// ordered are ratings with the newest version first and one of each.
func ordered(all []domain.Rating) []domain.Rating {
	slices.SortStableFunc(all, domain.Newest)
	return slices.CompactFunc(all, func(a, b domain.Rating) bool { return a.Version == b.Version })
}
