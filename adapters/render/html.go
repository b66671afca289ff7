package render

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/scanledger/scanledger/projections"
)

// PageOptions are the addresses that a page leads to. Each may be "", and then
// the page does not mention it. They are the caller's own and not a target's.
type PageOptions struct {
	Options
	Exports []Export // the same report in other formats
	Check   string   // the page that checks the report, of the same origin
	Events  string   // the scan's events as text/event-stream, of the same origin; without it a live page polls itself
}

// Export is where a report can be had in a format, by the format's name.
type Export struct{ Format, URL string }

// Label is the format as people call it.
func (x Export) Label() string {
	if f, ok := formatNamed(x.Format); ok {
		return f.Label
	}
	return line(x.Format, maxTitle)
}

var (
	//go:embed parts.html
	partsHTML string // what pages have in common
	//go:embed report.html
	reportHTML string
	//go:embed error.html
	errorHTML string
	//go:embed style.css
	styleCSS string
	//go:embed live.js
	liveJS string
)

var (
	style  = paletteCSS() + styleCSS
	script = strings.TrimSpace(liveJS)

	reportPage = parsePage("report", reportHTML)
	errorPage  = parsePage("error", errorHTML)
)

// PageCSP is the Content-Security-Policy under which Page, VerifyPage and
// ErrorPage work: the page's own style and script by their hashes, connections to the
// same origin for live progress, and nothing else.
var PageCSP = fmt.Sprintf("default-src 'none'; style-src '%s'; script-src '%s'; connect-src 'self'; img-src data:; "+
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", hashSource(style), hashSource(script))

// hashSource is a hash-source of Content Security Policy Level 3.
func hashSource(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func parsePage(name, text string) *template.Template {
	return template.Must(template.New(name).Funcs(template.FuncMap{
		"style":      func() template.CSS { return template.CSS(style) },
		"script":     func() template.JS { return template.JS(script) },
		"unfit":      unfit,
		"count":      count,
		"limits":     func() string { return limits },
		"provenance": func() string { return provenance },
	}).Parse(partsHTML + text))
}

// Page writes the report as one HTML page that loads nothing else. A scan
// that still runs has a page that refreshes itself. Its only errors are w's.
func Page(w io.Writer, r projections.ReportRow, o PageOptions) error {
	view := struct {
		report
		PageOptions
	}{newReport(r, o.Options), o}
	if err := reportPage.Execute(w, view); err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	return nil
}

// HTML is the page alone, as a file to be handed on: it leads to no server but
// where the report can be checked.
func HTML(r projections.ReportRow, o Options) ([]byte, error) {
	var b bytes.Buffer
	if err := Page(&b, r, PageOptions{Options: o}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ErrorPage writes a page that says what went wrong, in the looks of Page.
// Its only errors are w's.
func ErrorPage(w io.Writer, status int, title, text string) error {
	view := struct {
		Status      int
		Title, Text string
	}{status, line(title, maxTitle), clean(text, maxText)}
	if err := errorPage.Execute(w, view); err != nil {
		return fmt.Errorf("error page: %w", err)
	}
	return nil
}
