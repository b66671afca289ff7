package redirect

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// openFor is how long a browser that has sent a link's password need not send it
// again; tries is how many passwords an address may try for a link in a minute, and
// triesOfAll how many all addresses together.
const (
	openFor    = 10 * time.Minute
	tries      = 10
	triesOfAll = 200
)

// unlock answers POST /s/{code}: the password of a link, as its form sends it.
func (r *Redirect) unlock(c *fiber.Ctx) error {
	if !strings.HasPrefix(string(c.Request().Header.ContentType()), fiber.MIMEApplicationForm) {
		return r.page(c, fiber.StatusBadRequest, notice{"This is no form", "Send the link's password as the form of its page does."})
	}
	code := codeOf(c)
	link, err := r.find(c, code)
	if err != nil {
		return r.fail(c, err)
	}
	if over := r.over(link); over != "" {
		return r.ended(c, link, over)
	}
	if link.Details.Lock != uuid.Nil {
		ctx, cancel := context.WithTimeout(c.UserContext(), lookTime)
		defer cancel()
		if opened, err := r.try(ctx, c, link); err != nil || !opened {
			return r.stillLocked(c, err)
		}
		r.remember(c, link, code)
	}
	headers(c)
	c.Set(fiber.HeaderLocation, "/s/"+code+kept(c, link))
	c.Status(fiber.StatusSeeOther)
	return nil
}

// kept is the query of a page that goes on to the link itself.
func kept(c *fiber.Ctx, link *Link) string {
	query := string(c.Request().URI().QueryString())
	switch {
	case link.Details.Forward && query != "":
		return "?" + domain.EscapeQuery(query)
	case scanned(c):
		return "?" + domain.ScanParameter + "=1"
	default:
		return ""
	}
}

// stillLocked answers for a password that is wrong, or was not looked at.
func (r *Redirect) stillLocked(c *fiber.Ctx, err error) error {
	var wait int
	switch domain.CodeOf(err) {
	case "":
		return r.ask(c, fiber.StatusUnauthorized, "This is not the password.")
	case domain.TooMany:
		if e, ok := err.(*domain.Error); ok {
			wait = int(math.Ceil(e.Wait.Seconds()))
		}
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(wait))
		return r.ask(c, fiber.StatusTooManyRequests, err.Error())
	default:
		return r.fail(c, err)
	}
}

// try says whether the body has the link's password.
func (r *Redirect) try(ctx context.Context, c *fiber.Ctx, link *Link) (bool, error) {
	name := "link-password:" + link.ID.String()
	for _, limit := range []struct {
		name string
		most int
	}{{name + ":" + r.AddressName(web.ClientAddress(c)), tries}, {name, triesOfAll}} {
		used, reset, err := r.Limits.Take(ctx, limit.name, time.Minute)
		if err != nil {
			return false, err
		}
		if used > limit.most {
			return false, &domain.Error{Code: domain.TooMany, Message: "Too many passwords were tried. Wait a minute, and try again.", Wait: max(reset.Sub(r.Now()), time.Second)}
		}
	}
	hash, err := r.Secrets.Secret(ctx, commands.LockSecret(link.Details.Lock))
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return false, err
	}
	fits, _, err := r.Passwords.Check(ctx, string(hash.Value), string(c.Request().PostArgs().Peek("password")))
	return fits, err
}

// remember has the browser say for a while that it knows the password.
func (r *Redirect) remember(c *fiber.Ctx, link *Link, code string) {
	until := r.Now().Add(openFor).Unix()
	c.Cookie(&fiber.Cookie{
		Name: cookieOf(link), Value: strconv.FormatInt(until, 10) + "." + r.signed(link.Details.Lock, until), Path: "/s/" + code,
		MaxAge: int(openFor.Seconds()), HTTPOnly: true, Secure: secure(c), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

// secure says whether the browser came by https, to us or to a proxy.
func secure(c *fiber.Ctx) bool {
	return c.Secure() || strings.EqualFold(c.Get(fiber.HeaderXForwardedProto), "https")
}

func cookieOf(link *Link) string { return "link-" + link.ID.String() }

// unlocked says whether the browser knows the link's present password.
func (r *Redirect) unlocked(c *fiber.Ctx, link *Link) bool {
	digits, sum, _ := strings.Cut(c.Cookies(cookieOf(link)), ".")
	until, err := strconv.ParseInt(digits, 10, 64)
	return err == nil && r.Now().Unix() < until && hmac.Equal([]byte(sum), []byte(r.signed(link.Details.Lock, until)))
}

// signed binds a time to a password: another password has another lock.
func (r *Redirect) signed(lock uuid.UUID, until int64) string {
	mac := hmac.New(sha256.New, r.CookieKey)
	mac.Write(lock[:])
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(until)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
