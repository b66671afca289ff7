package web

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// How many items a page has, and at most.
const (
	pageSize    = 20
	maxPageSize = 100
)

// Page is the part of a list that a request asks for.
type Page struct{ Number, Size int }

// PageOf reads page and page_size from the query.
func PageOf(c *fiber.Ctx) (p Page, err error) {
	if p.Number, err = QueryInt(c, "page", 1, 1, 10_000_000); err != nil {
		return p, err
	}
	p.Size, err = QueryInt(c, "page_size", pageSize, 1, maxPageSize)
	return p, err
}

// PageOfUpTo does so for a list whose pages have as many items as they may, unless
// fewer are asked for.
func PageOfUpTo(c *fiber.Ctx, most int) (p Page, err error) {
	if p, err = PageOf(c); err == nil {
		p.Size, err = QueryInt(c, "page_size", most, 1, most)
	}
	return p, err
}

// Offset is how many items come before the page.
func (p Page) Offset() int { return (p.Number - 1) * p.Size }

// Of is the page's share of a list that is there as a whole.
func Of[T any](p Page, all []T) []T {
	shown := all[min(p.Offset(), len(all)):]
	return shown[:min(p.Size, len(shown))]
}

// List is a page of a list, with the addresses of the pages beside it.
type List[T any] struct {
	Count    int     `json:"count"` // of all items
	Next     *string `json:"next"`  // null on the last page
	Previous *string `json:"previous"`
	Results  []T     `json:"results"`
}

// Paged is a page of a list that has all items. Its addresses begin with
// publicURL, or with what the request was sent to where that is "".
func Paged[T any](c *fiber.Ctx, publicURL string, p Page, all int, items []T) List[T] {
	l := List[T]{Count: all, Results: items}
	if p.Offset()+p.Size < all {
		l.Next = address(c, publicURL, p.Number+1)
	}
	if p.Number > 1 {
		l.Previous = address(c, publicURL, p.Number-1)
	}
	return l
}

// address is that of another page of the list that is asked for.
func address(c *fiber.Ctx, base string, number int) *string {
	address := Elsewhere(c, base, "page", strconv.Itoa(number))
	return &address
}

// Elsewhere is the address that is asked for with another value in its query. It
// begins with base, or with what the request was sent to where that is "".
func Elsewhere(c *fiber.Ctx, base, name, value string) string {
	path, query, _ := strings.Cut(c.OriginalURL(), "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		values = url.Values{}
	}
	values.Set(name, value)
	if base == "" {
		base = c.BaseURL()
	}
	return strings.TrimSuffix(base, "/") + path + "?" + values.Encode()
}
