package openapi

import "strings"

// Node is a part of a document.
type Node = map[string]any

// Methods are those that a path of a document may have.
var Methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

// At is what stands at a JSON pointer such as "#/components/schemas/Error",
// or below a URL that ends with one; nil where there is nothing.
func (d Document) At(pointer string) Node {
	_, path, _ := strings.Cut(pointer, "#")
	var at any = d.Tree
	for _, step := range strings.Split(strings.TrimPrefix(path, "/"), "/") {
		switch inside := at.(type) {
		case Node:
			at = inside[unescape.Replace(step)]
		case []any:
			at = item(inside, step)
		}
	}
	found, _ := at.(Node)
	return found
}

// Follow is a part, or what it refers to.
func (d Document) Follow(part any) Node {
	n, _ := part.(Node)
	for range 10 { // a circle ends somewhere
		ref, ok := n["$ref"].(string)
		if !ok {
			break
		}
		n = d.At(ref)
	}
	return n
}

// Place is the pointer of a part, or of what it refers to.
func (d Document) Place(part any, place string) string {
	n, _ := part.(Node)
	for range 10 {
		ref, ok := n["$ref"].(string)
		if !ok {
			break
		}
		n, place = d.At(ref), ref
	}
	return place
}

// Below is the pointer of what stands below a pointer.
func Below(pointer string, steps ...string) string {
	for _, s := range steps {
		pointer += "/" + escape.Replace(s)
	}
	return pointer
}

var (
	escape   = strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D", "^", "%5E", " ", "%20", "\"", "%22")
	unescape = strings.NewReplacer("~1", "/", "~0", "~", "%25", "%", "%7B", "{", "%7D", "}", "%5E", "^", "%20", " ", "%22", "\"")
)

func item(list []any, step string) any {
	n := 0
	for _, r := range step {
		if r < '0' || r > '9' || n > len(list) {
			return nil
		}
		n = n*10 + int(r-'0')
	}
	if n >= len(list) {
		return nil
	}
	return list[n]
}

// Route is a path of a document as Fiber mounts it: without the slash at its
// end, but for the one path on the root where it makes a difference.
func Route(prefix, path string) string {
	route := prefix + strings.NewReplacer("{", ":", "}", "").Replace(path)
	if route == "/api/v1/scans/" || len(route) < 2 {
		return route
	}
	return strings.TrimSuffix(route, "/")
}
