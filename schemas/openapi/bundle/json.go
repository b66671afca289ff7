package main

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"
)

// asJSON writes a document as JSON, its fields in the same order.
func asJSON(document *yaml.Node) ([]byte, error) {
	var compact, b bytes.Buffer
	if err := writeJSON(&compact, document); err != nil {
		return nil, err
	}
	if err := json.Indent(&b, compact.Bytes(), "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.MappingNode:
		return between(b, "{}", n.Content, func(i int) (bool, error) {
			if i%2 == 0 {
				return false, scalar(b, n.Content[i].Value)
			}
			b.WriteByte(':')
			return true, writeJSON(b, n.Content[i])
		})
	case yaml.SequenceNode:
		return between(b, "[]", n.Content, func(i int) (bool, error) { return true, writeJSON(b, n.Content[i]) })
	default:
		var value any
		if err := n.Decode(&value); err != nil {
			return err
		}
		return scalar(b, value)
	}
}

// between writes items in brackets, with a comma after each that is whole.
func between(b *bytes.Buffer, brackets string, items []*yaml.Node, write func(i int) (whole bool, err error)) error {
	b.WriteByte(brackets[0])
	for i := range items {
		whole, err := write(i)
		if err != nil {
			return err
		}
		if whole && i < len(items)-1 {
			b.WriteByte(',')
		}
	}
	b.WriteByte(brackets[1])
	return nil
}

func scalar(b *bytes.Buffer, value any) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return e.Encode(value)
}
