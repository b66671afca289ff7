package scanners

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/scanledger/scanledger/domain"
)

// Address is the one address of a job's target that is looked at, checked, and a
// line of coverage for the others where there are any. Its error is for Scan to
// return.
func Address(ctx context.Context, job Job) (addr netip.Addr, others []domain.Coverage, err error) {
	addrs, err := job.Net.Addrs(ctx, job.Target.Host)
	switch {
	case domain.CodeOf(err) == domain.Unresolvable:
		return addr, nil, Skip("%s", err)
	case domain.CodeOf(err) == domain.Forbidden:
		return addr, nil, &NotTested{Outcome: domain.Refused, Reason: err.Error()}
	case err != nil:
		return addr, nil, err
	}
	if len(addrs) > 1 {
		others = append(others, domain.Coverage{What: fmt.Sprintf("%d more addresses of %s", len(addrs)-1, job.Target.Host),
			Outcome: domain.Skipped, Reason: fmt.Sprintf("only the first, %s, is scanned", addrs[0])})
	}
	return addrs[0], others, nil
}
