// Package secably serves the SecAbly contract: accounts with their logins,
// profile, statistics and subscription, their targets with the schedules by which
// those are scanned, their scans, and how the contract refuses.
package secably

import "time"

// The wire types are the document's, word for word: snake_case, and null for
// what is unlimited.

// registration is the body of POST /api/v1/auth/register/.
type registration struct {
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Password  string `json:"password"`
	Confirm   string `json:"password_confirm"`
}

// credentials are the body of POST /api/v1/auth/login/.
type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// spending is the body of POST /api/v1/auth/refresh/.
type spending struct {
	Refresh string `json:"refresh"`
}

// passwords are the body of POST /api/v1/auth/change-password/.
type passwords struct {
	Old     string `json:"old_password"`
	New     string `json:"new_password"`
	Confirm string `json:"new_password_confirm"`
}

// names are all that PATCH /api/v1/profile/ takes.
type names struct {
	FirstName *string `json:"user_first_name"`
	LastName  *string `json:"user_last_name"`
}

// pair answers refresh.
type pair struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
}

// welcome answers login; register says a word beside it.
type welcome struct {
	pair
	User    user   `json:"user"`
	Message string `json:"message,omitempty"`
}

// user is an account as login shows it.
type user struct {
	Email         string `json:"user_email"`
	Plan          string `json:"subscription_type"`
	Sites         *int   `json:"sites_limit"`     // targets that there may be
	ScansPerMonth *int   `json:"scans_per_month"` // API requests in a month
}

// profile answers GET and PATCH /api/v1/profile/.
type profile struct {
	Email         string `json:"user_email"`
	FirstName     string `json:"user_first_name"`
	LastName      string `json:"user_last_name"`
	Plan          string `json:"subscription_type"`
	Sites         *int   `json:"sites_limit"`
	ScansPerMonth *int   `json:"scans_per_month"`
	MonthlyUsage  int    `json:"monthly_usage"` // API requests in this month, with this one
	CanAddSite    bool   `json:"can_add_site"`
	SitesCount    int    `json:"sites_count"`
}

// stats answers GET /api/v1/stats/.
type stats struct {
	User struct {
		ID     int64     `json:"id"`
		Email  string    `json:"email"`
		Joined time.Time `json:"date_joined"`
	} `json:"user"`
	Subscription struct {
		Type   string `json:"type"`
		Status string `json:"status"`
	} `json:"subscription"`
	Usage struct {
		Targets      int  `json:"targets_count"`
		TargetsLimit *int `json:"targets_limit"`
		Scans        int  `json:"monthly_scans_used"`
		ScansLimit   *int `json:"monthly_scans_limit"`
	} `json:"usage"`
	Recent struct {
		Scans   []recentScan `json:"latest_scans"`
		Targets int          `json:"active_targets"`
	} `json:"recent_activity"`
}

// recentScan is one of an account's newest scans. What it found is null until
// it is completed.
type recentScan struct {
	ID            int64      `json:"id"`
	Name          string     `json:"website_name"`
	URL           string     `json:"website_url"`
	ScannerType   string     `json:"scanner_type"`
	Status        string     `json:"status"`
	Progress      int        `json:"progress"`
	RiskLevel     *string    `json:"risk_level"`
	SecurityScore *int       `json:"security_score"`
	Found         *int       `json:"vulnerabilities_found"`
	CreatedAt     time.Time  `json:"created_at"`
	CompletedAt   *time.Time `json:"completed_at"`
}

// subscription answers GET /api/v1/subscription/.
type subscription struct {
	Type          string    `json:"type"`
	Plan          string    `json:"subscription_type"`
	Status        string    `json:"status"`
	Details       offer     `json:"plan"`
	Sites         *int      `json:"sites_limit"`
	SitesCount    int       `json:"sites_count"`
	ScansPerMonth *int      `json:"scans_per_month"`
	MonthlyUsage  int       `json:"monthly_usage"`
	Credits       int       `json:"credits_remaining"`
	Monthly       int       `json:"monthly_credits"`
	Purchased     int       `json:"purchased_credits"`
	RenewsAt      time.Time `json:"renews_at"` // when the month's requests and credits begin anew
}

// offer is a plan as GET /api/v1/plans/ lists it.
type offer struct {
	Name          string `json:"name"`
	Title         string `json:"display_name"`
	Price         int    `json:"price_per_month"` // whole US dollars
	Currency      string `json:"currency"`
	Requests      *int   `json:"api_requests_per_month"`
	Credits       int    `json:"scan_credits"`
	Targets       *int   `json:"targets"`
	Popular       bool   `json:"popular"`
	Sites         *int   `json:"sites_limit"`
	ScansPerMonth *int   `json:"scans_per_month"`
}

// done says in words that something was done.
type done struct {
	Message string `json:"message"`
}
