package seo

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// textOf is the text in n and below, scripts and styles included.
func textOf(n *html.Node) string {
	var b strings.Builder
	writeText(&b, n, false)
	return b.String()
}

// shownText is near to what innerText gives: without what is hidden, white
// space collapsed, lines broken where elements break them. What is hidden
// itself gives all of its text.
func shownText(n *html.Node) string {
	if hiddenFromScreen(n) {
		return textOf(n)
	}
	var b strings.Builder
	writeText(&b, n, true)
	lines := strings.Split(b.String(), "\n")
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

var lineBreakers = map[atom.Atom]bool{
	atom.Br: true, atom.Div: true, atom.P: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Table: true, atom.Tr: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Section: true,
	atom.Article: true, atom.Header: true, atom.Footer: true, atom.Figure: true, atom.Figcaption: true, atom.Blockquote: true, atom.Pre: true,
}

func writeText(b *strings.Builder, n *html.Node, shown bool) {
	switch {
	case n.Type == html.TextNode && shown:
		b.WriteString(strings.NewReplacer("\n", " ", "\r", " ").Replace(n.Data))
		return
	case n.Type == html.TextNode:
		b.WriteString(n.Data)
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if shown && c.Type == html.ElementNode && (hiddenSelf(c) || textless[c.DataAtom]) {
			continue
		}
		breaks := shown && lineBreakers[c.DataAtom]
		if breaks {
			b.WriteByte('\n')
		}
		writeText(b, c, shown)
		if breaks {
			b.WriteByte('\n')
		}
	}
}

// textless elements have text that is never shown.
var textless = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Title: true,
	atom.Textarea: true, atom.Select: true, atom.Iframe: true, atom.Object: true, atom.Video: true, atom.Audio: true, atom.Canvas: true,
}

// hiddenSelf knows the ways of hiding an element that need no style sheet.
func hiddenSelf(n *html.Node) bool {
	if hasAttr(n, "hidden") && n.Namespace == "" && !strings.EqualFold(attr(n, "hidden"), "until-found") {
		return !strings.Contains(style(n), "display:") || displayNone(n)
	}
	return displayNone(n) || strings.Contains(style(n), "visibility:hidden") || strings.Contains(style(n), "visibility:collapse")
}

func displayNone(n *html.Node) bool { return strings.Contains(style(n), "display:none") }

func style(n *html.Node) string {
	return strings.ToLower(strings.Join(strings.Fields(attr(n, "style")), ""))
}

// hiddenFromScreen: n or what it is in is hidden.
func hiddenFromScreen(n *html.Node) bool {
	for at := n; at != nil; at = at.Parent {
		if at.Type == html.ElementNode && (hiddenSelf(at) || textless[at.DataAtom] && at != n || inClosedDetails(at)) {
			return true
		}
	}
	return false
}

// hiddenFromReaders: n or what it is in is kept from screen readers.
func hiddenFromReaders(n *html.Node) bool {
	for at := n; at != nil; at = at.Parent {
		if attr(at, "aria-hidden") == "true" || hasAttr(at, "inert") {
			return true
		}
	}
	return hiddenFromScreen(n)
}

// inClosedDetails: everything in closed details but its first summary.
func inClosedDetails(n *html.Node) bool {
	if n.Parent == nil || !isHTML(n.Parent, atom.Details) || hasAttr(n.Parent, "open") {
		return false
	}
	for c := n.Parent.FirstChild; c != nil; c = c.NextSibling {
		if isHTML(c, atom.Summary) {
			return c != n
		}
	}
	return true
}
