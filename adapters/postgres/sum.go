package postgres

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/scanledger/scanledger/domain"
)

// Sum is a checksum over the rows of a read model, in whatever order they come:
// the sum, modulo 2^128, of the first halves of the SHA-256 of their tuples.
// Equal rows have equal sums, wherever they were read or made.
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

// summing is a sum that follows the rows as they change; nil for none.
type summing struct {
	sum   *Sum
	types []uint32 // of the columns
}

// count adds rows to the sum, or takes them out.
func count[R any](s *summing, m *pgtype.Map, step func(*Sum, [sha256.Size]byte), rows map[string]R, streams map[string]domain.Stream) (err error) {
	if s == nil {
		return nil
	}
	var tuple []byte
	for k, row := range rows {
		if tuple, err = appendTuple(tuple[:0], m, s.types, k, streams[k], &row); err != nil {
			return err
		}
		step(s.sum, sha256.Sum256(tuple))
	}
	return nil
}
