package commands_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// printshop is a desk for codes whose printer prints the payload, and refuses
// one with the word "unreadable" in it.
type printshop struct {
	commands.Codes
	printed []commands.PrintJob
	logos   int // that were read
	linked  []string
	told    []domain.CodeGenerated
	now     time.Time
}

func (p *printshop) Print(j commands.PrintJob) (commands.Printed, error) {
	p.printed = append(p.printed, j)
	if strings.Contains(j.Payload, "unreadable") || j.Logo != nil && string(j.Logo.PNG) == "unreadable" {
		return commands.Printed{}, domain.Errorf(domain.Invalid, "nobody could read it")
	}
	j.Style.Correction = domain.CorrectM
	return commands.Printed{File: []byte(j.Payload), Style: j.Style, Modules: 21}, nil
}

func (p *printshop) ReadLogo(file []byte) (*commands.Logo, error) {
	p.logos++
	return &commands.Logo{PNG: file}, nil
}

func (p *printshop) Logo(_ context.Context, address string) ([]byte, error) {
	if address != "https://logos.example/a.png" {
		return nil, domain.Errorf(domain.Forbidden, "not there")
	}
	return []byte("fetched"), nil
}

func (p *printshop) ShortenLink(_ context.Context, c commands.ShortenLink) (domain.Envelope, error) {
	if strings.Contains(c.Details.Destination, "forbidden") || c.Here != "here.example" {
		return domain.Envelope{}, domain.Errorf(domain.Forbidden, "not there")
	}
	p.linked = append(p.linked, c.Details.Destination)
	return domain.Envelope{Stream: domain.NewStream(domain.LinkFamily, c.By.Account), Event: domain.LinkShortened{Code: "abc"}}, nil
}

func newPrintshop() *printshop {
	p := &printshop{now: time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)}
	drawn := byte(0)
	p.Codes = commands.Codes{
		Printer: p, Logos: p, Links: p, Pictures: new(memory.Pictures), Key: []byte("key"), NewID: uuid.New, Now: func() time.Time { return p.now },
		Random: func(b []byte) {
			for i := range b {
				drawn++
				b[i] = drawn
			}
		},
		Emit: func(e domain.Envelope) error {
			p.told = append(p.told, e.Event.(domain.CodeGenerated))
			return nil
		},
	}
	return p
}

func code(payload string) commands.GenerateCode {
	return commands.GenerateCode{
		By: commands.Caller{Account: uuid.UUID{1}}, Type: domain.URLCode, Payload: payload, Style: domain.PlainStyle(), Format: domain.PNGCode,
		Here: "here.example", Base: "https://s.example",
	}
}

// TestGenerateCode tells one event, in which nothing of the content is.
func TestGenerateCode(t *testing.T) {
	p := newPrintshop()
	wifi := code("WIFI:T:WPA;S:home;P:correct horse;;")
	wifi.Type = domain.WifiCode
	made, err := p.GenerateCode(t.Context(), wifi)
	if err != nil || string(made.File) != wifi.Payload || len(p.told) != 1 {
		t.Fatalf("%+v, %v, %d events", made, err, len(p.told))
	}
	again, err := p.GenerateCode(t.Context(), wifi)
	if err != nil || again.Code == made.Code || p.told[1].Content != p.told[0].Content {
		t.Errorf("the same content again: %+v, %v", p.told, err)
	}
	e := p.told[0]
	if e.Account != wifi.By.Account || e.Code != made.Code || e.Type != domain.WifiCode || e.Style.Correction != domain.CorrectM || e.Modules != 21 || e.Link != "" || e.Batch != uuid.Nil {
		t.Errorf("%+v", e)
	}
	version, payload, err := domain.Encode(e)
	if err != nil || version != 1 || strings.Contains(string(payload), "horse") || strings.Contains(string(payload), "home") {
		t.Errorf("version %d: %s, %v", version, payload, err)
	}
	p.Key = []byte("another installation's")
	if _, err := p.GenerateCode(t.Context(), wifi); err != nil || p.told[2].Content == e.Content {
		t.Errorf("the hash is the same under another key: %v", err)
	}
}

// TestDynamicCode leads to a link with ?qr=1, which is made once it is known that
// the code can be drawn.
func TestDynamicCode(t *testing.T) {
	p := newPrintshop()
	g := code("https://example.com")
	g.Dynamic = true
	made, err := p.GenerateCode(t.Context(), g)
	if err != nil || string(made.File) != "https://s.example/s/abc?qr=1" || p.told[0].Link != string(made.Link.Stream) || !slices.Equal(p.linked, []string{"https://example.com"}) {
		t.Errorf("%s, %v, %+v, links to %q", made.File, err, p.told, p.linked)
	}
	if first := p.printed[0].Payload; len(p.printed) != 2 || len(first) != len("https://s.example/s/6qzjmk67wc?qr=1") || !strings.HasPrefix(first, "https://s.example/s/") {
		t.Errorf("before there is a link %q is drawn: it has to be as long as what links are", first)
	}
	for name, c := range map[string]struct {
		change func(g *commands.GenerateCode)
		code   domain.Code
	}{
		"of another type":        {func(g *commands.GenerateCode) { g.Type = domain.TextCode }, domain.Invalid},
		"to what is forbidden":   {func(g *commands.GenerateCode) { g.Payload = "https://forbidden.example" }, domain.Forbidden},
		"in an unreadable style": {func(g *commands.GenerateCode) { g.Logo = data("unreadable") }, domain.Invalid},
		"in a style that is bad": {func(g *commands.GenerateCode) { g.Style.QuietZone = 0 }, domain.Invalid},
	} {
		bad := g
		c.change(&bad)
		if _, err := p.GenerateCode(t.Context(), bad); domain.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(p.linked) != 1 || len(p.told) != 1 {
		t.Errorf("%d links, %d events", len(p.linked), len(p.told))
	}
}

func data(picture string) string {
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte(picture))
}

// TestCodeLogo comes as a data URI, or is fetched.
func TestCodeLogo(t *testing.T) {
	for _, c := range []struct {
		from, want string
		code       domain.Code
	}{
		{data("picture"), "picture", ""}, {"https://logos.example/a.png", "fetched", ""},
		{"http://169.254.169.254/", "", domain.Forbidden}, {"data:image/png,a", "", domain.Invalid}, {"data:text/html;base64,YQ==", "", domain.Invalid},
		{"data:image/png;base64,%%%", "", domain.Invalid}, {data(strings.Repeat("x", commands.MaxLogo+3)), "", domain.Invalid},
	} {
		p, g := newPrintshop(), code("https://example.com")
		g.Logo = c.from
		_, err := p.GenerateCode(t.Context(), g)
		if domain.CodeOf(err) != c.code || err == nil && string(p.printed[0].Logo.PNG) != c.want {
			t.Errorf("%.40s: %v, %+v", c.from, err, p.printed)
		}
	}
}

// TestGenerateCodes makes all or none.
func TestGenerateCodes(t *testing.T) {
	p := newPrintshop()
	rows, err := commands.ReadCodeRows("name,qr_type,content,ssid,password\na,,https://a.example,,\nb,wifi,,home,correct horse\n", domain.URLCode)
	if err != nil {
		t.Fatal(err)
	}
	g := commands.GenerateCodes{By: commands.Caller{Account: uuid.UUID{1}}, Rows: rows, Style: domain.PlainStyle(), Format: domain.SVGCode}
	made, faults, err := p.GenerateCodes(t.Context(), g)
	if err != nil || len(faults.Rows) > 0 || len(made) != 2 || string(made[1].File) != "WIFI:T:WPA;S:home;P:correct horse;;" {
		t.Fatalf("%+v, %v, %v", made, faults, err)
	}
	if len(p.told) != 2 || p.told[0].Batch == uuid.Nil || p.told[0].Batch != p.told[1].Batch || p.told[1].Type != domain.WifiCode {
		t.Errorf("%+v", p.told)
	}
	g.Rows = append(g.Rows, commands.CodeRow{Line: 4, Name: "c", Payload: "unreadable"}, commands.CodeRow{Line: 5, Err: domain.Errorf(domain.Invalid, "wrong")})
	made, faults, err = p.GenerateCodes(t.Context(), g)
	if err != nil || len(made) > 0 || len(faults.Rows) != 2 || faults.Rows[0].Line != 4 || faults.Rows[0].Name != "c" || faults.Rows[1].Err.Message != "wrong" || len(p.told) != 2 {
		t.Errorf("%+v, %+v, %v, %d events", made, faults, err, len(p.told))
	}
	p.logos, g.Rows, g.Logo = 0, rows, data("picture")
	if made, _, err := p.GenerateCodes(t.Context(), g); err != nil || len(made) != 2 || p.logos != 1 {
		t.Errorf("with a logo: %+v, %v, which is read %d times", made, err, p.logos)
	}
	p.told, g.Logo = p.told[:2], ""
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.GenerateCodes(gone, g); domain.CodeOf(err) != domain.Unavailable || len(p.told) != 2 {
		t.Errorf("without time: %v", err)
	}
}

// TestGenerateCodesRefused leaves the rest of a table alone after so many rows that
// nobody can read; what was wrong with rows before any was drawn is told of all.
func TestGenerateCodesRefused(t *testing.T) {
	p := newPrintshop()
	g := commands.GenerateCodes{Style: domain.PlainStyle(), Format: domain.SVGCode}
	for line := range commands.MostRefused + 10 {
		g.Rows = append(g.Rows, commands.CodeRow{Line: line, Payload: "unreadable"})
	}
	g.Rows = append(g.Rows, commands.CodeRow{Line: 99, Err: domain.Errorf(domain.Invalid, "wrong")})
	made, faults, err := p.GenerateCodes(t.Context(), g)
	if err != nil || len(made) > 0 || len(p.printed) != commands.MostRefused || len(faults.Rows) != commands.MostRefused+1 || faults.Undrawn != 10 || faults.Rows[commands.MostRefused].Line != 99 {
		t.Errorf("%d codes of %d, %+v, %v", len(made), len(p.printed), faults, err)
	}
}

// TestGenerateCodesTogether draws as many at one time as there may be, and has an
// error of one that cannot be drawn at all.
func TestGenerateCodesTogether(t *testing.T) {
	p := newPrintshop()
	meet := make(chan struct{})
	p.Together, p.Printer = 2, printing(func(j commands.PrintJob) (commands.Printed, error) {
		if j.Payload == "panics" {
			panic("upside down")
		}
		select {
		case meet <- struct{}{}:
		case <-meet:
		case <-time.After(20 * time.Second):
			t.Error("one is drawn alone")
		}
		return commands.Printed{File: []byte(j.Payload)}, nil
	})
	g := commands.GenerateCodes{Rows: []commands.CodeRow{{Payload: "a"}, {Payload: "b"}, {Payload: "c"}, {Payload: "d"}}, Style: domain.PlainStyle(), Format: domain.SVGCode}
	made, faults, err := p.GenerateCodes(t.Context(), g)
	if err != nil || len(faults.Rows) > 0 || len(made) != 4 || string(made[0].File) != "a" || string(made[3].File) != "d" {
		t.Errorf("%+v, %v, %v", made, faults, err)
	}
	g.Rows = []commands.CodeRow{{Payload: "panics"}}
	if _, _, err := p.GenerateCodes(t.Context(), g); err == nil || !strings.Contains(err.Error(), "upside down") || domain.CodeOf(err) != domain.Internal {
		t.Errorf("what cannot be drawn: %v", err)
	}
	g.Rows = []commands.CodeRow{{Payload: strings.Repeat("x", commands.MostCodeBytes)}, {Payload: "x"}}
	if _, _, err := p.GenerateCodes(t.Context(), g); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), "100001 bytes together, and 100000 is the most, with a logo or error correction Q or H 40000: send") {
		t.Errorf("what says too much: %v", err)
	}
	g.Rows, g.Logo = []commands.CodeRow{{Payload: strings.Repeat("x", commands.MostMendedBytes)}, {Payload: "x"}}, data("a")
	if _, _, err := p.GenerateCodes(t.Context(), g); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), "40001 bytes together") {
		t.Errorf("what says too much beside a logo: %v", err)
	}
	p.Printer, p.Together = p, 1 // it notes what it prints
	for level, code := range map[domain.Correction]domain.Code{domain.CorrectQ: domain.Invalid, domain.CorrectH: domain.Invalid, domain.CorrectM: ""} {
		g.Style.Correction, g.Logo = level, ""
		if _, _, err := p.GenerateCodes(t.Context(), g); domain.CodeOf(err) != code {
			t.Errorf("with error correction %s: %v", level, err)
		}
	}
}

type printing func(j commands.PrintJob) (commands.Printed, error)

func (p printing) ReadLogo([]byte) (*commands.Logo, error) { return nil, nil }

func (p printing) Print(j commands.PrintJob) (commands.Printed, error) { return p(j) }

// TestReadCodeRows tells what is wrong with a table, or with a row of it.
func TestReadCodeRows(t *testing.T) {
	for _, c := range []struct{ table, want string }{
		{"", "csv must have a line with the names"}, {"content\n", "csv must have a line with the names"}, {"\"", "csv cannot be read: line 1"},
		{"content\n\"a", "csv cannot be read: line 2"}, {"content,colour\na,b\n", "csv: the column number 2 must be"}, {"content,content\na,b\n", "csv has the column content twice"},
		{"content\n" + strings.Repeat("https://a.example\n", commands.MostCodes+1), "csv must have at most 200 rows"},
	} {
		if rows, err := commands.ReadCodeRows(c.table, domain.URLCode); domain.CodeOf(err) != domain.Invalid || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.40q: %d rows, %v, want %q", c.table, len(rows), err, c.want)
		}
	}
	rows, err := commands.ReadCodeRows("\ufeffname , content,qr_type\r\n a ,https://a.example,\r\nb,x,fax\r\n\r\nc\r\nd,\xff,text\r\n", domain.URLCode)
	if err != nil || len(rows) != 4 {
		t.Fatalf("%+v, %v", rows, err)
	}
	for i, want := range []string{"2 a <nil>", "3 b qr_type must be one of", "5  the row has 1 cells, and there are 3 columns", "6 d content.text must be UTF-8"} {
		if got := fmt.Sprint(rows[i].Line, " ", rows[i].Name, " ", rows[i].Err); !strings.HasPrefix(got, want) {
			t.Errorf("row %d: %s, want %s", i, got, want)
		}
	}
}

// TestReadCodeRowsOdd are tables as spreadsheets write them.
func TestReadCodeRowsOdd(t *testing.T) {
	for table, want := range map[string]string{
		"Name,QR_Type,Content\na,Text,x\n":                               "x",
		"qr_type,content\rtext,x\rtext,y\r":                              "x y",
		"qr_type,content,,\ntext,x,,\n,,,\n , ,,\n":                      "x",
		"qr_type,content,\ntext,x,y\n":                                   "the cell number 3 is in a column without a name",
		"qr_type,ssid,hidden\nwifi,a,TRUE\nwifi,b,FALSE\n":               "WIFI:T:nopass;S:a;H:true;; WIFI:T:nopass;S:b;;",
		"qr_type,ssid,password,encryption\nwifi,a,12345678,wpa\n":        "WIFI:T:WPA;S:a;P:12345678;;",
		"qr_type,content,subject\nemail,ann@example.com,Hi\n":            "mailto:ann@example.com?subject=Hi",
		"qr_type,content,subject\nemail,mailto:ann@example.com,Hi\n":     "content.subject must be left out where content says it already",
		"qr_type,content,url\nurl,https://a.example,https://b.example\n": "content.url must be left out where content says it already",
		"qr_type,content,ssid\nwifi,a,b\n":                               "content must be an object with the fields of /qr/api/content-form/wifi/, or a text that begins with WIFI:",
		"qr_type,content,ssid\nurl,https://a.example,other\n":            "https://a.example",
	} {
		rows, err := commands.ReadCodeRows(table, domain.URLCode)
		var said []string
		for _, r := range rows {
			if said = append(said, r.Payload); r.Err != nil {
				said = []string{r.Err.Error()}
			}
		}
		if got := strings.Join(said, " "); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", table, got, err, want)
		}
	}
}

// TestReadCodeRowsParted by what spreadsheets put between cells.
func TestReadCodeRowsParted(t *testing.T) {
	for _, by := range []string{",", ";", "\t"} {
		table := strings.ReplaceAll("\ufeffname|qr_type|content\r\na|text|\"x, y; z\t\n2\"\r\n", "|", by)
		rows, err := commands.ReadCodeRows(table, domain.URLCode)
		if err != nil || len(rows) != 1 || rows[0].Name != "a" || rows[0].Payload != "x, y; z\t\n2" {
			t.Errorf("by %q: %+v, %v", by, rows, err)
		}
	}
}

// FuzzCodeRows reads any table without a fault, and no more rows than may be.
func FuzzCodeRows(f *testing.F) {
	for _, seed := range []string{
		"content\nhttps://a.example\n", "name,qr_type,content\n=cmd(),text,\"a\nb\"\n../../x,wifi,\n", "\ufeffname;content\na;b", "content\n\"", "title,start,end\nx,2027-06-19,2027-06-20\n", "\x00", "name,ssid,password,hidden\na,b,c,true\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, table string) {
		rows, err := commands.ReadCodeRows(table, domain.WifiCode)
		if err != nil && domain.CodeOf(err) != domain.Invalid || len(rows) > commands.MostCodes {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, r := range rows {
			if (r.Err == nil) == (r.Payload == "") || r.Err != nil && domain.CodeOf(r.Err) != domain.Invalid || len(r.Payload) > domain.MaxPayload {
				t.Fatalf("%+v", r)
			}
		}
	})
}

// TestPreviewCode can be had by its name alone, and for its time.
func TestPreviewCode(t *testing.T) {
	p := newPrintshop()
	g := code("https://example.com")
	g.Dynamic, g.Format = true, domain.PDFCode
	one, err := p.PreviewCode(t.Context(), g)
	two, also := p.PreviewCode(t.Context(), g)
	if err != nil || also != nil || one.Name == two.Name || p.printed[0].Format != domain.PNGCode || len(p.told)+len(p.linked) > 0 {
		t.Fatalf("%+v, %+v, %v, %v, %+v", one, two, err, also, p.told)
	}
	p.now = p.now.Add(commands.PreviewTime - time.Second)
	if file, err := p.Picture(t.Context(), one.Name); err != nil || string(file) != "https://example.com" {
		t.Errorf("the picture is %q, %v", file, err)
	}
	for _, name := range []string{"", one.Name[1:], one.Name + "x", strings.ToUpper(one.Name)} {
		if file, err := p.Picture(t.Context(), name); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("%q: %q, %v", name, file, err)
		}
	}
	p.now = p.now.Add(time.Second)
	if file, err := p.Picture(t.Context(), one.Name); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("after its time: %q, %v", file, err)
	}
}

// TestPreviewSealed keeps nothing that can be read without the picture's name.
func TestPreviewSealed(t *testing.T) {
	p, store := newPrintshop(), &peeped{}
	p.Pictures = store
	made, err := p.PreviewCode(t.Context(), code("https://secret.example"))
	if err != nil || strings.Contains(string(store.sealed), "secret") || strings.Contains(store.record, made.Name) {
		t.Errorf("%s: %q, %v", store.record, store.sealed, err)
	}
	store.sealed[20] ^= 1
	if file, err := p.Picture(t.Context(), made.Name); err == nil {
		t.Errorf("a picture that was changed is %q", file)
	}
}

type peeped struct {
	memory.Pictures
	record string
	sealed []byte
}

func (p *peeped) Keep(_ context.Context, record string, sealed []byte, _ time.Time) error {
	p.record, p.sealed = record, sealed
	return nil
}

func (p *peeped) Picture(context.Context, string, time.Time) ([]byte, error) { return p.sealed, nil }

// TestCodeUntold is no code: its event could not be put down.
func TestCodeUntold(t *testing.T) {
	p, full := newPrintshop(), errors.New("the disk is full")
	p.Emit = func(domain.Envelope) error { return full }
	if _, err := p.GenerateCode(t.Context(), code("https://example.com")); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
}
