package main

import (
	"bytes"

	"go.yaml.in/yaml/v3"
)

// get is a field of an object, or what stands below several; nil where there
// is none.
func get(n *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		if n == nil || n.Kind != yaml.MappingNode {
			return nil
		}
		var found *yaml.Node
		for i := 0; i < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				found = n.Content[i+1]
			}
		}
		n = found
	}
	return n
}

// set puts a field at the end of an object, or changes it where it is.
func set(n *yaml.Node, name string, value *yaml.Node) {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			n.Content[i+1] = value
			return
		}
	}
	n.Content = append(n.Content, key(name), value)
}

// under is an object's field that is an object, made where there is none.
func under(n *yaml.Node, name string) *yaml.Node {
	if get(n, name) == nil {
		set(n, name, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
	}
	return get(n, name)
}

func unset(n *yaml.Node, name string) {
	for i := 0; n != nil && i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			n.Content = append(n.Content[:i], n.Content[i+2:]...)
			return
		}
	}
}

// key is a name as a key: in quotes where it would be a number without.
func key(name string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: name}
	if name >= "0" && name < ":" {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

// pairs calls f with each field of an object.
func pairs(n *yaml.Node, f func(name string, value *yaml.Node) error) error {
	for i := 0; n != nil && i < len(n.Content); i += 2 {
		if err := f(n.Content[i].Value, n.Content[i+1]); err != nil {
			return err
		}
	}
	return nil
}

// plain is a copy without aliases, merges and comments.
func plain(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return plain(n.Alias)
	}
	c := &yaml.Node{Kind: n.Kind, Style: n.Style, Tag: n.Tag, Value: n.Value}
	if n.Kind != yaml.MappingNode {
		for _, item := range n.Content {
			c.Content = append(c.Content, plain(item))
		}
		return c
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			c.Content = append(c.Content, plain(n.Content[i+1]).Content...)
			continue
		}
		set(c, n.Content[i].Value, plain(n.Content[i+1]))
		c.Content[len(c.Content)-2].Style = n.Content[i].Style
	}
	return c
}

// same says whether two parts say the same.
func same(a, b *yaml.Node) bool {
	one, err := yaml.Marshal(a)
	if err != nil {
		return false
	}
	other, err := yaml.Marshal(b)
	return err == nil && bytes.Equal(one, other)
}

// refs calls f with each reference below a part, which may change it.
func refs(n *yaml.Node, f func(ref *yaml.Node) error) error {
	if n == nil {
		return nil
	}
	if ref := get(n, "$ref"); ref != nil && ref.Kind == yaml.ScalarNode {
		return f(ref)
	}
	for _, c := range n.Content {
		if err := refs(c, f); err != nil {
			return err
		}
	}
	return nil
}

// prune takes away the components that nothing refers to, and says whether
// there were any.
func prune(document *yaml.Node) (pruned bool) {
	used := map[string]bool{}
	refs(document, func(ref *yaml.Node) error {
		used[ref.Value] = true
		return nil
	})
	pairs(get(document, "components"), func(kind string, list *yaml.Node) error {
		var kept []*yaml.Node
		for i := 0; i < len(list.Content); i += 2 {
			if kind == "securitySchemes" || used["#/components/"+kind+"/"+list.Content[i].Value] {
				kept = append(kept, list.Content[i:i+2]...)
			}
		}
		pruned = pruned || len(kept) < len(list.Content)
		list.Content = kept
		return nil
	})
	return pruned
}
