package domain

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// eventForm writes an iCalendar object with one VEVENT (RFC 5545). A time
// without an offset is that of wherever the code is scanned ("floating"), one
// with an offset is written in UTC, and a date alone is whole days.
var eventForm = CodeForm{
	Type: EventCode, Title: "Calendar event", ready: []string{"BEGIN:VCALENDAR", "BEGIN:VEVENT"}, end: "",
	Fields: []CodeField{
		{Name: "title", Label: "Title", Kind: TextField, Required: true, Most: 200, Example: "Summer party"},
		{Name: "start", Label: "Start", Kind: TimeField, Required: true, Most: 30, check: calendarTime, Help: "2027-06-19T18:00 on the clock of whoever scans it, 2027-06-19T18:00:00+02:00 everywhere at once, 2027-06-19 for whole days.", Example: "2027-06-19T18:00"},
		{Name: "end", Label: "End", Kind: TimeField, Most: 30, check: calendarTime, Help: "Written as the start is; of whole days the last one.", Example: "2027-06-19T23:00"},
		{Name: "location", Label: "Place", Kind: TextField, Most: 200, Example: "1 Main Street, Berlin"},
		{Name: "description", Label: "Description", Kind: LongField, Most: 500, Example: "Bring a friend"},
		{Name: "url", Label: "Web address", Kind: URLField, Most: 500, check: webAddress, Example: "https://example.com/party"},
	},
	write: writeEvent,
}

// The layouts of times: as they are said, and as the calendar has them.
var calendarLayouts = []struct{ said, written, parameter string }{
	{"2006-01-02T15:04:05Z07:00", "20060102T150405Z", ""},
	{"2006-01-02T15:04Z07:00", "20060102T150405Z", ""},
	{"2006-01-02T15:04:05", "20060102T150405", ""},
	{"2006-01-02T15:04", "20060102T150405", ""},
	{time.DateOnly, "20060102", ";VALUE=DATE"},
}

// calendarMoment reads a time, and says which layout it has.
func calendarMoment(value string) (at time.Time, layout int) {
	for i, l := range calendarLayouts {
		if at, err := time.Parse(l.said, value); err == nil && at.Year() > 0 {
			return at.UTC(), i
		}
	}
	return time.Time{}, -1
}

func calendarTime(name, value string) (string, error) {
	if _, layout := calendarMoment(value); layout < 0 {
		return "", Errorf(Invalid, "%s must be a time such as 2027-06-19T18:00 or 2027-06-19T18:00:00+02:00, or a date such as 2027-06-19", name)
	}
	return value, nil
}

func writeEvent(v codeValues) (string, error) {
	start, layout := calendarMoment(v["start"])
	form := calendarLayouts[layout]
	var c contentLines
	c.add("BEGIN", "VCALENDAR")
	c.add("VERSION", "2.0")
	c.add("PRODID", "-//scanledger//QR//EN")
	c.add("BEGIN", "VEVENT")
	// A calendar knows an event again by its UID: that of the same event is the same.
	// When it was made (DTSTAMP) is not known here, and is said to be when it begins.
	said := sha256.Sum256([]byte(strings.Join([]string{v["title"], v["start"], v["end"], v["location"]}, "\x00")))
	c.add("UID", hex.EncodeToString(said[:8])+"@scanledger")
	c.add("DTSTAMP", start.Format(calendarLayouts[0].written))
	c.add("DTSTART"+form.parameter, start.Format(form.written))
	if v["end"] != "" {
		end, other := calendarMoment(v["end"])
		if calendarLayouts[other].written != form.written {
			return "", Errorf(Invalid, "content.end must be written as content.start is: both with an offset, both without, or both as dates")
		}
		if form.parameter != "" {
			end = end.AddDate(0, 0, 1) // DTEND is the day after
		}
		if !end.After(start) {
			return "", Errorf(Invalid, "content.end must be after content.start")
		}
		c.add("DTEND"+form.parameter, end.Format(form.written))
	}
	c.text("SUMMARY", v["title"])
	c.text("LOCATION", v["location"])
	c.text("DESCRIPTION", lines(v["description"]))
	if v["url"] != "" {
		c.add("URL", v["url"])
	}
	c.add("END", "VEVENT")
	c.add("END", "VCALENDAR")
	return c.String(), nil
}
