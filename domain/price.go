package domain

import (
	"maps"
	"slices"
	"strings"
)

// Scanner names what a scan is run with, in SecAbly's words.
type Scanner string

// The scanners that can be asked for.
const (
	Builtin Scanner = "builtin" // all of this platform's own
	Nmap    Scanner = "nmap"
	SSLyze  Scanner = "sslyze"
	Nuclei  Scanner = "nuclei"
	ZAP     Scanner = "zap"
	OpenVAS Scanner = "openvas"
)

// The profiles of other scanners than the built-in ones: the scanner's name
// and that of its own profile, where it has more than one.
const (
	NmapQuick        Profile = "nmap/quick"
	NmapFull         Profile = "nmap/full"
	SSLyzeOnly       Profile = "sslyze"
	NucleiQuick      Profile = "nuclei/quick"
	NucleiFull       Profile = "nuclei/full"
	ZAPBaseline      Profile = "zap/baseline"
	ZAPFull          Profile = "zap/full"
	OpenVASDiscovery Profile = "openvas/discovery"
	OpenVASFullFast  Profile = "openvas/full_and_fast"
	OpenVASDeep      Profile = "openvas/deep"
)

// costs is SecAbly's table of scan credit costs, by all profiles that there
// are. The built-in scanners are free.
var costs = map[Profile]int{
	Quick: 0, Standard: 0, Deep: 0,
	NmapQuick: 0, NmapFull: 1,
	SSLyzeOnly:  0,
	NucleiQuick: 2, NucleiFull: 3,
	ZAPBaseline: 5, ZAPFull: 10,
	OpenVASDiscovery: 10, OpenVASFullFast: 15, OpenVASDeep: 20,
}

// Cost is what a scan of this profile takes, in credits: 0 when it is free. An
// unknown profile costs nothing, and no scan of it is accepted.
func (p Profile) Cost() int { return costs[p] }

// nearest are, by the profiles of other scanners, those of the built-in ones that look
// about as thoroughly: at what is usual, at what is thorough for the scanner, at all.
var nearest = map[Profile]Profile{
	NmapQuick: Quick, NmapFull: Deep,
	SSLyzeOnly:  Standard,
	NucleiQuick: Quick, NucleiFull: Deep,
	ZAPBaseline: Quick, ZAPFull: Deep,
	OpenVASDiscovery: Quick, OpenVASFullFast: Standard, OpenVASDeep: Deep,
}

// Depth is how thorough the profile is in the words of the built-in scanners: Quick,
// Standard or Deep, for contracts that have no others.
func (p Profile) Depth() Profile {
	if near, other := nearest[p]; other {
		return near
	}
	return p
}

// Scanner is what runs a scan of this profile; "" for an unknown one.
func (p Profile) Scanner() Scanner {
	if _, known := costs[p]; !known {
		return ""
	}
	switch p {
	case Quick, Standard, Deep:
		return Builtin
	default:
		name, _, _ := strings.Cut(string(p), "/")
		return Scanner(name)
	}
}

// Mode is the profile's name among those of its scanner, "full"; "" where the
// scanner has one alone.
func (p Profile) Mode() string {
	if p.Scanner() == Builtin {
		return string(p)
	}
	_, mode, _ := strings.Cut(string(p), "/")
	return mode
}

// AllProfiles are those of all scanners, by their names.
func AllProfiles() []Profile { return slices.Sorted(maps.Keys(costs)) }

// ProfilesOf are all profiles of a scanner, by their names.
func ProfilesOf(s Scanner) (all []Profile) {
	for p := range costs {
		if p.Scanner() == s {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all
}

// ProfileOf finds a scanner's profile by the name that it has there.
func ProfileOf(s Scanner, mode string) (Profile, bool) {
	for p := range costs {
		if p.Scanner() == s && p.Mode() == mode {
			return p, true
		}
	}
	return "", false
}
