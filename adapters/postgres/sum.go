package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Sum is a checksum over the rows of a read model, in whatever order they come:
// the sum, modulo 2^128, of the first halves of their SHA-256. Equal rows have
// equal sums, wherever they were read or made.
type Sum struct {
	Rows int64  `json:"rows"`
	High uint64 `json:"high"`
	Low  uint64 `json:"low"`
}

// Add takes a row in.
func (s *Sum) Add(row [sha256.Size]byte) {
	var carry uint64
	s.Rows++
	s.Low, carry = bits.Add64(s.Low, binary.BigEndian.Uint64(row[8:]), 0)
	s.High, _ = bits.Add64(s.High, binary.BigEndian.Uint64(row[:]), carry)
}

// Take takes a row out again.
func (s *Sum) Take(row [sha256.Size]byte) {
	var borrow uint64
	s.Rows--
	s.Low, borrow = bits.Sub64(s.Low, binary.BigEndian.Uint64(row[8:]), 0)
	s.High, _ = bits.Sub64(s.High, binary.BigEndian.Uint64(row[:]), borrow)
}

// Join takes all rows of another sum in.
func (s *Sum) Join(other Sum) {
	var carry uint64
	s.Rows += other.Rows
	s.Low, carry = bits.Add64(s.Low, other.Low, 0)
	s.High, _ = bits.Add64(s.High, other.High, carry)
}

// String is the checksum in 32 hex digits.
func (s Sum) String() string { return fmt.Sprintf("%016x%016x", s.High, s.Low) }

// count adds rows to a sum, or takes them out; where there is no sum it does
// nothing.
func (t *Table[R]) count(sum *Sum, step func(*Sum, [sha256.Size]byte), rows map[string]R, streams map[string]domain.Stream) error {
	if sum == nil {
		return nil
	}
	for k, row := range rows {
		_, hash, err := encodeRow(k, streams[k], &row)
		if err != nil {
			return err
		}
		step(sum, hash)
	}
	return nil
}

// encodeRow returns a row's columns as they are copied into its table, and the
// hash that it has in a sum: of its key, its stream and each field's JSON.
func encodeRow[R any](key string, stream domain.Stream, row *R) (columns []any, hash [sha256.Size]byte, err error) {
	v := reflect.ValueOf(row).Elem()
	columns = append(make([]any, 0, v.NumField()+2), key, string(stream))
	text := make([]byte, 0, 1024)
	text = strconv.AppendQuote(strconv.AppendQuote(text, key), string(stream))
	for i := range v.NumField() {
		field := v.Field(i)
		var column any
		if column, text, err = encodeField(field, append(text, '\n')); err != nil {
			return nil, hash, err
		}
		columns = append(columns, column)
	}
	return columns, sha256.Sum256(text), nil
}

// encodeField appends a field's JSON to text. What is JSON in its column too is
// not made twice.
func encodeField(field reflect.Value, text []byte) (column any, longer []byte, err error) {
	switch value := field.Interface().(type) {
	case uuid.UUID:
		return value, append(text, value.String()...), nil
	case time.Time:
		return value, value.UTC().AppendFormat(text, time.RFC3339Nano), nil
	case *time.Time:
		if value == nil {
			return nil, append(text, "null"...), nil
		}
		return value, value.UTC().AppendFormat(text, time.RFC3339Nano), nil
	case []string:
		encoded, err := json.Marshal(value)
		return value, append(text, encoded...), err
	}
	switch field.Kind() {
	case reflect.String:
		return field.String(), strconv.AppendQuote(text, field.String()), nil
	case reflect.Int, reflect.Int64:
		return field.Int(), strconv.AppendInt(text, field.Int(), 10), nil
	case reflect.Pointer:
		if field.IsNil() {
			return nil, append(text, "null"...), nil
		}
	}
	encoded, err := json.Marshal(field.Interface())
	return encoded, append(text, encoded...), err
}
