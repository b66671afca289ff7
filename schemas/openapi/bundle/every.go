package main

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var methods = []string{"get", "put", "post", "delete", "patch"}

// everywhere adds what x-every says: the responses of every operation, the
// headers of every response, and what every POST has beside. An operation with
// x-plain is not asked at the gate, and has none of it; one that nobody needs
// credentials for is never refused for them.
func everywhere(document, shared *yaml.Node) error {
	every := plain(get(document, "x-every"))
	unset(document, "x-every")
	if every == nil {
		return nil
	}
	if err := pairs(get(document, "components", "responses"), func(_ string, r *yaml.Node) error {
		headers(r, get(every, "headers"))
		return nil
	}); err != nil {
		return err
	}
	return operations(document, func(method string, o *yaml.Node) error {
		if get(o, "x-plain") != nil {
			unset(o, "x-plain")
			return nil
		}
		adopt(document, get(o, "responses"), shared)
		return gated(method, o, every)
	})
}

func gated(method string, o, every *yaml.Node) error {
	responses := under(o, "responses")
	if method == "post" {
		parameters := get(o, "parameters")
		if parameters == nil {
			parameters = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
			set(o, "parameters", parameters)
		}
		parameters.Content = append(parameters.Content, plain(get(every, "post", "parameters")).Content...)
		responses = get(o, "responses")
	}
	open := get(o, "security") != nil && len(get(o, "security").Content) == 0
	add := func(status string, r *yaml.Node) error {
		if get(responses, status) == nil && !(open && (status == "401" || status == "403")) {
			set(responses, status, plain(r))
		}
		return nil
	}
	if method == "post" {
		pairs(get(every, "post", "responses"), add)
	}
	pairs(get(every, "responses"), add)
	sortResponses(responses)
	return pairs(responses, func(status string, r *yaml.Node) error {
		headers(r, get(every, "headers"))
		if method == "post" && status < "300" {
			headers(r, get(every, "post", "headers"))
		}
		return nil
	})
}

// adopt takes what succeeds by a reference into the operation itself, where it
// gets its headers.
func adopt(document, responses, shared *yaml.Node) {
	for i := 0; responses != nil && i < len(responses.Content); i += 2 {
		ref := get(responses.Content[i+1], "$ref")
		if ref == nil || responses.Content[i].Value >= "400" {
			continue
		}
		in, pointer, _ := strings.Cut(ref.Value, "#")
		from := get(document, "components", "responses", path.Base(pointer))
		if in != "" {
			from = get(shared, "responses", path.Base(pointer))
		}
		whole := plain(from)
		refs(whole, func(r *yaml.Node) error {
			if strings.HasPrefix(r.Value, "#") {
				r.Value = in + r.Value
			}
			return nil
		})
		responses.Content[i+1] = whole
	}
}

// headers adds headers to a response.
func headers(response, add *yaml.Node) {
	if get(response, "$ref") != nil {
		return
	}
	at := under(response, "headers")
	pairs(add, func(name string, header *yaml.Node) error {
		if get(at, name) == nil {
			set(at, name, plain(header))
		}
		return nil
	})
}

// sortResponses puts them in the order of their statuses.
func sortResponses(n *yaml.Node) {
	type pair struct{ key, value *yaml.Node }
	var all []pair
	for i := 0; i < len(n.Content); i += 2 {
		k := key(n.Content[i].Value)
		all = append(all, pair{k, n.Content[i+1]})
	}
	slices.SortStableFunc(all, func(a, b pair) int {
		if a.key.Value < b.key.Value {
			return -1
		}
		return 1
	})
	n.Content = nil
	for _, p := range all {
		n.Content = append(n.Content, p.key, p.value)
	}
}

// operations calls f with every operation of a document.
func operations(document *yaml.Node, f func(method string, o *yaml.Node) error) error {
	return pairs(get(document, "paths"), func(_ string, item *yaml.Node) error {
		return pairs(item, func(method string, o *yaml.Node) error {
			if !slices.Contains(methods, method) {
				return nil
			}
			return f(method, o)
		})
	})
}
