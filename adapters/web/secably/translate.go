package secably

import (
	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// Contract is how this API refuses.
var Contract = web.Contract{Name: domain.SecAbly, Status: statusOf, Body: body}

// statusOf are the contract's status codes.
var statusOf = map[domain.Code]int{
	domain.Invalid:      fiber.StatusBadRequest,
	domain.Unauthorized: fiber.StatusUnauthorized,
	domain.BadKey:       fiber.StatusUnauthorized,
	domain.NotFound:     fiber.StatusNotFound,
	domain.Conflict:     fiber.StatusConflict,
	domain.Stale:        fiber.StatusServiceUnavailable,
	domain.Quota:        fiber.StatusTooManyRequests,
	domain.Payment:      fiber.StatusPaymentRequired,
	domain.TooMany:      fiber.StatusTooManyRequests,
	domain.TooLarge:     fiber.StatusRequestEntityTooLarge,
	domain.Forbidden:    fiber.StatusBadRequest,
	domain.Unresolvable: fiber.StatusBadRequest,
	domain.Unavailable:  fiber.StatusServiceUnavailable,
	domain.Over:         fiber.StatusBadRequest,
	domain.Lost:         fiber.StatusServiceUnavailable,
	domain.Internal:     fiber.StatusInternalServerError,
}

// body is the refusal; that of too few credits says how many there are.
func body(e *domain.Error, _ int) fiber.Map {
	m := fiber.Map{"error": e.Message}
	if s := e.Short; s != nil {
		m["required"], m["available"] = s.Required, s.Available
		m["monthly_credits"], m["purchased_credits"] = s.Monthly, s.Purchased
		m["scanner_type"], m["scan_profile"] = s.Profile.Scanner(), s.Profile.Mode()
		m["upgrade_url"] = "/pricing/"
	}
	return m
}

// statement is a ledger in the contract's shape.
func statement(l *domain.Ledger) ledger {
	out := ledger{
		Balance: l.Balance(), Monthly: l.Credits.Monthly, Purchased: l.Credits.Purchased,
		Entries: make([]entry, len(l.Entries)),
	}
	for i, e := range l.Entries {
		out.Entries[i] = entry{Amount: e.Amount, Kind: e.Kind, At: e.At.UTC(), Cause: e.Cause}
	}
	return out
}
