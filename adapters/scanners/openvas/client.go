package openvas

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// attempts is how often a connection that gvmd closed is made again. It closes
// one silently that it does not understand, and while it is busy.
const attempts = 5

// client asks gvmd, over one connection at a time.
type client struct {
	Options
	conn *conn
}

func (c *client) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// once asks one time, over a new connection where there is none. Any error but a
// refusal leaves open whether gvmd has done what it was told.
func (c *client) once(ctx context.Context, command string, request, answer any) error {
	if err := c.connect(ctx); err != nil {
		return err
	}
	err := c.conn.ask(ctx, command, request, answer)
	var no *refusal
	if err != nil && !errors.As(err, &no) {
		c.close()
		return fmt.Errorf("%s: %w", command, err)
	}
	return err
}

// ask asks what may be asked twice, until there is an answer.
func (c *client) ask(ctx context.Context, command string, request, answer any) (err error) {
	for n := range attempts {
		if err = c.once(ctx, command, request, answer); err == nil || final(err) || ctx.Err() != nil {
			return err
		}
		if err := scanners.Rest(ctx, time.Duration(n+1)*c.pause()); err != nil {
			return err
		}
	}
	return err
}

// make asks for something that must be made once alone. Where the answer is lost
// it is looked for by its name, which nothing else has.
func (c *client) make(ctx context.Context, command string, request any, find func() (string, error)) (id string, err error) {
	for n := range attempts {
		var made created
		if err = c.once(ctx, command, request, &made); err == nil {
			return made.ID, nil
		}
		var no *refusal
		if errors.As(err, &no) && no.status != 400 || errors.Is(err, errLogin) || ctx.Err() != nil {
			return "", err
		}
		if id, lost := find(); lost != nil || id != "" {
			return id, lost
		}
		if no != nil {
			return "", err
		}
		if err := scanners.Rest(ctx, time.Duration(n+1)*c.pause()); err != nil {
			return "", err
		}
	}
	return "", err
}

// errLogin is said of a name and a password that gvmd does not take, which are in
// no error and no log.
var errLogin = domain.Errorf(domain.Unavailable, "Greenbone does not let SCANLEDGER_GMP_USER in with SCANLEDGER_GMP_PASSWORD")

func (c *client) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	conn, err := dial(ctx, c.Address)
	if err != nil {
		return err
	}
	var no *refusal
	err = conn.ask(ctx, "authenticate", credentials{c.User, c.Password}, &nothing{})
	if errors.As(err, &no) {
		err = errLogin
	}
	if err != nil {
		conn.Close()
		return err
	}
	c.conn = conn
	return nil
}

// final says whether asking again would be in vain.
func final(err error) bool {
	var no *refusal
	return errors.As(err, &no) && no.status != 503 || errors.Is(err, errLogin) || errors.Is(err, errLarge)
}
