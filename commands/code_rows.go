package commands

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// MostCodes is how many codes may be asked for at once.
const MostCodes = 200

// The columns of a table of codes, beside the fields of the forms.
const (
	nameColumn    = "name"
	typeColumn    = "qr_type"
	contentColumn = "content"
)

// ReadCodeRows reads a table of codes in CSV (RFC 4180), or with semicolons or tabs in
// the place of commas, as spreadsheets of many countries write it, and with lines that
// end as any system ends them. Its first line names its columns, in capitals or not:
// name, qr_type (preset where there is none), and content or the fields of the types'
// forms. What is wrong with a row is in it; the error is Invalid, for a table that
// cannot be read.
func ReadCodeRows(table string, preset domain.CodeType) ([]CodeRow, error) {
	table = strings.TrimPrefix(table, "\ufeff")
	if !strings.Contains(table, "\n") {
		table = strings.ReplaceAll(table, "\r", "\n")
	}
	r := csv.NewReader(strings.NewReader(table))
	r.FieldsPerRecord, r.Comma = -1, separator(table)
	columns, err := r.Read()
	if err != nil {
		return nil, badTable(err)
	}
	if err := knownColumns(columns); err != nil {
		return nil, err
	}
	var rows []CodeRow
	for {
		cells, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && len(rows) == 0:
			return nil, badTable(io.EOF)
		case errors.Is(err, io.EOF):
			return rows, nil
		case err != nil:
			return nil, badTable(err)
		case strings.TrimSpace(strings.Join(cells, "")) == "": // as spreadsheets have them below a table
			continue
		case len(rows) == MostCodes:
			return nil, domain.Errorf(domain.Invalid, "csv must have at most %d rows", MostCodes)
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, codeRow(line, columns, cells, preset))
	}
}

// separator is what parts the names of the columns, none of which has one in it.
func separator(table string) rune {
	names, _, _ := strings.Cut(table, "\n")
	for _, r := range names {
		if r == ',' || r == ';' || r == '\t' {
			return r
		}
	}
	return ','
}

func badTable(err error) error {
	var wrong *csv.ParseError
	switch {
	case errors.Is(err, io.EOF):
		return domain.Errorf(domain.Invalid, "csv must have a line with the names of its columns, and a row for each code")
	case errors.As(err, &wrong):
		return domain.Errorf(domain.Invalid, "csv cannot be read: line %d: %v", wrong.Line, wrong.Err)
	default:
		return err
	}
}

// knownColumns refuses a column that nothing would come of; one without a name may
// have no cells.
func knownColumns(columns []string) error {
	known := []string{nameColumn, typeColumn, contentColumn}
	for _, form := range domain.CodeForms {
		for _, f := range form.Fields {
			known = append(known, f.Name)
		}
	}
	for i, name := range columns {
		columns[i] = strings.ToLower(strings.TrimSpace(name))
		if columns[i] == "" {
			continue
		}
		if !slices.Contains(known, columns[i]) {
			return domain.Errorf(domain.Invalid, "csv: the column number %d must be name, qr_type, content or a field of a form", i+1)
		}
		if slices.Contains(columns[:i], columns[i]) {
			return domain.Errorf(domain.Invalid, "csv has the column %s twice", columns[i])
		}
	}
	return nil
}

func codeRow(line int, columns, cells []string, preset domain.CodeType) CodeRow {
	row, fields, content := CodeRow{Line: line, Type: preset}, map[string]string{}, ""
	if len(cells) != len(columns) {
		row.Err = domain.Errorf(domain.Invalid, "the row has %d cells, and there are %d columns", len(cells), len(columns))
		return row
	}
	for i, cell := range cells {
		switch columns[i] {
		case "":
			if strings.TrimSpace(cell) != "" {
				row.Err = domain.Errorf(domain.Invalid, "the cell number %d is in a column without a name", i+1)
				return row
			}
		case nameColumn:
			row.Name = strings.TrimSpace(cell)
		case typeColumn:
			if t := strings.TrimSpace(cell); t != "" {
				row.Type = domain.CodeType(strings.ToLower(t))
			}
		case contentColumn:
			content = cell
		default:
			fields[columns[i]] = cell
		}
	}
	form, err := domain.CodeFormOf(row.Type)
	switch {
	case err != nil:
		row.Err = domain.Errorf(domain.Invalid, "%v", err)
	case content != "":
		row.Payload, row.Err = form.PayloadBeside(content, fields)
	default:
		row.Payload, row.Err = form.Payload(fields)
	}
	return row
}

func asFault(err error) (fault *domain.Error, told bool) {
	told = errors.As(err, &fault)
	return fault, told
}
