package feeds

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// catalog is the part of CISA's known_exploited_vulnerabilities.json that is used.
type catalog struct {
	Version  string     `json:"catalogVersion"`
	Released *time.Time `json:"dateReleased"`
	Count    int        `json:"count"`
	Entries  []struct {
		CVE        string `json:"cveID"`
		Added      string `json:"dateAdded"`
		Action     string `json:"requiredAction"`
		Due        string `json:"dueDate"`
		Ransomware string `json:"knownRansomwareCampaignUse"`
	} `json:"vulnerabilities"`
}

// readKEV reads CISA's catalog. One with fewer entries than it says it has was cut
// off.
func readKEV(raw []byte) (*content, error) {
	var all catalog
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	switch {
	case all.Version == "" || all.Released == nil:
		return nil, errors.New("catalogVersion or dateReleased is missing")
	case all.Count != len(all.Entries):
		return nil, fmt.Errorf("it says that it has %d vulnerabilities, and has %d", all.Count, len(all.Entries))
	case len(all.Entries) == 0:
		return nil, errors.New("there is no CVE in it")
	}
	c := &content{Told: Told{Feed: "kev", Date: all.Released.UTC()}, exploited: map[number]Exploited{}}
	for i, e := range all.Entries {
		n, ok := numberOf(e.CVE)
		_, err := time.Parse(time.DateOnly, e.Added)
		if _, err2 := time.Parse(time.DateOnly, e.Due); !ok || err != nil || e.Due != "" && err2 != nil {
			return nil, fmt.Errorf("entry %d is no CVE with its dates: %q", i+1, e.CVE)
		}
		c.exploited[n] = Exploited{CVE: e.CVE, Added: e.Added, Due: e.Due, Action: e.Action, Ransomware: e.Ransomware == "Known"}
	}
	c.CVEs = len(c.exploited)
	return c, nil
}
