package lookup

import (
	"fmt"
	"slices"
	"strings"
)

// lists are the members that RFC 9083 has as arrays, and servers sometimes as the
// one thing that would be in it.
var lists = []string{
	"notices", "remarks", "links", "entities", "events", "nameservers", "status", "roles", "publicIds", "description", "dsData", "keyData", "v4", "v6",
	"cidr0_cidrs", "redacted",
}

// lenient reads JSON as it was meant: one thing where a list is due is a list of it,
// texts are made legible, and of a card what is none of it is left out.
func (c *Client) lenient(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, one := range v {
			one = c.lenient(one)
			if _, list := one.([]any); !list && one != nil && slices.Contains(lists, k) {
				one = []any{one}
			}
			if k == "vcardArray" {
				one = card(one)
			}
			v[k] = one
		}
	case []any:
		for i := range v {
			v[i] = c.lenient(v[i])
		}
	case string:
		return c.Legible(v)
	}
	return v
}

// card is a jCard (RFC 7095) without the properties that are none, for which the
// whole would not be read. Seen were such of three parts, of which the parameters are
// a list, and cards that have them beside their name instead of in a list.
func card(v any) any {
	all, _ := v.([]any)
	if len(all) < 2 {
		return v
	}
	properties, _ := all[1].([]any)
	if len(properties) > 0 {
		if _, bare := properties[0].(string); bare {
			properties = all[1:]
		}
	}
	kept := []any{}
	for _, one := range properties {
		property, _ := one.([]any)
		if len(property) < 4 {
			continue
		}
		if _, is := property[1].(map[string]any); !is {
			property[1] = map[string]any{}
		}
		_, named := property[0].(string)
		if _, typed := property[2].(string); named && typed {
			kept = append(kept, property)
		}
	}
	return []any{"vcard", kept}
}

// redactions say in one notice what is kept back, and why (RFC 9537).
func redactions(tree map[string]any) []string {
	all, _ := tree["redacted"].([]any)
	var reasons []string
	names := map[string][]string{}
	for _, one := range all[:min(len(all), listLimit)] {
		m, _ := one.(map[string]any)
		name, reason := described(m["name"]), described(m["reason"])
		if name == "" {
			continue
		}
		if names[reason] == nil {
			reasons = append(reasons, reason)
		}
		names[reason] = append(names[reason], name)
	}
	var texts []string
	for _, reason := range reasons {
		text := strings.Join(names[reason], ", ")
		if reason != "" {
			text += fmt.Sprintf(" (%s)", reason)
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return []string{}
	}
	return []string{"Redacted: " + strings.Join(texts, "; ")}
}

// described is what a name or a reason of a redaction says.
func described(v any) string {
	m, _ := v.(map[string]any)
	for _, key := range []string{"description", "type"} {
		if list, is := m[key].([]any); is && len(list) == 1 { // lenient made it one
			m[key] = list[0]
		}
		if text, is := m[key].(string); is && text != "" {
			return text
		}
	}
	return ""
}
