package server

import "github.com/gofiber/fiber/v2"

// keys answers GET /.well-known/scanledger-keys.json, a JSON Web Key Set.
func (s *site) keys(c *fiber.Ctx) error { return c.JSON(s.Keys) }
