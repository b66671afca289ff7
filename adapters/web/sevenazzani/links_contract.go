package sevenazzani

import (
	"encoding/json"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// shorten is the body of POST /shrinkit/api/shorten/. The document has its first
// two fields.
type shorten struct {
	URL        string `json:"url"`
	CustomCode string `json:"custom_code"`
	linkFields
}

// changeLink is the body of PATCH /shrinkit/api/links/{id}/: what is absent stays.
type changeLink struct {
	URL      *string `json:"url"`
	IsActive *bool   `json:"is_active"`
	linkFields
}

// linkFields are what an account can say of a link. What is absent stays as it is,
// and null takes away what there is.
type linkFields struct {
	ExpiresAt   json.RawMessage `json:"expires_at"`
	MaxClicks   json.RawMessage `json:"max_clicks"`
	FallbackURL json.RawMessage `json:"fallback_url"`
	Password    *string         `json:"password"` // "" for none
	Rules       *[]linkRule     `json:"rules"`
	Tags        *[]string       `json:"tags"`
	UTM         *linkUTM        `json:"utm"`
	Forward     *bool           `json:"forward_query"`
}

// linkRule is a redirect rule.
type linkRule struct {
	Name      string     `json:"name"`
	URL       string     `json:"url"`
	Devices   []string   `json:"devices"`
	Languages []string   `json:"languages"`
	Countries []string   `json:"countries"`
	From      *time.Time `json:"from"`
	Until     *time.Time `json:"until"`
}

// linkUTM are the parameters that a destination gets.
type linkUTM struct {
	Source   string `json:"source"`
	Medium   string `json:"medium"`
	Campaign string `json:"campaign"`
	Term     string `json:"term"`
	Content  string `json:"content"`
}

// link is a link as its owner sees it. The document has short_url, short_code,
// original_url and created_at.
type link struct {
	ID                string        `json:"id"`
	ShortURL          string        `json:"short_url"`
	ShortCode         string        `json:"short_code"`
	OriginalURL       string        `json:"original_url"`
	CreatedAt         string        `json:"created_at"`
	ChangedAt         string        `json:"changed_at"`
	IsActive          bool          `json:"is_active"`
	Blocked           *linkBlocking `json:"blocked"`
	ExpiresAt         *string       `json:"expires_at"`
	MaxClicks         *int          `json:"max_clicks"`
	FallbackURL       *string       `json:"fallback_url"`
	PasswordProtected bool          `json:"password_protected"`
	Rules             []linkRule    `json:"rules"`
	Tags              []string      `json:"tags"`
	UTM               linkUTM       `json:"utm"`
	ForwardQuery      bool          `json:"forward_query"`
	PreviewURL        string        `json:"preview_url"`
	StatsURL          string        `json:"stats_url"`
	Version           int           `json:"version"`
}

// linkBlocking is why a link leads nowhere, whatever its owner wants.
type linkBlocking struct {
	URL    string             `json:"url"`
	Reason domain.BlockReason `json:"reason"`
	At     string             `json:"at"`
}
