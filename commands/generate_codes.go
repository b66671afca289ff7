package commands

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/scanledger/scanledger/domain"
)

// GenerateCodes makes many QR codes in one style: all or none.
type GenerateCodes struct {
	By     Caller
	Rows   []CodeRow
	Style  domain.CodeStyle
	Logo   string // as in GenerateCode
	Format domain.CodeFormat
}

// CodeRow is one code of many.
type CodeRow struct {
	Line    int // of the table that it comes from
	Name    string
	Type    domain.CodeType
	Payload string
	Err     error // why the row cannot be a code; a *domain.Error
}

// RowFault is what is wrong with a row.
type RowFault struct {
	Line int
	Name string
	Err  *domain.Error
}

// RowFaults say why none of many codes was made.
type RowFaults struct {
	Rows    []RowFault
	Undrawn int // rows of which it is not known, for too many others could not be drawn
}

// MostRefused is how many rows are tried in vain before the others are left alone: to
// find out that nobody can read a code takes the longest.
const MostRefused = 10

// MostCodeBytes is how much codes that are asked for at once may say, all of them
// together: a code takes the longer to draw, and the more room, the more it says.
const MostCodeBytes = 100_000

// MostMendedBytes is the same of codes that mend more: with error correction Q or H
// the same takes twice as many modules, and where a logo hides patterns, a code is
// looked at for what takes their place, and drawn by another mask where it misleads.
const MostMendedBytes = 40_000

// GenerateCodes answers the codes in the order of the rows, or, where some cannot
// be made, none and what is wrong with each of those. The error is of what
// concerns all of them.
func (c Codes) GenerateCodes(ctx context.Context, g GenerateCodes) ([]Generated, RowFaults, error) {
	var faults RowFaults
	said, most := 0, MostCodeBytes
	if g.Logo != "" || g.Style.Correction == domain.CorrectQ || g.Style.Correction == domain.CorrectH {
		most = MostMendedBytes
	}
	for _, r := range g.Rows {
		said += len(r.Payload)
	}
	if said > most {
		return nil, faults, domain.Errorf(domain.Invalid, "csv: the contents of all rows come to %d bytes together, and %d is the most, with a logo or error correction Q or H %d: send the rows in parts", said, MostCodeBytes, MostMendedBytes)
	}
	job, err := c.job(ctx, GenerateCode{Style: g.Style, Logo: g.Logo, Format: g.Format})
	if err != nil {
		return nil, faults, err
	}
	made := make([]Generated, len(g.Rows))
	for i, p := range c.printAll(ctx, job, g.Rows) {
		fault, told := asFault(p.err)
		switch {
		case errors.Is(p.err, errUndrawn):
			faults.Undrawn++
		case told && fault.Code == domain.Invalid:
			faults.Rows = append(faults.Rows, RowFault{g.Rows[i].Line, g.Rows[i].Name, fault})
		case p.err != nil:
			return nil, faults, p.err
		}
		made[i] = Generated{Code: c.NewID(), Printed: p.Printed}
	}
	if len(faults.Rows) > 0 {
		return nil, faults, nil
	}
	batch := c.NewID()
	for i, r := range g.Rows {
		if err := c.Emit(c.generated(g.By, made[i], r.Payload, r.Type, g.Format, batch)); err != nil {
			return nil, faults, err
		}
	}
	return made, faults, nil
}

// errUndrawn is why there is no code of a row that was left alone.
var errUndrawn = errors.New("not drawn")

// rowPrinted is a row's code, or why there is none.
type rowPrinted struct {
	Printed
	err error
}

// printAll draws rows side by side, as many as there may be, until all are drawn, too
// many were refused or there is no more time.
func (c Codes) printAll(ctx context.Context, job PrintJob, rows []CodeRow) []rowPrinted {
	printed := make([]rowPrinted, len(rows))
	var next, refused atomic.Int64
	var all sync.WaitGroup
	for range max(c.Together, 1) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(rows)); i = next.Add(1) - 1 {
				switch {
				case rows[i].Err != nil:
					printed[i].err = rows[i].Err
				case refused.Load() >= MostRefused:
					printed[i].err = errUndrawn
				default:
					if printed[i].Printed, printed[i].err = c.printRow(ctx, job, rows[i]); printed[i].err != nil {
						refused.Add(1)
					}
				}
			}
		})
	}
	all.Wait()
	return printed
}

func (c Codes) printRow(ctx context.Context, job PrintJob, r CodeRow) (p Printed, err error) {
	defer func() {
		if said := recover(); said != nil { // of the drawing, which nobody else here would hear of
			err = fmt.Errorf("a code could not be drawn: %v", said)
		}
	}()
	if ctx.Err() != nil {
		return Printed{}, domain.Errorf(domain.Unavailable, "There was no time for all codes: try again when less is going on, send fewer at once, or take a smaller style.size")
	}
	job.Payload = r.Payload
	return c.Printer.Print(job)
}
