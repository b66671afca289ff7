package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// A tuple is a row as COPY's binary form has it (PostgreSQL manual, COPY, File
// Formats): of each column the length, and that many bytes as the server keeps
// them. So a row that is read back is the tuple that it was made as, and nothing
// has to be parsed to compare them. That is why JSON is json in read models:
// jsonb is written otherwise than it was given.

// The beginning and the end of what COPY takes.
const (
	copyHead = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	copyTail = "\xff\xff"
)

// types are those of the columns of a table with rows R: of row_key, stream and
// the others.
func (t *Table[R]) types(ctx context.Context, q querier, table string) ([]uint32, error) {
	rows, err := q.Query(ctx, t.selects(table, "LIMIT 0"))
	if err != nil {
		return nil, err
	}
	rows.Close()
	var types []uint32
	for _, f := range rows.FieldDescriptions() {
		types = append(types, f.DataTypeOID)
		if f.DataTypeOID == pgtype.JSONBOID {
			return nil, &projections.Refused{Reason: fmt.Sprintf("%s.%s has to be json, not jsonb", table, f.Name)}
		}
	}
	return types, rows.Err()
}

// appendTuple appends a row's tuple.
func appendTuple[R any](to []byte, m *pgtype.Map, types []uint32, key string, stream domain.Stream, row *R) ([]byte, error) {
	to = appendText(appendText(to, key), string(stream))
	v := reflect.ValueOf(row).Elem()
	for i := range v.NumField() {
		start := len(to)
		to = append(to, 0xff, 0xff, 0xff, 0xff) // the length of what is null
		longer, err := m.Encode(types[i+2], pgtype.BinaryFormatCode, normal(v.Field(i).Interface()), to)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", v.Type().Field(i).Tag.Get("db"), err)
		}
		if longer != nil {
			to = longer
			binary.BigEndian.PutUint32(to[start:], uint32(len(to)-start-4))
		}
	}
	return to, nil
}

// normal is a value as the server keeps it: an array without elements has no
// dimensions.
func normal(value any) any {
	if list, ok := value.([]string); ok && list != nil && len(list) == 0 {
		return pgtype.Array[string]{Dims: []pgtype.ArrayDimension{}, Valid: true}
	}
	return value
}

func appendText(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(text))), text...)
}

// appendValues appends the tuple of a row that was read, in binary.
func appendValues(to []byte, values [][]byte) []byte {
	for _, v := range values {
		if v == nil {
			to = binary.BigEndian.AppendUint32(to, math.MaxUint32)
		} else {
			to = append(binary.BigEndian.AppendUint32(to, uint32(len(v))), v...)
		}
	}
	return to
}
