package sevenazzani

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

const unknownLookup = "Look-up not found"

// lookupRequest is the body of POST /lookup/api/lookup/.
type lookupRequest struct {
	Domain     string `json:"domain"`      // or an IP address, or an AS number
	LookupType string `json:"lookup_type"` // whois, dns, all (default)
	Resolver   string `json:"resolver"`    // host or host:port of the DNS resolver to ask; "" for the installation's own
}

// lookupShort is a look-up in the document's words, and an item of the history.
// What is not known is null.
type lookupShort struct {
	ID          string              `json:"id"`
	Domain      string              `json:"domain"`
	Kind        domain.LookupKind   `json:"kind"`
	LookupType  domain.LookupType   `json:"lookup_type"`
	Resolver    *string             `json:"resolver"`
	Registrar   *string             `json:"registrar"`
	CreatedDate *string             `json:"created_date"`
	ExpiryDate  *string             `json:"expiry_date"`
	DNSRecords  map[string][]string `json:"dns_records"`
	Complete    bool                `json:"complete"` // whether all parts were answered
	CreatedAt   string              `json:"created_at"`
	LookupURL   string              `json:"lookup_url"`
}

// lookupAnswer is a look-up with all that it has found out.
type lookupAnswer struct {
	lookupShort
	Record domain.LookupRecord `json:"record"`
}

// lookupDiff answers GET /lookup/{id}/diff/.
type lookupDiff struct {
	ID          string                         `json:"id"`
	Against     string                         `json:"against"`
	Domain      string                         `json:"domain"`
	Changed     bool                           `json:"changed"`
	Changes     []projections.LookupChange     `json:"changes"`
	NotCompared []projections.LookupUncompared `json:"not_compared"`
}

// LookUp answers POST /lookup/api/lookup/.
func (a *API) LookUp(c *fiber.Ctx, by commands.Caller) error {
	l := lookupRequest{LookupType: string(domain.LookupAll)}
	if err := web.ReadJSON(c, &l); err != nil {
		return err
	}
	kind, ok := lookupTypes[l.LookupType]
	if !ok {
		return domain.Errorf(domain.Invalid, "lookup_type must be whois, dns or all")
	}
	if l.Domain == "" {
		return domain.Errorf(domain.Invalid, "Domain is required")
	}
	subject, err := domain.ParseSubject(l.Domain)
	if err != nil {
		return err
	}
	e, err := a.Lookups.LookUp(c.UserContext(), commands.LookUp{By: by, Question: domain.LookupQuestion{Subject: subject, Type: kind, Resolver: l.Resolver}})
	if err != nil {
		return err
	}
	return c.JSON(lookedUp(projections.LookupOf(e)))
}

// LookupHistory answers GET /lookup/history/, the newest first; of one subject
// alone with domain in the query.
func (a *API) LookupHistory(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	f := projections.LookupFilter{Account: by.Account, Offset: p.Offset(), Limit: p.Size}
	if of := c.Query("domain"); of != "" {
		subject, err := domain.ParseSubject(of)
		if err != nil {
			return err
		}
		f.Subject = subject.Name
	}
	rows, total, err := a.LookupReader.Lookups(c.UserContext(), f)
	if err != nil {
		return err
	}
	list := make([]lookupShort, len(rows))
	for i, r := range rows {
		list[i] = short(r)
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, total, list))
}

// Lookup answers GET /lookup/{id}/.
func (a *API) Lookup(c *fiber.Ctx, by commands.Caller) error {
	r, err := a.lookup(c, by)
	if err != nil {
		return err
	}
	return c.JSON(lookedUp(r))
}

// LookupDiff answers GET /lookup/{id}/diff/: what is another than in an earlier
// look-up of the same subject, the one that against names or the newest before.
func (a *API) LookupDiff(c *fiber.Ctx, by commands.Caller) error {
	against, err := projections.AgainstOf(c.Query("against"))
	if err != nil {
		return domain.Errorf(domain.Invalid, "against must be the id of a look-up, or previous")
	}
	r, err := a.lookup(c, by)
	if err != nil {
		return err
	}
	earlier, err := a.earlier(c, by, r, against)
	if err != nil {
		return err
	}
	d, err := projections.CompareLookups(r, earlier)
	if err != nil {
		return err
	}
	return c.JSON(lookupDiff{
		ID: r.ID.String(), Against: earlier.ID.String(), Domain: r.Subject, Changed: len(d.Changes) > 0, Changes: d.Changes, NotCompared: d.NotCompared,
	})
}

// lookup is the one that the path names.
func (a *API) lookup(c *fiber.Ctx, by commands.Caller) (projections.LookupRow, error) {
	id, err := web.PathID(c, unknownLookup)
	if err != nil {
		return projections.LookupRow{}, err
	}
	return a.LookupReader.Lookup(c.UserContext(), by.Account, id)
}

// earlier is the look-up to compare with.
func (a *API) earlier(c *fiber.Ctx, by commands.Caller, r projections.LookupRow, against uuid.UUID) (projections.LookupRow, error) {
	if against != uuid.Nil {
		other, err := a.LookupReader.Lookup(c.UserContext(), by.Account, against)
		if domain.CodeOf(err) == domain.NotFound {
			err = domain.Errorf(domain.Invalid, "against must be a look-up of %s, as this one is", r.Subject)
		}
		return other, err
	}
	rows, _, err := a.LookupReader.Lookups(c.UserContext(), projections.LookupFilter{Account: by.Account, Subject: r.Subject, Before: r.Number, Limit: 1})
	if err == nil && len(rows) == 0 {
		err = domain.Errorf(domain.NotFound, "There is no earlier look-up of %s to compare with", r.Subject)
	}
	if err != nil {
		return projections.LookupRow{}, err
	}
	return rows[0], nil
}
