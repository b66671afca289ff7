package render

import (
	"bytes"
	"strconv"
	"time"

	"github.com/scanledger/scanledger/projections"
)

// ClicksCSV are visits to a link, a row each, in the form of CSV.
func ClicksCSV(rows []projections.ClickRow) []byte {
	var b bytes.Buffer
	csvRow(&b, []string{"id", "at", "visitor", "agent", "via", "rule", "fallback", "referrer", "country", "language", "browser", "system", "device"})
	for _, r := range rows {
		csvRow(&b, []string{
			r.ID.String(), r.At.UTC().Format(time.RFC3339Nano), r.Visitor, r.Agent, r.Via, r.Rule, strconv.FormatBool(r.Fallback),
			r.Referrer, r.Country, r.Language, r.Browser, r.System, r.Device,
		})
	}
	return b.Bytes()
}
