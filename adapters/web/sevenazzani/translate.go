package sevenazzani

import (
	"fmt"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// Contract is how this API refuses.
var Contract = web.Contract{
	Name: domain.SevenAzzani, Body: body, Headers: web.UnixReset, Limited: limited,
	Windows: web.Windows{Stranger: strangers(), Plan: perKey, Span: web.Second},
}

// perKey are a plan's limits, for each key alone: all logins of an account
// count as one.
func perKey(p domain.Plan) []web.Window {
	return []web.Window{
		{By: web.ByKey, Span: web.Second, Limit: p.RequestsPerSec},
		{By: web.ByKey, Span: web.Minute, Limit: p.RequestsPerMin},
	}
}

// strangers have the free plan's limits, by address.
func strangers() []web.Window {
	free, _ := domain.PlanOf(domain.SevenAzzani, domain.FreePlan)
	windows := perKey(free)
	for i := range windows {
		windows[i].By = web.ByAddress
	}
	return windows
}

// limited tells of a limit as the document does.
func limited(w web.Window) string { return fmt.Sprintf("Maximum %d requests per %s", w.Limit, w.Span) }

// titles are what the field error says of each code: the document's words
// where it has any.
var titles = map[domain.Code]string{
	domain.Invalid:      "Invalid request",
	domain.Unauthorized: "Authentication required",
	domain.BadKey:       "Authentication required",
	domain.Denied:       "Not allowed",
	domain.NotFound:     "Not found",
	domain.Conflict:     "Conflict",
	domain.Stale:        "Service unavailable",
	domain.Quota:        "Limit reached",
	domain.Payment:      "Payment required",
	domain.TooMany:      "Rate limit exceeded",
	domain.TooLarge:     "Request too large",
	domain.Forbidden:    "Invalid request",
	domain.Unresolvable: "Invalid request",
	domain.Unavailable:  "Service unavailable",
	domain.Over:         "Invalid request",
	domain.Lost:         "Service unavailable",
	domain.InFlight:     "Conflict",
	domain.Reused:       "Invalid request",
	domain.Internal:     "Internal server error",
}

// noKey is what the document says to whoever brings no valid key.
const noKey = "Please provide a valid API key"

// body is the contract's error: a title, a sentence, and when to come again.
// Of a key that is none the sentence is the document's, and detail says why.
func body(e *domain.Error, retryAfter int) fiber.Map {
	m := fiber.Map{"error": titles[e.Code], "message": e.Message}
	if e.Code == domain.Unauthorized || e.Code == domain.BadKey {
		m["message"], m["detail"] = noKey, e.Message
	}
	if retryAfter > 0 {
		m["retry_after"] = retryAfter // seconds, as the header Retry-After
	}
	return m
}
