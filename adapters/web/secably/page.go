package secably

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
)

// How many items a page has, and at most.
const (
	pageSize    = 20
	maxPageSize = 100
)

// page is the part of a list that the query asks for.
type page struct{ number, size int }

// pageOf reads page and page_size.
func pageOf(c *fiber.Ctx) (p page, err error) {
	if p.number, err = web.QueryInt(c, "page", 1, 1, 10_000_000); err != nil {
		return p, err
	}
	p.size, err = web.QueryInt(c, "page_size", pageSize, 1, maxPageSize)
	return p, err
}

func (p page) offset() int { return (p.number - 1) * p.size }

// paged is a page of a list with all in all items, with the addresses of the
// pages beside it.
func paged[T any](a *API, c *fiber.Ctx, p page, all int, items []T) list[T] {
	l := list[T]{Count: all, Results: items}
	if p.offset()+p.size < all {
		l.Next = a.address(c, p.number+1)
	}
	if p.number > 1 {
		l.Previous = a.address(c, p.number-1)
	}
	return l
}

// address is that of another page of the list that is asked for.
func (a *API) address(c *fiber.Ctx, number int) *string {
	path, query, _ := strings.Cut(c.OriginalURL(), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	values.Set("page", strconv.Itoa(number))
	base := a.PublicURL
	if base == "" {
		base = c.BaseURL()
	}
	address := strings.TrimSuffix(base, "/") + path + "?" + values.Encode()
	return &address
}
