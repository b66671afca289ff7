package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// join adds a contract's document to that of all. Its components get the
// contract's name, but for those that all have in common. A path that is there
// already has to be described for both.
func join(whole, document *yaml.Node, prefix string, shared *yaml.Node) error {
	document = plain(document)
	if err := rename(document, prefix, shared); err != nil {
		return err
	}
	tags := get(whole, "tags")
	tags.Content = append(tags.Content, get(document, "tags").Content...)
	components := under(whole, "components")
	if err := pairs(get(document, "components"), func(kind string, list *yaml.Node) error {
		return pairs(list, func(name string, c *yaml.Node) error {
			set(under(components, kind), name, c)
			return nil
		})
	}); err != nil {
		return err
	}
	return pairs(get(document, "paths"), func(p string, item *yaml.Node) error {
		present := get(whole, "paths", p)
		if present == nil {
			set(get(whole, "paths"), p, item)
			return nil
		}
		return pairs(item, func(method string, o *yaml.Node) error {
			if !slices.Contains(methods, method) {
				return nil
			}
			if get(present, method) == nil {
				set(present, method, o)
				return nil
			}
			if err := both(whole, get(present, method), o); err != nil {
				return fmt.Errorf("%s %s: %w", method, p, err)
			}
			return nil
		})
	})
}

// rename gives a contract's name to its components.
func rename(document *yaml.Node, prefix string, shared *yaml.Node) error {
	own := func(kind, name string) string {
		if kind == "securitySchemes" || get(shared, kind, name) != nil || facts(kind, name) {
			return name
		}
		return prefix + name
	}
	if err := pairs(get(document, "components"), func(kind string, list *yaml.Node) error {
		for i := 0; i < len(list.Content); i += 2 {
			list.Content[i].Value = own(kind, list.Content[i].Value)
		}
		return nil
	}); err != nil {
		return err
	}
	return refs(document, func(ref *yaml.Node) error {
		kind, name := path.Base(path.Dir(ref.Value)), path.Base(ref.Value)
		ref.Value = "#/components/" + kind + "/" + own(kind, name)
		return nil
	})
}

// facts are shared too: they are files of their own.
func facts(kind, name string) bool {
	return kind == "schemas" && slices.Contains([]string{"TLSEndpoint", "DNSZone", "SiteVisit", "ObservatoryTest", "SEOAudit", "TrafficPart", "HostUp", "PageVitals"}, name)
}

// both makes of an operation that is there one that another contract has too.
func both(whole, present, other *yaml.Node) error {
	if get(present, "operationId") == nil {
		return fmt.Errorf("it is not described")
	}
	parameters(present, other)
	if (get(present, "requestBody") == nil) != (get(other, "requestBody") == nil) {
		return fmt.Errorf("only one of them has a body")
	}
	responses := under(present, "responses")
	if err := pairs(get(other, "responses"), func(status string, r *yaml.Node) error {
		if present := get(responses, status); present != nil && !same(present, r) {
			r = either(follow(whole, present), follow(whole, r), status)
		}
		set(responses, status, r)
		return nil
	}); err != nil {
		return err
	}
	sortResponses(responses)
	return nil
}

func parameters(present, other *yaml.Node) {
	list := get(present, "parameters")
	if list == nil {
		list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		set(present, "parameters", list)
	}
	if from := get(other, "parameters"); from != nil {
		for _, p := range from.Content {
			if !slices.ContainsFunc(list.Content, func(has *yaml.Node) bool { return same(has, p) }) {
				list.Content = append(list.Content, p)
			}
		}
	}
	if len(list.Content) == 0 {
		unset(present, "parameters")
	}
}

func follow(whole, n *yaml.Node) *yaml.Node {
	for ref := get(n, "$ref"); ref != nil; ref = get(n, "$ref") {
		n = get(whole, strings.Split(strings.TrimPrefix(ref.Value, "#/"), "/")...)
	}
	return n
}

// either is a response that is as one contract has it or as the other. Errors
// may be as both: they have the same field.
func either(a, b *yaml.Node, status string) *yaml.Node {
	r := plain(a)
	if one, other := get(a, "description").Value, get(b, "description").Value; !strings.Contains(one, other) {
		set(r, "description", text(one+" Or: "+other))
	}
	headers(r, get(b, "headers"))
	word := "oneOf"
	if status >= "400" {
		word = "anyOf"
	}
	pairs(get(b, "content"), func(media string, content *yaml.Node) error {
		at := under(under(r, "content"), media)
		one, other := get(at, "schema"), get(content, "schema")
		switch list := get(one, word); {
		case one == nil || same(one, other):
			set(at, "schema", other)
		case list != nil:
			list.Content = append(list.Content, other)
		default:
			set(at, "schema", &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{
				key(word), {Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{one, other}},
			}})
		}
		pairs(get(content, "examples"), func(name string, example *yaml.Node) error {
			if examples := get(at, "examples"); examples != nil && get(examples, name) != nil {
				name += " too"
			}
			if get(at, "example") == nil {
				set(under(at, "examples"), name, example)
			}
			return nil
		})
		return nil
	})
	return r
}
