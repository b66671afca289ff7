package projections

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// LinkRow is a short link, as its owner sees it and as the redirect needs it. One
// that was deleted keeps its row, which no reader shows.
type LinkRow struct {
	ID          uuid.UUID          `db:"id"`
	Number      int64              `db:"number"` // position of its first event: unique and rising
	Version     int                `db:"version"`
	Account     uuid.UUID          `db:"account"`
	Code        string             `db:"code"`
	Details     domain.LinkDetails `db:"details"`
	Enabled     bool               `db:"enabled"`
	Blocked     *domain.Blocking   `db:"blocked"` // nil unless it leads nowhere for what it leads to
	ShortenedAt time.Time          `db:"shortened_at"`
	ChangedAt   time.Time          `db:"changed_at"`
	DeletedAt   *time.Time         `db:"deleted_at"` // nil while it is there
}

// Links is the read model of all short links, one row each.
var Links = Fold[LinkRow]{Name: "links", Family: domain.LinkFamily, Key: ofLink, Next: nextLink}

func ofLink(e domain.Envelope) (string, bool) {
	return string(e.Stream), e.Stream.Family() == domain.LinkFamily
}

func nextLink(r LinkRow, e domain.Envelope) LinkRow {
	link := domain.Link{Account: r.Account, Number: r.Number, Code: r.Code, LinkDetails: r.Details, Blocked: r.Blocked}
	if link.State = domain.LinkOff; r.Enabled {
		link.State = domain.LinkOn
	}
	link.Apply(e)
	r.Account, r.Number, r.Code, r.Details, r.Blocked = link.Account, link.Number, link.Code, link.LinkDetails, link.Blocked
	r.Enabled, r.Version = link.State == domain.LinkOn, e.Version
	switch e.Event.(type) {
	case domain.LinkShortened:
		r.ID, r.ShortenedAt, r.ChangedAt = e.Stream.ID(), e.At, e.At
	case domain.LinkChanged, domain.LinkEnabled, domain.LinkDisabled:
		r.ChangedAt = e.At
	case domain.LinkDeleted:
		r.DeletedAt = &e.At
	}
	return r
}

// LinkOf is the row of a link's history; false where it has none.
func LinkOf(history []domain.Envelope) (LinkRow, bool) {
	for _, row := range Links.Rows(map[string]LinkRow{}, history) {
		return row, true
	}
	return LinkRow{}, false
}

// LinkReader answers from the read model of links. As Reader, it is never older
// than what was acknowledged before it was asked.
type LinkReader interface {
	// Link returns a link of an account's by its id or its code; NotFound when it is
	// unknown, another's or deleted.
	Link(ctx context.Context, account uuid.UUID, name string) (LinkRow, error)
	// Links returns a page of an account's links, newest first, and how many there
	// are in all.
	Links(ctx context.Context, f LinkFilter) (page []LinkRow, total int, err error)
	// LinkAt returns the link that a code leads to, whoever's it is; NotFound when no
	// link has it.
	LinkAt(ctx context.Context, code string) (LinkRow, error)
	// LinksAfter returns links that are not deleted, whoever's they are, by their
	// numbers: the next after one. It may be a little older than the log.
	LinksAfter(ctx context.Context, number int64, most int) ([]LinkRow, error)
}

// LinkFilter chooses links that are not deleted.
type LinkFilter struct {
	Account uuid.UUID
	Tag     string // those alone that have it; "" for all
	Search  string // those alone whose code or destination has it; "" for all
	Offset  int
	Limit   int
}

// Matches says whether a row is one that the filter chooses.
func (f LinkFilter) Matches(r LinkRow) bool {
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(f.Search)) }
	return r.Account == f.Account && r.DeletedAt == nil && (f.Tag == "" || slices.Contains(r.Details.Tags, f.Tag)) &&
		(has(r.Code) || has(r.Details.Destination))
}
