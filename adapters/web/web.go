// Package web is what the four contracts have in common: who is asking, how
// often they may, how a body is read and how a refusal is told. It and the
// folders below it are the only home of Fiber.
package web

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net/netip"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Gate lets requests in. It is safe for concurrent use.
type Gate struct {
	Keys   Keys
	Limits Limits
	// AddressName turns a client's address into the name under which it is
	// counted: a keyed hash, so that no address is stored.
	AddressName func(netip.Addr) string
	IPPerMinute int // Scanner's limit by address; 0 for none
	Answers     commands.Answers
	AnswerKey   []byte             // secret of the installation, by which answers are sealed
	Random      func(bytes []byte) // fills bytes with cryptographic randomness
	NewID       func() uuid.UUID
	Now         func() time.Time
	Served      func(domain.Envelope) // takes domain.RequestServed; waits for no broker
	Spec        Spec
	Log         *slog.Logger
}

// Keys says what credentials open, and how their account stands.
type Keys interface {
	// GrantOf takes an API key or an access token.
	GrantOf(ctx context.Context, credentials string) (commands.Grant, error)
	Use(ctx context.Context, g commands.Grant) error
	TeamOf(ctx context.Context, g commands.Grant) ([]uuid.UUID, error)
}

// Spec is what is said of all requests in the OpenAPI documents.
type Spec interface {
	// Check refuses a request whose query or body is not as it should be:
	// Invalid, with the field and what it may be.
	Check(c *fiber.Ctx) error
}

// Limits counts requests in windows, across all processes.
type Limits interface {
	// Take counts one request and returns how many there have been in the
	// window that is open now, and when it ends.
	Take(ctx context.Context, name string, window time.Duration) (used int, reset time.Time, err error)
	// TakeMonth does the same in the calendar month, UTC.
	TakeMonth(ctx context.Context, name string) (used int, reset time.Time, err error)
	// UsedInMonth returns how many TakeMonth has counted, and counts nothing.
	UsedInMonth(ctx context.Context, name string) (int, error)
}

// Contract is how one of the four APIs speaks.
type Contract struct {
	Name   domain.Contract
	Status map[domain.Code]int                             // of the codes that it answers otherwise than Statuses
	Body   func(e *domain.Error, retryAfter int) fiber.Map // of a refusal

	Windows Windows
	Headers Headers
	Limited func(w Window) string // the sentence that tells of a limit; nil for the usual one
	Team    bool                  // whether an account sees the scans of its team
	Open    bool                  // whether whoever asks is let in, without credentials
	Greets  bool                  // whether one who is let in so, and brings some that hold, counts as their account
	// Operators says that operators alone are let in. All others are Denied before
	// anything is looked at: whatever they ask for, they are told the same.
	Operators bool
}

// Handler answers a request that was let in.
type Handler func(c *fiber.Ctx, by commands.Caller) error

// requestTime bounds what one request may take of the database.
const requestTime = 15 * time.Second

// Let returns the Fiber handler that lets requests of a contract in to h, if
// they are as the OpenAPI document has them, tells refusals in the contract's
// own words, and counts the call. Which contract it is may depend on the
// request. The operation may have limits of its own beside the contract's.
func (g *Gate) Let(which func(*fiber.Ctx) Contract, h Handler, operation ...Window) fiber.Handler {
	h = g.checked(h)
	return func(c *fiber.Ctx) error {
		start := g.Now()
		ctx, cancel := context.WithTimeout(c.UserContext(), requestTime)
		defer cancel()
		c.SetUserContext(ctx)
		contract := which(c)
		by, err := g.enter(c, contract, operation)
		if err == nil {
			err = g.once(c, by, h)
			failpoint.Here(failpoint.RequestDecided)
			g.counted(c, contract, by, operation)
		}
		g.unlimited(c, contract)
		if err != nil {
			g.refuse(c, contract, err)
		}
		g.served(c, contract.Name, by, c.Route().Path, start)
		return nil
	}
}

// checked is h for requests that are as the document has them. It comes after
// the Idempotency-Key, for one that was used says more than a wrong body.
func (g *Gate) checked(h Handler) Handler {
	return func(c *fiber.Ctx, by commands.Caller) error {
		if err := g.Spec.Check(c); err != nil {
			return err
		}
		return h(c, by)
	}
}

// Nothing is what a path is answered that nothing stands at.
const Nothing = "There is nothing at this path"

// Always is a contract that does not depend on the request.
func Always(contract Contract) func(*fiber.Ctx) Contract {
	return func(*fiber.Ctx) Contract { return contract }
}

// NoOperation is the operation of calls that come to none.
const NoOperation = "/*"

// Nowhere answers a request that comes to no operation, in a contract's part of the
// paths, and counts it as one of whoever asks: nothing is there, or its body is larger
// than any is. It says where their limits stand, and answers by answer unless they have
// none left.
func (g *Gate) Nowhere(c *fiber.Ctx, contract Contract, answer func() error) error {
	start := g.Now()
	ctx, cancel := context.WithTimeout(c.UserContext(), requestTime)
	defer cancel()
	c.SetUserContext(ctx)
	contract.Open, contract.Greets = true, true
	by, err := g.enter(c, contract, nil)
	var limited *limitReached
	full := errors.As(err, &limited)
	if err != nil && !full {
		g.Log.Warn("an answer does not say where limits stand", "request", RequestID(c), "error", err)
	} else {
		g.unlimited(c, contract)
	}
	if full {
		g.refuse(c, contract, err)
		err = nil
	} else {
		err = answer()
	}
	g.served(c, contract.Name, by, NoOperation, start)
	return err
}

// Greeted is Open for operations whose requests are an account's where it is known.
func Greeted(contract Contract) func(*fiber.Ctx) Contract {
	contract.Open, contract.Greets = true, true
	return Always(contract)
}

// Open is a contract for operations that need no credentials.
func Open(contract Contract) func(*fiber.Ctx) Contract {
	contract.Open = true
	return Always(contract)
}

// refuse answers with an error. What is not meant for the client is logged,
// and the client is told that something went wrong here.
func (g *Gate) refuse(c *fiber.Ctx, contract Contract, err error) {
	told := &domain.Error{Code: domain.Internal, Message: "Internal server error"}
	if !errors.As(err, &told) || told.Code == domain.Internal {
		told = &domain.Error{Code: domain.Internal, Message: "Internal server error"}
		g.Log.Error("request failed", "request", RequestID(c), "method", c.Method(), "route", c.Route().Path, "error", err)
	}
	status := contract.StatusOf(told.Code)
	retry := retryAfter(err, told, status)
	if retry > 0 {
		c.Set(fiber.HeaderRetryAfter, itoa(retry))
	}
	c.Status(status)
	if err := c.JSON(contract.Body(told, retry)); err != nil {
		g.Log.Error("answer cannot be written", "error", err)
	}
}

// retryAfter is in how many seconds it is worth coming again: a minute where
// nobody knows better. It is 0 for a refusal that stays.
func retryAfter(err error, told *domain.Error, status int) int {
	var limited *limitReached
	switch {
	case errors.As(err, &limited):
		return limited.seconds
	case told.Wait > 0:
		return int(math.Ceil(told.Wait.Seconds()))
	case status == fiber.StatusServiceUnavailable, status == fiber.StatusTooManyRequests:
		return 60
	default:
		return 0
	}
}

// served counts the call. Of bodies that are streams nothing is: to ask for one would
// read it to its end. HEAD is sent none.
func (g *Gate) served(c *fiber.Ctx, contract domain.Contract, by commands.Caller, operation string, start time.Time) {
	id, got, sent := g.NewID(), 0, 0
	if !c.Request().IsBodyStream() {
		got = len(Body(c))
	}
	if r := c.Response(); !r.IsBodyStream() && c.Method() != fiber.MethodHead {
		sent = len(r.Body())
	}
	g.Served(domain.Envelope{
		ID: id, Owner: by.Account, At: start.UTC().Truncate(time.Microsecond), Actor: by.Actor(), Cause: RequestID(c),
		Event: domain.RequestServed{
			Account: by.Account, Key: by.Key, Contract: contract, Operation: operation, Method: c.Method(),
			Status: c.Response().StatusCode(), DurationUS: g.Now().Sub(start).Microseconds(),
			BytesIn: int64(got), BytesOut: int64(sent),
		},
	})
	failpoint.Here(failpoint.RequestServed)
}
