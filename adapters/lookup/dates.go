package lookup

import (
	"regexp"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// layouts are the forms in which registries write dates, the exact ones first. A day
// stands before its month, where both are numbers: no registry has it the other way.
var layouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05-07",
	"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "2006/01/02 15:04:05", "2006/01/02", "2006.01.02 15:04:05", "2006.01.02", "2006. 01. 02",
	"20060102", "20060102150405", "20060102 15:04:05", "02-Jan-2006 15:04:05", "02-Jan-2006", "2-Jan-2006", "2006-Jan-02", "02.01.2006 15:04:05", "02.01.2006", "2.1.2006 15:04:05",
	"2.1.2006", "02/01/2006 15:04:05", "02/01/2006", "2/1/2006", "02-01-2006", "January 2 2006", "January 2, 2006", "2 January 2006", "02 Jan 2006", "Jan 2 2006",
	"Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 2006", "Mon, 02 Jan 2006 15:04:05 MST",
}

// zones are the hours that stand behind a date in brackets or without them.
var zones = map[string]int{"UTC": 0, "GMT": 0, "GMT+0:00": 0, "JST": 9, "UTC+8": 8, "UTC+9": 9, "KST": 9, "CLST": -3, "CST": 8, "MSK": 3}

// beside is what stands behind a date and is none of it: a zone, or the number that
// .br has there.
var beside = regexp.MustCompile(`^(.*?\d)\s*(?:\(([A-Z0-9+:]+)\)|(UTC|GMT|JST|KST|MSK|CLST)|#\d+)$`)

// happened is an event of a registry, by a date as that writes it.
func happened(action, date string) domain.RegistryEvent {
	e := domain.RegistryEvent{Action: action, Text: strings.TrimSpace(date)}
	if at, is := parseDate(e.Text); is {
		e.At = &at
	}
	return e
}

// parseDate reads a date in UTC; false where it cannot be read, or is none that a
// registry has.
func parseDate(text string) (time.Time, bool) {
	text, zone := strings.TrimSuffix(strings.Join(strings.Fields(text), " "), "."), time.UTC
	if m := beside.FindStringSubmatch(text); m != nil {
		text = m[1]
		if hours, known := zones[m[2]+m[3]]; known {
			zone = time.FixedZone("", hours*3600)
		}
	}
	for _, layout := range layouts {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			at = at.UTC().Truncate(time.Microsecond)
			return at, at.Year() > 1900 && at.Year() < 2200
		}
	}
	return time.Time{}, false
}
