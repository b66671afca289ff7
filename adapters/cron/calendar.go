// Package cron says when a schedule is due: it reads the expressions of cron by
// netresearch/go-cron, and puts the times that they name on the clock of a zone.
package cron

import (
	"strings"
	"time"
	_ "time/tzdata" // so that zones are known where the system has none

	library "github.com/netresearch/go-cron"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Calendar reads schedules. It is safe for concurrent use.
type Calendar struct{}

var _ commands.Calendar = Calendar{}

// maxExpression is how many bytes an expression may have.
const maxExpression = 200

// words are the short forms, and what they stand for.
var words = map[string]string{
	"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
	"@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}

// parser takes five fields. Where day of month and day of week are both given, one of
// them is enough, as in crontab(5).
var parser = library.MustNewParser(library.Minute | library.Hour | library.Dom | library.Month | library.Dow | library.DowOrDom)

// Times implements commands.Calendar.
func (Calendar) Times(expression, zone string) (commands.Times, error) {
	fields, err := fieldsOf(expression)
	if err != nil {
		return nil, err
	}
	at, err := zoneOf(zone)
	if err != nil {
		return nil, err
	}
	spec, err := parser.Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "cron: %s. Write minute, hour, day of month, month and day of week, such as 30 3 * * 1-5", plain(err))
	}
	// cron(8): what names no hour, or each so many, goes by the time that passes
	t := times{spec: spec, zone: at, hourly: fields[0][0] == '*' || fields[1][0] == '*'}
	if t.spec.Next(epoch).IsZero() {
		return nil, domain.Errorf(domain.Invalid, "cron: there is no such day in any year: change the day of month or the month")
	}
	return t, nil
}

// epoch is any time: an expression that has a day has one in the years after it.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// fieldsOf are the five fields of an expression.
func fieldsOf(expression string) ([]string, error) {
	if len(expression) > maxExpression {
		return nil, domain.Errorf(domain.Invalid, "cron must have at most %d characters", maxExpression)
	}
	fields := strings.Fields(expression)
	if len(fields) == 1 && strings.HasPrefix(fields[0], "@") {
		fields = strings.Fields(words[strings.ToLower(fields[0])])
		if len(fields) == 0 {
			return nil, domain.Errorf(domain.Invalid, "cron: %.40q is unknown: use @hourly, @daily, @weekly, @monthly or @yearly, or five fields", expression)
		}
	}
	if len(fields) != 5 {
		return nil, domain.Errorf(domain.Invalid, "cron must have five fields, minute, hour, day of month, month and day of week, such as 30 3 * * 1-5; it has %d", len(fields))
	}
	return fields, nil
}

// zoneOf finds a zone by its name in the IANA database. What a machine has beside it is
// not known everywhere.
func zoneOf(name string) (*time.Location, error) {
	at, err := time.LoadLocation(name)
	if err != nil || !domain.EverywhereZone(name) {
		return nil, domain.Errorf(domain.Invalid, "time_zone: %.60q is unknown: use a name of the IANA database, such as Europe/Berlin or UTC", name)
	}
	return at, nil
}

// plain is what the library says of an expression, in one short line.
func plain(err error) string {
	says := []rune(strings.ToValidUTF8(err.Error(), "\uFFFD"))
	return string(says[:min(len(says), 160)])
}
