package secably

import "time"

// details are what can be written of a target; all else that its answer has is
// left alone, whatever is sent. A website has url where a target has
// target_value and target_type.
type details struct {
	Name        *string `json:"name"`
	Value       *string `json:"target_value"`
	Type        *string `json:"target_type"`
	URL         *string `json:"url"`
	Description *string `json:"description"`
	Frequency   *string `json:"scan_frequency"`
	Active      *bool   `json:"active"` // of a target that is there
}

// listed is a target on the list.
type listed struct {
	ID           int64         `json:"id"`
	URL          string        `json:"url"` // the target, whatever kind it is
	Name         string        `json:"name"`
	Value        string        `json:"target_value"`
	Type         string        `json:"target_type"`
	Description  string        `json:"description"`
	Frequency    string        `json:"scan_frequency"`
	NextScan     *time.Time    `json:"next_scan"` // by its schedule; null where none is planned
	Active       bool          `json:"active"`
	CreatedAt    time.Time     `json:"created_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
	LatestScan   *recentScan   `json:"latest_scan"`  // the account's newest of this target, by whatever contract
	RiskLevel    *string       `json:"risk_level"`   // the worst of each scanner's newest completed scan; null where none has one
	CanScan      bool          `json:"can_scan"`     // whether a scan would be accepted now
	Reason       *string       `json:"scan_blocked"` // why it would not; null where it would
	Verification *verification `json:"verification"` // null for a range, which cannot be proven
}

// verification is how a target's ownership stands, and how it is proven: the
// value in one of the places is enough.
type verification struct {
	Verified   bool       `json:"verified"`
	Domain     string     `json:"domain"` // a proof holds for the names below it too
	Method     *string    `json:"method"`
	VerifiedAt *time.Time `json:"verified_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
	Places     []place    `json:"places"`
}

// place is a TXT record or a file, with what has to stand in it.
type place struct {
	Method string `json:"method"` // "dns" or "file"
	Where  string `json:"where"`  // the record's name, or the file's URL
	Value  string `json:"value"`
	How    string `json:"how"` // in words
}

// verified answers POST /api/v1/targets/{id}/verify/.
type verified struct {
	ID           int64         `json:"id"`
	Verified     bool          `json:"verified"`
	Message      string        `json:"message"`
	Verification *verification `json:"verification"`
	Checked      []checked     `json:"checked"`
}

// checked is what was looked for in a place, and what was found.
type checked struct {
	Method   string   `json:"method"`
	Where    string   `json:"where"`
	Expected string   `json:"expected"`
	Found    []string `json:"found"`
	Problem  *string  `json:"problem"` // why nothing was found; null where something was
}
