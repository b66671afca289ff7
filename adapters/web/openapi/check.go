package openapi

import (
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// Check refuses a request whose query or body is not as the document of its
// path has it: Invalid, with the field and what it may be. Fields that the
// document does not have are nobody's concern. What is no JSON is left to the
// handler, and so is a path: an id that is none is one that nobody has.
func (d *Documents) Check(c *fiber.Ctx) error {
	method := c.Method()
	if method == fiber.MethodHead {
		method = fiber.MethodGet
	}
	o := d.routes[c.Route().Path][method]
	if o == nil {
		return nil
	}
	for _, p := range o.query {
		if err := o.checkQuery(c, p); err != nil {
			return err
		}
	}
	if o.body == nil {
		return nil
	}
	return o.checkBody(web.Body(c))
}

// checkQuery looks at the first value of a parameter, as handlers do.
func (o *operation) checkQuery(c *fiber.Ctx, p parameter) error {
	args := c.Context().QueryArgs()
	value := string(args.Peek(p.name))
	switch {
	case !args.Has(p.name) && p.required:
		return domain.Errorf(domain.Invalid, "%s is required", p.name)
	case !args.Has(p.name), value == "" && p.empty:
		return nil
	case p.number:
		return p.checkNumber(value)
	case p.real:
		var n float64
		if err := json.Unmarshal([]byte(value), &n); err == nil {
			return o.fits(p.schema, n, p.name)
		}
	}
	return o.fits(p.schema, value, p.name)
}

func (p parameter) checkNumber(value string) error {
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err == nil && p.least <= n && n <= p.most:
		return nil
	case p.most == math.MaxInt64:
		return domain.Errorf(domain.Invalid, "%s must be a whole number from %d", p.name, p.least)
	default:
		return domain.Errorf(domain.Invalid, "%s must be a whole number from %d to %d", p.name, p.least, p.most)
	}
}

func (o *operation) checkBody(body []byte) error {
	var value any
	err := json.Unmarshal(body, &value)
	var large *json.UnmarshalTypeError
	if errors.As(err, &large) { // a number that no float64 holds
		value, err = bounded(body)
	}
	if err != nil {
		return nil
	}
	return o.fits(o.body, value, "")
}

func (o *operation) fits(schema *jsonschema.Schema, value any, name string) error {
	err := schema.Validate(value)
	if err == nil {
		return nil
	}
	var why *jsonschema.ValidationError
	if !errors.As(err, &why) {
		return err
	}
	return domain.Errorf(domain.Invalid, "%s", o.say(why, name))
}

// bounded reads JSON whose numbers are as large as they like: those that are
// too large count as the largest that there is.
func bounded(body []byte) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	err = d.Decode(&value)
	return within(value), err
}

func within(value any) any {
	switch v := value.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			f = math.Copysign(math.MaxFloat64, f)
		}
		return f
	case []any:
		for i := range v {
			v[i] = within(v[i])
		}
	case Node:
		for name := range v {
			v[name] = within(v[name])
		}
	}
	return value
}

func itoa(n int) string { return strconv.Itoa(n) }
