package server

import (
	"bufio"
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
)

// bundleMax is how long a client may take to read a bundle.
const bundleMax = 10 * time.Minute

// bundle answers GET /api/v1/scan/{id}/bundle: the file that scanledger export
// writes. One that breaks off is no bundle any more, and does not verify.
func (s *site) bundle(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, "Scan not found")
	if err != nil {
		return err
	}
	row, err := s.seen(c, by, id)
	if err != nil {
		return err
	}
	write, err := s.Bundle(c.UserContext(), row.Account, id)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/x-tar")
	c.Set(fiber.HeaderContentDisposition, fmt.Sprintf(`attachment; filename="scan-%s.tar"`, id))
	s.stream(c, "bundle", func(w *bufio.Writer) error {
		ctx, cancel := context.WithTimeout(context.Background(), bundleMax)
		defer cancel()
		return write(ctx, w)
	})
	return nil
}
