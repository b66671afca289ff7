package web

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// enter finds out who is asking and counts the request against the limits
// that hold for them, and then against those of the operation. The limit by
// address is counted first, so that it holds for wrong keys too.
func (g *Gate) enter(c *fiber.Ctx, contract Contract, operation []Window) (commands.Caller, error) {
	by := commands.Caller{Request: RequestID(c), Trace: traceOf(c)}
	if contract.Windows.Address != nil {
		if err := g.count(c, contract, by, contract.Windows.Address(g)); err != nil {
			return by, err
		}
	}
	grant, err := g.who(c, contract)
	if err != nil {
		if full := g.count(c, contract, by, contract.Windows.Stranger); full != nil {
			return by, full
		}
		if !contract.Open {
			return by, err
		}
		return by, g.count(c, contract, by, operation)
	}
	by.Account, by.Key, by.Standing = grant.Account, grant.Key, grant.Standing
	if contract.Windows.Plan != nil {
		if err := g.count(c, contract, by, contract.Windows.Plan(by.Standing.Plan(contract.Name))); err != nil {
			return by, err
		}
	}
	if err := g.count(c, contract, by, operation); err != nil {
		return by, err
	}
	if by.Operator = contract.Operators; by.Operator && !by.Standing.Operator {
		return by, domain.Errorf(domain.Denied, "This is for operators of the installation alone")
	}
	if contract.Team {
		by.Team, err = g.Keys.TeamOf(c.UserContext(), grant)
	}
	return by, err
}

// errStranger is why somebody counts as one who was not asked.
var errStranger = domain.Errorf(domain.Unauthorized, "nobody has been asked")

// who is whoever asks, where that is of interest.
func (g *Gate) who(c *fiber.Ctx, contract Contract) (commands.Grant, error) {
	if contract.Open && !contract.Greets {
		return commands.Grant{}, errStranger
	}
	return g.grant(c, ClientAddress(c))
}

// granted is what the credentials of a request open, or why they do not.
type granted struct {
	grant commands.Grant
	err   error
}

// grantedKey is the local under which that is kept.
const grantedKey = "granted"

// Ask asks what the request's credentials open before it is let in: where the
// contract depends on what is asked for, both are asked at once. Whether they
// let it in is decided in the same order as ever.
func (g *Gate) Ask(c *fiber.Ctx) {
	asked := new(granted)
	asked.grant, asked.err = g.open(c)
	c.Locals(grantedKey, asked)
}

// Foreign says whether an account's things are foreign to whoever asks: whether
// their credentials hold, and are neither its own nor a team mate's. It is true
// where that cannot be found out.
func (g *Gate) Foreign(c *fiber.Ctx, account uuid.UUID) bool {
	grant, err := g.open(c)
	if err != nil {
		return false
	}
	by := commands.Caller{Account: grant.Account}
	if by.Sees(account) {
		return false
	}
	by.Team, err = g.Keys.TeamOf(c.UserContext(), grant)
	return err != nil || !by.Sees(account)
}

// open says what the bearer's credentials open.
func (g *Gate) open(c *fiber.Ctx) (commands.Grant, error) {
	if asked, ok := c.Locals(grantedKey).(*granted); ok {
		return asked.grant, asked.err
	}
	key, err := Bearer(c)
	if err != nil {
		return commands.Grant{}, err
	}
	return g.Keys.GrantOf(c.UserContext(), key)
}

// Bearer are the credentials that a request brings; Unauthorized where it brings none.
func Bearer(c *fiber.Ctx) (string, error) {
	if len(c.Request().Header.PeekAll(fiber.HeaderAuthorization)) > 1 {
		return "", domain.Errorf(domain.Unauthorized, "The header Authorization must be sent once")
	}
	header := c.Get(fiber.HeaderAuthorization)
	scheme, key, ok := strings.Cut(header, " ")
	if key = strings.TrimSpace(key); header == "" || !ok || !strings.EqualFold(scheme, "Bearer") || key == "" {
		return "", domain.Errorf(domain.Unauthorized, "Authentication required: send the header Authorization: Bearer YOUR_API_KEY")
	}
	return key, nil
}

// grant checks the bearer's credentials, and notes their use.
func (g *Gate) grant(c *fiber.Ctx, address netip.Addr) (commands.Grant, error) {
	grant, err := g.open(c)
	if err != nil {
		return grant, err
	}
	inside := func(p netip.Prefix) bool { return p.Contains(address) }
	if len(grant.AllowIP) > 0 && !slices.ContainsFunc(grant.AllowIP, inside) {
		return commands.Grant{}, domain.Errorf(domain.BadKey, "The API key may not be used from this address")
	}
	return grant, g.Keys.Use(c.UserContext(), grant)
}

var (
	saneRequestID = regexp.MustCompile(`^[A-Za-z0-9_-]{8,64}$`)
	saneTrace     = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)
)

// requestIDKey is the local under which a request's id is kept.
const requestIDKey = "request-id"

// NameRequest gives a request an id: its own X-Request-ID if that is sane, else
// the new one. The answer carries it.
func NameRequest(c *fiber.Ctx, fresh func() uuid.UUID) {
	id := c.Get(fiber.HeaderXRequestID)
	if id == "" || !saneRequestID.MatchString(id) {
		id = fresh().String()
	}
	c.Locals(requestIDKey, id)
	c.Set(fiber.HeaderXRequestID, id)
}

// RequestID is the request's id.
func RequestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDKey).(string)
	return id
}

func traceOf(c *fiber.Ctx) string {
	if t := c.Get("traceparent"); saneTrace.MatchString(t) {
		return t
	}
	return ""
}

func itoa(n int) string { return strconv.Itoa(n) }
