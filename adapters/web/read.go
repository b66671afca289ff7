package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/domain"
)

// Body is the body as it came, until the request is answered. It is never
// unpacked, whatever Content-Encoding says: a small body could be a large one.
func Body(c *fiber.Ctx) []byte { return c.Request().Body() }

// ReadJSON reads a JSON object from the body into v. Fields that v does not
// have are ignored. The error says which field is wrong and how.
func ReadJSON(c *fiber.Ctx, v any) error {
	body := bytes.TrimSpace(Body(c))
	if !utf8.Valid(body) {
		return domain.Errorf(domain.Invalid, "The body is not valid JSON: it is not UTF-8")
	}
	if len(body) == 0 || body[0] != '{' {
		return domain.Errorf(domain.Invalid, "The body must be a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	err := d.Decode(v)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			return domain.Errorf(domain.Invalid, "The body must be one JSON object and nothing after it")
		}
		failpoint.Here(failpoint.RequestParsed)
		return nil
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return domain.Errorf(domain.Invalid, "%s", Mistyped(wrong.Field, jsonWords[wrong.Type.Kind()], wrong.Value))
	}
	return domain.Errorf(domain.Invalid, "The body is not valid JSON")
}

// Required refuses a body that lacks a field, whose text is given.
func Required(field, text string) error {
	if text == "" {
		return domain.Errorf(domain.Invalid, "%s is required", field)
	}
	return nil
}

// jsonWords are the JSON types of the fields that contracts have.
var jsonWords = map[reflect.Kind]string{
	reflect.String: "a string", reflect.Int: "a whole number", reflect.Int64: "a whole number", reflect.Bool: "true or false",
	reflect.Slice: "a list", reflect.Map: "an object", reflect.Struct: "an object", reflect.Float64: "a number",
}

// Mistyped says of a field that it must be something else than it is: came is JSON's
// word for its type, maybe with its value behind it.
func Mistyped(field, wanted, came string) string {
	came, _, _ = strings.Cut(came, " ")
	if came == "number" && strings.HasSuffix(wanted, jsonWords[reflect.Int]) {
		return field + " must be " + wanted + ", not a fraction"
	}
	return field + " must be " + wanted + ", not " + cmp.Or(cameWords[came], came)
}

// cameWords are the words for what has come.
var cameWords = map[string]string{
	"string": "a string", "number": "a number", "bool": "true or false", "boolean": "true or false", "array": "a list", "object": "an object",
}

// QueryInt reads a whole number from the query: preset when absent, Invalid
// when it is none or below least. What is above most counts as most.
func QueryInt(c *fiber.Ctx, name string, preset, least, most int) (int, error) {
	raw := c.Query(name)
	if raw == "" {
		return preset, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < least {
		return 0, domain.Errorf(domain.Invalid, "%s must be a whole number from %d", name, least)
	}
	return min(n, most), nil
}

// QueryText reads a text from the query, without the spaces around it: Invalid for
// one that no Postgres takes.
func QueryText(c *fiber.Ctx, name string) (string, error) {
	text := strings.TrimSpace(c.Query(name))
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return "", domain.Errorf(domain.Invalid, "%s must be text in UTF-8, without the character NUL", name)
	}
	return text, nil
}

// AsOf reads the version as of which something is asked for; 0 when it is
// asked for as it stands.
func AsOf(c *fiber.Ctx) (version int, err error) {
	if len(c.Context().QueryArgs().Peek("as_of")) == 0 {
		return 0, nil
	}
	return QueryInt(c, "as_of", 1, 1, 1<<30)
}

// PathID reads an id from the path. What is no id is unknown.
func PathID(c *fiber.Ctx, unknown string) (uuid.UUID, error) {
	raw := c.Params("id")
	id, err := uuid.Parse(raw)
	if err != nil || len(raw) != 36 {
		return uuid.Nil, domain.Errorf(domain.NotFound, "%s", unknown)
	}
	return id, nil
}
