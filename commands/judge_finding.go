package commands

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Findings knows what accounts' scans have found.
type Findings interface {
	// Subject is what one of an account's findings is known again by; NotFound
	// when it is unknown or another's.
	Subject(ctx context.Context, account, finding uuid.UUID) (domain.Subject, error)
	// Comparison is what a scan of an account's target found beside the scan before
	// of that target. It answers NotFound where there is none, or the scan has looked
	// at nothing. Said is what the account has said of its findings, as it stands now.
	Comparison(ctx context.Context, account uuid.UUID, target string, scan uuid.UUID, said []domain.Judgement, now time.Time) (domain.ScanCompared, error)
}

// JudgeFinding says of one of the caller's findings that its risk is accepted, or
// that it is a false positive, or with no ruling takes that back.
type JudgeFinding struct {
	By      Caller
	Finding uuid.UUID
	Ruling  domain.Ruling
	Reason  string     // why; never empty
	Until   *time.Time // then a ruling ends by itself; nil for never
}

// maxWhy is how many characters a reason may have.
const maxWhy = 2000

// JudgeFinding answers Invalid for a reason that is missing or cannot be kept and
// for an end that is no time to come, NotFound for a finding that is unknown or
// another's, and Conflict where there is nothing to take back. A ruling takes the
// place of the one before.
func (d Desk) JudgeFinding(ctx context.Context, c JudgeFinding) error {
	by := c.By.act("judge_finding")
	if len(by.done) > 0 {
		return nil
	}
	reason := strings.TrimSpace(c.Reason)
	if reason == "" {
		return domain.Errorf(domain.Invalid, "reason must say why")
	}
	if err := fitText("reason", reason, maxWhy); err != nil {
		return err
	}
	if c.Until != nil && !d.Now().Before(*c.Until) {
		return domain.Errorf(domain.Invalid, "until must be a time to come")
	}
	subject, err := d.Findings.Subject(ctx, c.By.Account, c.Finding)
	if err != nil {
		return err
	}
	v, err := d.vaultOf(ctx, c.By.Account)
	if err != nil {
		return err
	}
	why := v.seal(reason)
	_, err = decide(ctx, d, by, accountStream(c.By.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		if !a.Exists() {
			return Write{}, nil, domain.Errorf(domain.NotFound, "there is no account %s", c.By.Account)
		}
		events, err := a.Judge(subject, c.Ruling, why, c.Until, d.Now())
		return Write{Owner: c.By.Account}, events, err
	})
	return err
}

// Judgements are all that an account has said of its findings, oldest first, and
// what opens their reasons. NotFound when there is no account.
func (d Desk) Judgements(ctx context.Context, account uuid.UUID) ([]domain.Judgement, func(domain.Sealed) (string, error), error) {
	a, err := d.account(ctx, account)
	if err != nil {
		return nil, nil, err
	}
	open, err := d.Unseal(ctx, account)
	return a.Judgements, open, err
}
