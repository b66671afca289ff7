package domain

import (
	"math/rand/v2"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestParseDestination(t *testing.T) {
	for given, want := range map[string]string{
		"https://example.com/very/long/url/here": "https://example.com/very/long/url/here",
		"https://example.com":                    "https://example.com",
		"https://example.com/":                   "https://example.com/",
		"  HTTP://Example.COM:80/a?b=c#d  ":      "http://example.com/a?b=c#d",
		"example.com/x":                          "https://example.com/x",
		"example.com:8443/x":                     "https://example.com:8443/x",
		"https://example.com?a=b":                "https://example.com/?a=b",
		"https://example.com/a/../b":             "https://example.com/b",
		"https://bücher.example/ä?ö=ü#ß":         "https://xn--bcher-kva.example/%C3%A4?%C3%B6=%C3%BC#%C3%9F",
		"https://аррӏе.example/":                 "https://xn--80ak6aa92e.example/", // Cyrillic
		"https://[2001:db8::1]/":                 "https://[2001:db8::1]/",
		"https://example.com/#/app/route":        "https://example.com/#/app/route",
		"https://example.com/?q=a+b%20c&d=%0d":   "https://example.com/?q=a+b%20c&d=%0d",
	} {
		if got, err := ParseDestination(given); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", given, got, err, want)
		}
	}
	for given, says := range map[string]string{
		"":                                    "must not be empty",
		"javascript:alert(1)":                 "must begin with http:// or https://",
		"JavaScript://%0aalert(1)":            "must begin with http:// or https://",
		"data:text/html,x":                    "must begin with http:// or https://",
		"file:///etc/passwd":                  "must begin with http:// or https://",
		"ftp://example.com":                   "must begin with http:// or https://",
		"mailto:a@example.com":                "must begin with http:// or https://",
		"https://example.com/\r\nSet-Cookie:": "spaces or control characters",
		"https://example.com/a b":             "spaces or control characters",
		"https://a@example.com/":              "user name or password",
		`https://example.com\@evil.example/`:  "backslash",
		"https://0x7f000001/":                 "four decimal numbers",
		"https://example.com/" + strings.Repeat("a", MaxTarget): "at most 2048",
		"https://example.com/#" + strings.Repeat("ä", 600):      "at most 2048",
		"//example.com":        "empty part",
		"https://ⓔxample.com/": "more than one spelling",
	} {
		if got, err := ParseDestination(given); CodeOf(err) != Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%.80q is %q, %v", given, got, err)
		}
	}
}

// FuzzParseDestination sends whatever is taken in a header, and reads it again.
func FuzzParseDestination(f *testing.F) {
	for _, seed := range []string{"https://example.com/a?b#c", "javascript:alert(1)", "http://[::1]:80/\r\nx", "https://bücher.example/%zz", "a:1", "#", "https://a/?utm_source=%"} {
		f.Add(seed, "poster & more")
	}
	f.Fuzz(func(t *testing.T, given, source string) {
		read, err := ParseDestination(given)
		if err != nil {
			return
		}
		sent := UTM{Source: source}.On(read)
		for _, text := range []string{read, sent} {
			if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Errorf("%q cannot stand in a header", text)
			}
			u, err := url.Parse(text)
			if err != nil && !strings.Contains(err.Error(), "invalid URL escape") || err == nil && (u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
				t.Errorf("%q is %+v, %v", text, u, err)
			}
		}
		if again, err := ParseDestination(read); again != read || err != nil {
			t.Errorf("%q is read again as %q, %v", read, again, err)
		}
	})
}

func TestUTM(t *testing.T) {
	u := UTM{Source: "a b", Campaign: "winter&co"}
	for given, want := range map[string]string{
		"https://e.example":                                 "https://e.example?utm_source=a+b&utm_campaign=winter%26co",
		"https://e.example/?x=%20&y#z?":                     "https://e.example/?x=%20&y&utm_source=a+b&utm_campaign=winter%26co#z?",
		"https://e.example/?utm_source=old&utm_medium=kept": "https://e.example/?utm_medium=kept&utm_source=a+b&utm_campaign=winter%26co",
		"https://e.example/?utm%5Fsource=old":               "https://e.example/?utm_source=a+b&utm_campaign=winter%26co",
	} {
		if got := u.On(given); got != want {
			t.Errorf("%s is %s, want %s", given, got, want)
		}
	}
	if got := (UTM{}).On("https://e.example/?utm_source=old&&"); got != "https://e.example/?utm_source=old&&" {
		t.Errorf("without parameters it is %s", got)
	}
}

func TestDrawCode(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seen, drawn := map[string]bool{}, 0
	counts := map[rune]int{}
	for range 20_000 {
		random := make([]byte, CodeDraw)
		for i := range random {
			random[i] = byte(r.Uint32())
		}
		code, ok := DrawCode(random)
		if !ok {
			continue
		}
		drawn++
		if seen[code] || CheckCode(code) != nil || len(code) != codeLength {
			t.Fatalf("drew %q", code)
		}
		seen[code] = true
		for _, c := range code {
			counts[c]++
		}
	}
	if drawn < 10_000 || len(counts) != len(codeSymbols) {
		t.Errorf("%d of 20000 draws are codes of %d symbols", drawn, len(counts))
	}
	for c, n := range counts {
		if share := float64(n) * float64(len(codeSymbols)) / float64(drawn*codeLength); share < 0.8 || share > 1.2 {
			t.Errorf("%c is %.2f times as frequent as it should be", c, share)
		}
	}
	for _, none := range [][]byte{nil, slices.Repeat([]byte{255}, CodeDraw), slices.Repeat([]byte{0}, codeLength-1)} {
		if code, ok := DrawCode(none); ok {
			t.Errorf("%v is the code %q", none, code)
		}
	}
}

func TestCheckCode(t *testing.T) {
	for _, code := range []string{"mylink", "MyLink", "a-b_c", "123", strings.Repeat("a", 64)} {
		if err := CheckCode(code); err != nil {
			t.Errorf("%q: %v", code, err)
		}
	}
	for _, code := range []string{"", "ab", strings.Repeat("a", 65), "-ab", "ab-", "a b", "a/b", "a+b", "ab+", "ünï", "a.b", "api", "API", "0190d5a2-6f0e-7c43-9c5a-2d6f1f4b8a11", "a\nb", "ab\n"} {
		if err := CheckCode(code); CodeOf(err) != Invalid {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestLeads(t *testing.T) {
	at := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	later, before := at.Add(time.Hour), at.Add(-time.Hour)
	rule := func(change func(*RedirectRule)) RedirectRule {
		r := RedirectRule{Name: "it", Destination: "https://rule.example"}
		change(&r)
		return r
	}
	phone := Visitor{Device: "mobile", System: "Android", Language: "pt-br", Country: "BR"}
	for name, c := range map[string]struct {
		rule RedirectRule
		who  Visitor
		want bool
	}{
		"device":               {rule(func(r *RedirectRule) { r.Devices = []string{"tablet", "mobile"} }), phone, true},
		"another device":       {rule(func(r *RedirectRule) { r.Devices = []string{"desktop"} }), phone, false},
		"system":               {rule(func(r *RedirectRule) { r.Devices = []string{"android"} }), phone, true},
		"another system":       {rule(func(r *RedirectRule) { r.Devices = []string{"ios"} }), phone, false},
		"unknown device":       {rule(func(r *RedirectRule) { r.Devices = []string{"desktop"} }), Visitor{}, false},
		"language":             {rule(func(r *RedirectRule) { r.Languages = []string{"pt"} }), phone, true},
		"its variant":          {rule(func(r *RedirectRule) { r.Languages = []string{"pt-br"} }), phone, true},
		"another variant":      {rule(func(r *RedirectRule) { r.Languages = []string{"pt-pt"} }), phone, false},
		"a longer word":        {rule(func(r *RedirectRule) { r.Languages = []string{"p"} }), phone, false},
		"country":              {rule(func(r *RedirectRule) { r.Countries = []string{"BR"} }), phone, true},
		"unknown country":      {rule(func(r *RedirectRule) { r.Countries = []string{"BR"} }), Visitor{}, false},
		"from now on":          {rule(func(r *RedirectRule) { r.From = &at }), phone, true},
		"from later on":        {rule(func(r *RedirectRule) { r.From = &later }), phone, false},
		"until now":            {rule(func(r *RedirectRule) { r.Until = &at }), phone, false},
		"until later":          {rule(func(r *RedirectRule) { r.From, r.Until = &before, &later }), phone, true},
		"one of two is not so": {rule(func(r *RedirectRule) { r.Devices, r.Countries = []string{"mobile"}, []string{"DE"} }), phone, false},
	} {
		d := LinkDetails{Destination: "https://all.example", Rules: []RedirectRule{c.rule}, UTM: UTM{Source: "x"}}
		to, by := d.Leads(c.who, "", at)
		if want := map[bool]string{true: "https://rule.example?utm_source=x", false: "https://all.example?utm_source=x"}[c.want]; to != want || (by == "it") != c.want {
			t.Errorf("%s: led to %s by %q", name, to, by)
		}
	}
}

// TestLeadsProperty holds whatever rules there are to what they say: the first that
// matches leads, and what it leads to is one of the link's destinations.
func TestLeadsProperty(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...string) []string {
		if r.IntN(2) == 0 {
			return nil
		}
		return []string{from[r.IntN(len(from))]}
	}
	for range 5000 {
		d := LinkDetails{Destination: "https://all.example"}
		for i := range r.IntN(6) {
			d.Rules = append(d.Rules, RedirectRule{
				Name: string(rune('a' + i)), Destination: "https://" + string(rune('a'+i)) + ".example",
				Devices: pick("desktop", "android"), Languages: pick("de", "en-gb"), Countries: pick("DE", "AT"),
			})
		}
		v := Visitor{Device: []string{"desktop", "mobile"}[r.IntN(2)], System: []string{"Android", "Linux"}[r.IntN(2)], Language: []string{"de", "de-at", "en-gb", ""}[r.IntN(4)], Country: []string{"DE", "AT", ""}[r.IntN(3)]}
		to, by := d.Leads(v, "", time.Time{})
		if !slices.Contains(d.Destinations(), to) {
			t.Fatalf("led to %s", to)
		}
		for _, rule := range d.Rules {
			alone, _ := LinkDetails{Destination: "https://all.example", Rules: []RedirectRule{rule}}.Leads(v, "", time.Time{})
			if matches := alone == rule.Destination; matches != (rule.Name == by) {
				t.Fatalf("%+v matches %+v: %v, and %q leads", rule, v, matches, by)
			} else if matches {
				break
			}
		}
	}
}

func TestLinkDetailsFit(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	past, future := now.Add(-time.Hour), now.Add(time.Hour)
	one := RedirectRule{Name: "a", Destination: "https://a.example", Devices: []string{"mobile"}}
	with := func(change func(*RedirectRule)) []RedirectRule { r := one; change(&r); return []RedirectRule{r} }
	for says, d := range map[string]LinkDetails{
		"":                         {ExpiresAt: &future, MaxClicks: 1, Fallback: "https://f.example", Tags: []string{"a"}, Rules: []RedirectRule{one}},
		"max_clicks must be":       {MaxClicks: -1},
		"expires_at must be":       {ExpiresAt: &past},
		"fallback_url is for":      {Fallback: "https://f.example"},
		"tags must be at most":     {Tags: slices.Repeat([]string{"a"}, 21)},
		"each of tags":             {Tags: []string{""}},
		"rules must be at most":    {Rules: slices.Repeat([]RedirectRule{one}, 21)},
		"utm.campaign must have":   {UTM: UTM{Campaign: "a\nb"}},
		"rules[0].name must have":  {Rules: with(func(r *RedirectRule) { r.Name = "\u202e" })},
		"rules[1].name must be":    {Rules: []RedirectRule{one, one}},
		"rules[0] must ask for":    {Rules: with(func(r *RedirectRule) { r.Devices = nil })},
		"rules[0].devices must be": {Rules: with(func(r *RedirectRule) { r.Devices = []string{"toaster"} })},
		"rules[0].languages":       {Rules: with(func(r *RedirectRule) { r.Languages = []string{"deutsch!"} })},
		"rules[0].countries":       {Rules: with(func(r *RedirectRule) { r.Countries = []string{"DEU"} })},
		"rules[0].from must be":    {Rules: with(func(r *RedirectRule) { r.From, r.Until = &future, &future })},
		"at most 50 of each kind":  {Rules: with(func(r *RedirectRule) { r.Countries = slices.Repeat([]string{"DE"}, 51) })},
	} {
		err := d.fit(LinkDetails{}, now)
		if says == "" && err != nil || says != "" && (CodeOf(err) != Invalid || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if err := (LinkDetails{ExpiresAt: &past}).fit(LinkDetails{ExpiresAt: &past}, now); err != nil {
		t.Errorf("an end that was there before: %v", err)
	}
}

func TestTidied(t *testing.T) {
	cet := time.FixedZone("CET", 3600)
	at := time.Date(2026, 12, 1, 12, 0, 0, 1234, cet)
	got := LinkDetails{Tags: []string{" a ", "a", "b"}, ExpiresAt: &at, UTM: UTM{Term: " x "}, Rules: []RedirectRule{{Name: " n ", Languages: []string{"DE", "de"}, Countries: []string{"de"}}}}.Tidied()
	plain := time.Date(2026, 12, 1, 11, 0, 0, 1000, time.UTC)
	want := LinkDetails{Tags: []string{"a", "b"}, ExpiresAt: &plain, UTM: UTM{Term: "x"}, Rules: []RedirectRule{{Name: "n", Devices: []string{}, Languages: []string{"de"}, Countries: []string{"DE"}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(got.Tidied(), got) {
		t.Error("tidied twice it is another")
	}
}

func TestLinkLife(t *testing.T) {
	made := LinkShortened{Account: uuid.UUID{1}, Code: "mylink", LinkDetails: LinkDetails{Destination: "https://a.example"}.Tidied()}
	harm := LinkBlocked{Destination: "https://a.example", Reason: BlockedListed}
	for name, c := range map[string]struct {
		events  []Event
		state   LinkState
		blocked bool
	}{
		"made":               {[]Event{made}, LinkOn, false},
		"off":                {[]Event{made, LinkDisabled{}}, LinkOff, false},
		"on again":           {[]Event{made, LinkDisabled{}, LinkEnabled{}}, LinkOn, false},
		"blocked":            {[]Event{made, harm}, LinkOn, true},
		"off and blocked":    {[]Event{made, LinkDisabled{}, harm}, LinkOff, true},
		"cleared":            {[]Event{made, harm, LinkCleared{}}, LinkOn, false},
		"blocked, changed":   {[]Event{made, harm, LinkChanged{made.LinkDetails}}, LinkOn, false},
		"deleted":            {[]Event{made, LinkDeleted{}}, LinkGone, false},
		"deleted and erased": {[]Event{made, LinkDeleted{}, LinkErased{ForAccount}}, LinkEmpty, false},
	} {
		l := new(Link)
		for i, e := range c.events {
			l.Apply(Envelope{Version: i + 1, Position: int64(i) + 7, Event: e})
		}
		if l.State != c.state || (l.Blocked != nil) != c.blocked || l.Version != len(c.events) || l.Number != 7 || l.Code != "mylink" {
			t.Errorf("%s: %+v", name, l)
		}
		there := c.state == LinkOn || c.state == LinkOff
		for what, decide := range map[string]func() ([]Event, error){
			"delete": l.Delete, "toggle": func() ([]Event, error) { return l.Toggle(c.state != LinkOn) },
			"change": func() ([]Event, error) {
				return l.Change(LinkDetails{Destination: "https://b.example"}.Tidied(), time.Time{})
			},
		} {
			if events, err := decide(); there != (err == nil && len(events) == 1) || !there && CodeOf(err) != NotFound {
				t.Errorf("%s when %s: %v, %v", what, name, events, err)
			}
		}
	}
}
