package server

import (
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/scanledger/scanledger/adapters/web/speedtest"
)

// whole reads the body of a request, which comes to the server as it is sent, so
// that nothing behind this waits for more or has more than is allowed. The paths
// that measure read theirs themselves. A connection with a body that was not read
// to its end is closed: the rest of it would be taken for a request.
func whole(c *fiber.Ctx) error {
	body := c.Context().RequestBodyStream()
	if body == nil || speedtest.Streams(c.Method(), c.Path()) {
		return c.Next()
	}
	size := c.Request().Header.ContentLength()
	if size > bodyLimit {
		c.Context().SetConnectionClose()
		return fiber.ErrRequestEntityTooLarge
	}
	text, err := read(body, size)
	if err != nil {
		c.Context().SetConnectionClose()
		return err
	}
	c.Request().SetBodyRaw(text)
	return c.Next()
}

// read reads a body of so many bytes; of any number up to bodyLimit, where it is
// negative.
func read(body io.Reader, size int) (text []byte, err error) {
	if size >= 0 {
		text = make([]byte, size)
		_, err = io.ReadFull(body, text)
	} else if text, err = io.ReadAll(io.LimitReader(body, bodyLimit+1)); len(text) > bodyLimit {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	var timeout net.Error
	switch {
	case err == nil:
		return text, nil
	case errors.As(err, &timeout) && timeout.Timeout():
		return nil, fiber.ErrRequestTimeout
	default:
		return nil, fiber.ErrBadRequest
	}
}

// transferTime is how long a request of those may take that measure.
const transferTime = time.Minute

// received gives requests of methods that nobody knows the one that stands for
// them, and those that measure their time.
func received(header *fasthttp.RequestHeader) (config fasthttp.RequestConfig) {
	if !slices.Contains(fiber.DefaultMethods, string(header.Method())) {
		header.SetMethod(otherMethod)
	}
	if speedtest.Transfers(string(header.RequestURI())) {
		config.ReadTimeout, config.WriteTimeout = transferTime, transferTime
	}
	return config
}
