package commands_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// directory answers for some names, and refuses others. It counts the questions.
type directory struct {
	records map[string]domain.LookupRecord
	asked   []domain.LookupQuestion
}

func (d *directory) LookUp(_ context.Context, q domain.LookupQuestion) (domain.LookupRecord, error) {
	d.asked = append(d.asked, q)
	r, known := d.records[q.Subject.Name]
	if !known {
		return r, domain.Errorf(domain.Forbidden, "%s is refused", q.Subject.Name)
	}
	return r, nil
}

// lookup1 is the stream of the first look-up, where nothing else draws ids before.
var lookup1 = domain.NewStream(domain.LookupFamily, id(1))

func questionOf(name string) domain.LookupQuestion {
	return domain.LookupQuestion{Subject: domain.LookupSubject{Kind: domain.DomainSubject, Name: name}, Type: domain.LookupAll, Resolver: "192.0.2.53:53"}
}

func lookUp(by commands.Caller, name string) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.LookUp(s.t.Context(), commands.LookUp{By: by, Question: questionOf(name)})
		return err
	}
}

// knows makes the directory know a name.
func knows(name string, r domain.LookupRecord) step {
	return func(s *scenario) { s.names.records[name] = r }
}

var nobodys = domain.LookupRecord{Parts: []domain.LookupPart{{Part: "whois", Outcome: domain.PartNone}}}

func lookedUpBy(account uuid.UUID, name string, r domain.LookupRecord) domain.LookupCompleted {
	q := questionOf(name)
	return domain.LookupCompleted{Account: account, Subject: q.Subject, Type: q.Type, Resolver: q.Resolver, Record: r}
}

func TestLookUp(t *testing.T) {
	t.Run("what was found out is an event", func(t *testing.T) {
		given(t, knows("a.example", nobodys)).when(lookUp(byAnn, "a.example")).then(lookedUpBy(ann, "a.example", nobodys))
	})
	t.Run("each time is a look-up of its own", func(t *testing.T) {
		given(t, knows("a.example", nobodys), did(lookUp(byAnn, "a.example"))).when(lookUp(byBob, "a.example")).then(lookedUpBy(bob, "a.example", nobodys))
	})
	t.Run("what is refused is none", func(t *testing.T) {
		given(t).when(lookUp(byAnn, "a.localdomain")).refused(domain.Forbidden)
	})
	t.Run("texts can be stored, and lists are there", func(t *testing.T) {
		odd := domain.LookupRecord{
			Registration: &domain.Registration{Name: "a\x00b\xff", Registrar: domain.Registrar{Name: strings.Repeat("x", 5000)}},
		}
		s := given(t, knows("a.example", odd)).when(lookUp(byAnn, "a.example"))
		history, err := s.log.Read(t.Context(), lookup1, 0)
		if err != nil || len(history) != 1 {
			t.Fatal(history, err)
		}
		e, _ := history[0].Event.(domain.LookupCompleted)
		g := e.Record.Registration
		if g.Name != "a\uFFFDb\uFFFD" || len(g.Registrar.Name) > 4096 || g.Status == nil || g.Contacts == nil || e.Record.Parts == nil {
			t.Errorf("stored %+v", g)
		}
	})
}

// TestLookUpOnce asks again with the same Idempotency-Key, when the directory would
// say something else: it is not asked.
func TestLookUpOnce(t *testing.T) {
	s := given(t, knows("a.example", nobodys))
	by := byAnn
	by.Once = &commands.Once{Done: map[string][]domain.Envelope{"look_up 1": {{Stream: lookup1, Event: lookedUpBy(ann, "a.example", nobodys)}}}}
	e, err := s.desk.LookUp(t.Context(), commands.LookUp{By: by, Question: questionOf("b.example")})
	if err != nil || e.Stream != lookup1 || len(s.names.asked) > 0 {
		t.Errorf("%+v, %v, after %d questions", e, err, len(s.names.asked))
	}
}

func TestEraseLookup(t *testing.T) {
	erase := func(of uuid.UUID) func(*scenario) error {
		return func(s *scenario) error {
			return s.desk.EraseLookup(s.t.Context(), commands.EraseLookup{ID: of, Reason: domain.ForAccount})
		}
	}
	looked := happened(lookup1, lookedUpBy(ann, "a.example", nobodys))
	t.Run("what it said is gone", func(t *testing.T) {
		given(t, looked).when(erase(id(1))).then(domain.LookupErased{Reason: domain.ForAccount})
	})
	t.Run("once", func(t *testing.T) {
		given(t, looked, happened(lookup1, domain.LookupErased{Reason: domain.ForRetention})).when(erase(id(1))).then()
	})
	t.Run("an unknown one", func(t *testing.T) { given(t).when(erase(id(7))).refused(domain.NotFound) })
}
