package sevenazzani

// The document leaves open what click statistics look like. People count as
// clicks; whatever else came stands beside them.

// clickStats answer GET /shrinkit/{short_code}/stats/.
type clickStats struct {
	ShortCode string `json:"short_code"`
	clickTotals
	LastClick    *string         `json:"last_click_at"` // of the link, whoever came and whenever; null where nobody did
	CountedUntil *string         `json:"counted_until"` // all that reached the broker by then is counted; null where nobody knows
	From         *string         `json:"from"`          // null for the beginning
	To           string          `json:"to"`
	TimeZone     string          `json:"time_zone"`
	PerHour      []hourOfClicks  `json:"clicks_per_hour"`
	PerDay       []dayOfClicks   `json:"clicks_per_day"`
	Referrers    []shareOfClicks `json:"top_referrers"` // null for direct visits
	Countries    []shareOfClicks `json:"top_countries"`
	Languages    []shareOfClicks `json:"top_languages"`
	Browsers     []shareOfClicks `json:"top_browsers"`
	Systems      []shareOfClicks `json:"top_systems"`
	Devices      []shareOfClicks `json:"top_devices"`
	Rules        []shareOfClicks `json:"top_rules"` // null where none matched
	Sources      []shareOfClicks `json:"sources"`   // "link" and "qr"
}

// clickTotals are the numbers of a range, an hour or a day.
type clickTotals struct {
	Clicks   int         `json:"total_clicks"`
	Visitors int         `json:"unique_visitors"`
	Bots     int         `json:"bot_clicks"` // all that were no people
	Kinds    kindsOfBots `json:"bot_clicks_by_kind"`
}

// kindsOfBots are what came and was no person.
type kindsOfBots struct {
	Bots       int `json:"bot"`
	Prefetches int `json:"prefetch"`
	Previews   int `json:"preview"`
}

type hourOfClicks struct {
	Hour string `json:"hour"` // when it began, on the zone's clock
	clickTotals
}

type dayOfClicks struct {
	Day string `json:"day"` // 2026-11-28
	clickTotals
}

// shareOfClicks is a value and how many people's clicks had it; null where it was
// not known.
type shareOfClicks struct {
	Name   *string `json:"name"`
	Clicks int     `json:"clicks"`
}
