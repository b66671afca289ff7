package secably

import (
	"cmp"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Register answers POST /api/v1/auth/register/. Whoever registers is logged in.
func (a *API) Register(c *fiber.Ctx, by commands.Caller) error {
	var r registration
	if err := web.ReadJSON(c, &r); err != nil {
		return err
	}
	if err := cmp.Or(web.Required("email", r.Email), web.Required("password", r.Password), web.Required("password_confirm", r.Confirm)); err != nil {
		return err
	}
	if r.Password != r.Confirm {
		return domain.Errorf(domain.Invalid, "password_confirm must be the same as password")
	}
	_, err := a.Accounts.SignUp(c.UserContext(), commands.SignUp{
		By: by, Email: r.Email, Password: r.Password, FirstName: r.FirstName, LastName: r.LastName,
	})
	if err != nil {
		return err
	}
	return a.welcome(c.Status(fiber.StatusCreated), by, credentials{r.Email, r.Password}, "User registered successfully")
}

// LogIn answers POST /api/v1/auth/login/.
func (a *API) LogIn(c *fiber.Ctx, by commands.Caller) error {
	var w credentials
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	if err := cmp.Or(web.Required("email", w.Email), web.Required("password", w.Password)); err != nil {
		return err
	}
	return a.welcome(c, by, w, "")
}

// welcome logs in, and says who it is.
func (a *API) welcome(c *fiber.Ctx, by commands.Caller, w credentials, message string) error {
	login, err := a.Accounts.LogIn(c.UserContext(), commands.LogIn{By: by, Email: w.Email, Password: w.Password})
	if err != nil {
		return err
	}
	person, err := a.Accounts.PersonOf(c.UserContext(), login.Account)
	if err != nil {
		return err
	}
	return c.JSON(welcome{pair{login.Access, login.Refresh}, userOf(person), message})
}

// Refresh answers POST /api/v1/auth/refresh/.
func (a *API) Refresh(c *fiber.Ctx, by commands.Caller) error {
	var s spending
	if err := web.ReadJSON(c, &s); err != nil {
		return err
	}
	if err := web.Required("refresh", s.Refresh); err != nil {
		return err
	}
	login, err := a.Accounts.RefreshSession(c.UserContext(), commands.RefreshSession{By: by, Token: s.Refresh})
	if err != nil {
		return err
	}
	return c.JSON(pair{login.Access, login.Refresh})
}

// ChangePassword answers POST /api/v1/auth/change-password/.
func (a *API) ChangePassword(c *fiber.Ctx, by commands.Caller) error {
	var p passwords
	if err := web.ReadJSON(c, &p); err != nil {
		return err
	}
	if err := cmp.Or(web.Required("old_password", p.Old), web.Required("new_password", p.New), web.Required("new_password_confirm", p.Confirm)); err != nil {
		return err
	}
	if p.New != p.Confirm {
		return domain.Errorf(domain.Invalid, "new_password_confirm must be the same as new_password")
	}
	if err := a.Accounts.ChangePassword(c.UserContext(), commands.ChangePassword{By: by, Old: p.Old, New: p.New}); err != nil {
		return err
	}
	return c.JSON(done{"Password changed successfully. Log in again: all tokens have ended."})
}
