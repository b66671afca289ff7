package web

import (
	"cmp"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/domain"
)

// Statuses are the status codes of refusals, of every code, where a contract has
// no other.
var Statuses = map[domain.Code]int{
	domain.Invalid:      fiber.StatusBadRequest,
	domain.Unauthorized: fiber.StatusUnauthorized,
	domain.BadKey:       fiber.StatusUnauthorized,
	domain.Denied:       fiber.StatusForbidden,
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
	domain.InFlight:     fiber.StatusConflict,
	domain.Reused:       fiber.StatusUnprocessableEntity,
	domain.Internal:     fiber.StatusInternalServerError,
}

// StatusOf is the status code of the contract's refusals with a code.
func (c Contract) StatusOf(code domain.Code) int {
	return cmp.Or(c.Status[code], Statuses[code], fiber.StatusInternalServerError)
}
