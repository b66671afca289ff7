package commands

import (
	"context"

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

// GenerateCodes answers the codes in the order of the rows, or, where some cannot
// be made, none and what is wrong with each of those. The error is of what
// concerns all of them.
func (c Codes) GenerateCodes(ctx context.Context, g GenerateCodes) ([]Generated, []RowFault, error) {
	job, err := c.job(ctx, GenerateCode{Style: g.Style, Logo: g.Logo, Format: g.Format})
	if err != nil {
		return nil, nil, err
	}
	var faults []RowFault
	made := make([]Generated, len(g.Rows))
	for i, r := range g.Rows {
		if err := ctx.Err(); err != nil {
			return nil, nil, domain.Errorf(domain.Unavailable, "There was no time for all codes: send fewer at once, or a smaller style.size")
		}
		err := r.Err
		if job.Payload = r.Payload; err == nil {
			made[i].Code = c.NewID()
			made[i].Printed, err = c.Printer.Print(job)
		}
		fault, told := asFault(err)
		switch {
		case told:
			faults = append(faults, RowFault{r.Line, r.Name, fault})
		case err != nil:
			return nil, nil, err
		}
	}
	if len(faults) > 0 {
		return nil, faults, nil
	}
	batch := c.NewID()
	for i, r := range g.Rows {
		if err := c.Emit(c.generated(g.By, made[i], r.Payload, r.Type, g.Format, batch)); err != nil {
			return nil, nil, err
		}
	}
	return made, nil, nil
}
