package conformance

import (
	"context"
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// LinksUnderTest is a reader of links, the log behind it, and the table between them.
type LinksUnderTest struct {
	Log    commands.Log
	Reader projections.LinkReader
	Apply  func(context.Context, []domain.Envelope) error
}

// Links holds a reader of links to its promises. open returns one over an empty log.
func Links(t *testing.T, open func(t *testing.T) LinksUnderTest) {
	for name, property := range map[string]func(*testing.T, LinksUnderTest){
		"a link is never older than the log":       linksNeverBehind,
		"a list is never older than the log":       linksListed,
		"a stranger's, a deleted, an unknown link": linksUnknown,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

// linked appends a link's story up to a length, with its code.
func linked(t *testing.T, log commands.Log, code string, length int) (domain.Stream, []domain.Envelope) {
	t.Helper()
	s := domain.NewStream(domain.LinkFamily, uuid.New())
	w := write(s, 0, LinkStory(code)[:length]...)
	w.Claims = []commands.Claim{{Name: domain.LinkClaim(code)}}
	mustAppend(t, log, w)
	return s, mustRead(t, log, s, 0)
}

func linksNeverBehind(t *testing.T, u LinksUnderTest) {
	s, history := linked(t, u.Log, "MyLink", len(LinkStory("x")))
	want, _ := projections.LinkOf(history)
	for applied := range len(history) + 1 {
		if applied > 0 {
			if err := u.Apply(t.Context(), history[applied-1:applied]); err != nil {
				t.Fatal(err)
			}
		}
		byID, err := u.Reader.Link(t.Context(), owner, s.ID().String())
		byCode, failed := u.Reader.Link(t.Context(), owner, "mylink")
		at, unknown := u.Reader.LinkAt(t.Context(), "MYLINK")
		if err != nil || failed != nil || unknown != nil || !reflect.DeepEqual(byID, want) || !reflect.DeepEqual(byCode, want) || !reflect.DeepEqual(at, want) {
			t.Errorf("after %d events in the table: %v, %v, %v\n got %+v\nwant %+v", applied, err, failed, unknown, byID, want)
		}
	}
}

func linksListed(t *testing.T, u LinksUnderTest) {
	var codes []string
	for i, code := range []string{"aaa", "bbb", "ccc", "ddd", "eee"} {
		s, history := linked(t, u.Log, code, 1+i)
		if i%2 == 0 {
			if err := u.Apply(t.Context(), history); err != nil {
				t.Fatal(err)
			}
		}
		if code == "bbb" || code == "ccc" {
			w := write(s, len(history), domain.LinkDeleted{})
			w.Release = []string{domain.LinkClaim(code)}
			mustAppend(t, u.Log, w)
			continue
		}
		codes = append([]string{code}, codes...)
	}
	for name, c := range map[string]struct {
		filter projections.LinkFilter
		want   []string
		total  int
	}{
		"all":        {projections.LinkFilter{Limit: 9}, codes, 3},
		"the first":  {projections.LinkFilter{Limit: 1}, codes[:1], 3},
		"the second": {projections.LinkFilter{Offset: 1, Limit: 1}, codes[1:2], 3},
		"none":       {projections.LinkFilter{Offset: 9, Limit: 9}, nil, 3},
		"by tag":     {projections.LinkFilter{Tag: "a", Limit: 9}, []string{"eee", "ddd"}, 2},
		"by code":    {projections.LinkFilter{Search: "AA", Limit: 9}, []string{"aaa"}, 1},
		"by address": {projections.LinkFilter{Search: "/whole", Limit: 9}, []string{"eee", "ddd"}, 2},
		"by no sign": {projections.LinkFilter{Search: "_", Limit: 9}, nil, 0},
		"nobody's":   {projections.LinkFilter{Account: uuid.New(), Limit: 9}, nil, 0},
	} {
		if c.filter.Account == uuid.Nil {
			c.filter.Account = owner
		}
		rows, total, err := u.Reader.Links(t.Context(), c.filter)
		var got []string
		for _, row := range rows {
			got = append(got, row.Code)
		}
		if err != nil || total != c.total || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q of %d, %v; want %q of %d", name, got, total, err, c.want, c.total)
		}
	}
}

func linksUnknown(t *testing.T, u LinksUnderTest) {
	s, history := linked(t, u.Log, "mylink", 2)
	wantNone := func(what string, account uuid.UUID, name string) {
		t.Helper()
		_, err := u.Reader.Link(t.Context(), account, name)
		wantCode(t, what, err, domain.NotFound)
	}
	wantNone("a stranger's", stranger, "mylink")
	wantNone("a stranger's, by its id", stranger, s.ID().String())
	wantNone("unknown", owner, "other")
	wantNone("unknown, by its id", owner, uuid.NewString())
	wantNone("a code that is none", owner, "{"+s.ID().String()+"}")
	last := erase(s, len(history))
	mustAppend(t, u.Log, last)
	wantNone("erased", owner, s.ID().String())
	wantNone("erased, by its code", owner, "mylink")
	_, err := u.Reader.LinkAt(t.Context(), "mylink")
	wantCode(t, "where an erased one led", err, domain.NotFound)
}
