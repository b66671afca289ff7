package sevenazzani_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/qr"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// named has the document's words stand for what is drawn at random: the name of a
// preview, and for its picture, which is not written out there.
func named(s *webtest.Server) {
	var p struct {
		Base64 string `json:"qr_code_base64"`
	}
	s.Post("/qr/api/preview/", `{"content": "https://example.com"}`).Is(200).Into(&p)
	s.Say("base64,...", strings.TrimPrefix(p.Base64, "data:image/png;"))
}

// abc123 makes all previews of that name.
func abc123(o *server.Options) { o.Azzani.Codes = oneName{o.Azzani.Codes} }

type oneName struct{ sevenazzani.Codes }

func (n oneName) PreviewCode(ctx context.Context, g commands.GenerateCode) (commands.Preview, error) {
	p, err := n.Codes.PreviewCode(ctx, g)
	p.Name = "abc123"
	return p, err
}

// says is what the code in a PNG says.
func says(t *testing.T, file string) string {
	t.Helper()
	picture, err := png.Decode(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	said, err := qr.Read(picture)
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// TestPreview is at its URL for fifteen minutes, for whoever knows it.
func TestPreview(t *testing.T) {
	s := unlimited(t)
	a := s.Post("/qr/api/preview/", `{"qr_type": "text", "content": "grüß dich", "style": {"background": "transparent"}}`).Is(200).
		Like(`{"expires_in": 900, "payload": "grüß dich", "style": {"background": "transparent", "error_correction": "M"}}`)
	at := a.Field("preview_url")
	if !regexp.MustCompile(`^/media/qr/preview_[A-Za-z0-9_-]{22}\.png$`).MatchString(at) {
		t.Fatalf("the picture is at %q", at)
	}
	inline, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(a.Field("qr_code_base64"), "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{at, at + "/", "/7azzani" + at} {
		picture := s.Get(path, "Authorization:").Is(200).Has("Content-Type: image/png", "X-Content-Type-Options: nosniff", `Content-Disposition: inline; filename="preview.png"`)
		if !strings.HasPrefix(picture.Header.Get("Content-Security-Policy"), "default-src 'none'") || picture.Body != string(inline) || says(t, picture.Body) != "grüß dich" {
			t.Errorf("%s: %v, %d bytes", path, picture.Header, len(picture.Body))
		}
	}
	for _, path := range []string{"/media/qr/" + at[len("/media/qr/preview_"):], strings.Replace(at, ".png", "", 1), strings.Replace(at, ".png", ".svg", 1), "/media/qr/preview_.png", "/media/qr/preview_abc123.png"} {
		s.Get(path, "Authorization:").Is(404).Like(`{"error": "Not found", "message": "There is no such picture, or its time is over"}`)
	}
	s.Later(commands.PreviewTime)
	s.Get(at).Is(404)
	if made := s.Generated(); len(made) > 0 {
		t.Errorf("%d events", len(made))
	}
}

// TestContents come as a text or as fields, whose values are of any kind that
// JSON has for them.
func TestContents(t *testing.T) {
	s := unlimited(t)
	for _, c := range []struct{ body, want string }{
		{`"content": "https://example.com"`, "https://example.com"},
		{`"qr_type": "text", "content": {"text": 12345678901234567890}`, "12345678901234567890"},
		{`"qr_type": "wifi", "content": {"ssid": "a", "password": 1234567890.50}`, "WIFI:T:WPA;S:a;P:1234567890.50;;"},
		{`"qr_type": "phone", "content": {"number": 49301234567}`, "tel:49301234567"},
		{`"qr_type": "wifi", "content": {"ssid": "a;b", "password": "12345678", "hidden": true, "unknown": []}`, `WIFI:T:WPA;S:a\;b;P:12345678;H:true;;`},
		{`"qr_type": "geo", "content": {"latitude": 52.5, "longitude": "13.4"}`, "geo:52.5,13.4"},
		{`"qr_type": "wifi", "content": "WIFI:T:nopass;S:a;;"`, "WIFI:T:nopass;S:a;;"},
	} {
		s.Post("/qr/api/preview/", "{"+c.body+"}").Is(200).Like(fmt.Sprintf(`{"payload": %q}`, c.want))
	}
	for _, c := range []struct{ body, want string }{
		{`"qr_type": "fax"`, "qr_type must be one of url, text, email, phone, wifi, vcard, sms, geo, event"},
		{`"content": 1`, "content must be a text, or an object with the fields of the type's form"},
		{`"qr_type": "phone", "content": {"number": ["1"]}`, "content.number must be a text, a number, or true or false"},
		{`"qr_type": "wifi", "content": "a"`, "content must be an object with the fields of /qr/api/content-form/wifi/, or a text that begins with WIFI:"},
		{`"qr_type": "text", "content": "\u0000"`, "content.text must have no control characters but line breaks and tabs"},
		{`"qr_type": "text", "content": "` + strings.Repeat("x", 3000) + `"`, "the content comes to 3000 bytes: a QR code holds 2953 at most, of capitals and digits 4296, of digits alone 7089"},
		{`"content": "https://a.example", "style": {"color": "red\"/><script>alert(1)</script>"}`, "style.color must be a colour such as #1A2B3C"},
		{`"content": "https://a.example", "style": {"color": "#999"}`, "style.color and style.background have a contrast of 2.8: readers need 3 or more, so take a darker colour or a lighter background"},
		{`"content": "https://a.example", "style": {"quiet_zone": 0}`, "style.quiet_zone must be a whole number of modules from 4 to 20: with less around it readers find no code"},
		{`"content": "https://a.example", "style": {"size": 1e9}`, "style.size must be a whole number of pixels from 64 to 2000"},
		{`"content": "https://a.example", "style": {"logo": "file:///etc/passwd"}`, "style.logo could not be fetched"},
		{`"content": "https://a.example", "style": {"logo": "data:image/svg+xml;base64,PHN2Zy8+"}`, "style.logo must be a picture in PNG, JPEG or GIF"},
	} {
		s.Post("/qr/api/preview/", "{"+c.body+"}").Is(400).Like(fmt.Sprintf(`{"error": "Invalid request", "message": %q}`, c.want))
	}
}

// TestGenerate answers with the file, under a name that a header can tell.
func TestGenerate(t *testing.T) {
	s := unlimited(t)
	for _, c := range []struct{ format, name, kind, file, begins string }{
		{"png", "poster", "image/png", "poster.png", "\x89PNG"},
		{"svg", "../../a\\\"b\\r\\nX: y", "image/svg+xml", "a-b--X--y.svg", "<svg "},
		{"pdf", "Ä", "application/pdf", "qr-url.pdf", "%PDF-"},
	} {
		a := s.Post("/qr/api/generate/", fmt.Sprintf(`{"content": "https://example.com", "format": %q, "name": "%s"}`, c.format, c.name)).Is(201).
			Has("Content-Type: "+c.kind, `Content-Disposition: attachment; filename="`+c.file+`"`, "X-Error-Correction: M", "X-Short-URL:", "X:")
		if !strings.HasPrefix(a.Body, c.begins) {
			t.Errorf("%s begins with %.10q", c.format, a.Body)
		}
	}
	a := s.Post("/qr/api/generate/", `{"content": "https://example.com", "dynamic": true}`).Is(201)
	short, link := a.Header.Get("X-Short-URL"), a.Header.Get("X-Link-ID")
	if !strings.HasPrefix(short, s.URL+"/s/") || says(t, a.Body) != short+"?qr=1" {
		t.Errorf("the code says %q, its link is %q", says(t, a.Body), short)
	}
	scan := strings.TrimPrefix(short, s.URL) + "?qr=1"
	s.Get(scan, "Authorization:", "User-Agent: Mozilla/5.0").Is(302).Has("Location: https://example.com")
	s.Do(http.MethodPatch, "/shrinkit/api/links/"+link+"/", `{"url": "https://elsewhere.example/menu"}`).Is(200)
	s.Later(time.Minute)
	s.Get(scan, "Authorization:", "User-Agent: Mozilla/5.0").Is(302).Has("Location: https://elsewhere.example/menu")
	if clicks := s.Clicked(); len(clicks) != 2 || clicks[0].Via != domain.ViaQR {
		t.Errorf("the scans are %+v", clicks)
	}
	s.Post("/qr/api/generate/", `{"qr_type": "text", "content": "a", "dynamic": true}`).Is(400)
	s.Post("/qr/api/generate/", `{"content": "https://example.com", "format": "exe"}`).Is(400).Like(`{"message": "format must be png, svg or pdf"}`)
	made := s.Generated()
	if len(made) != 4 || made[3].Owner != s.Account {
		t.Fatalf("%d events", len(made))
	}
	if e := made[3].Event.(domain.CodeGenerated); e.Link == "" || e.Format != domain.PNGCode || e.Type != domain.URLCode {
		t.Errorf("%+v", e)
	}
}

// TestBatch is a ZIP of files whose names lead nowhere, with a manifest; or it is
// nothing.
func TestBatch(t *testing.T) {
	s := unlimited(t)
	csv := "name,qr_type,content,ssid\n../../etc/passwd,,https://a.example/1,\nPASSWD/..,text,=cmd|' /C calc'!A0,\netc-passwd,,https://a.example/3,\nmanifest,wifi,,home\nTische/Süd 1,text,\"two\nlines\",\n,text,x,\ncon,text,y,\n"
	body, err := json.Marshal(map[string]any{"csv": csv, "style": map[string]any{"shape": "dots", "size": 500}})
	if err != nil {
		t.Fatal(err)
	}
	a := s.Post("/qr/api/batch/", string(body)).Is(201).Has("Content-Type: application/zip", `Content-Disposition: attachment; filename="qr-codes.zip"`)
	files, order := unpacked(t, a.Body)
	if want := []string{"etc-passwd.png", "PASSWD.png", "etc-passwd-2.png", "manifest-2.png", "Tische-Süd-1.png", "code-8.png", "_con.png", "manifest.json"}; !slices.Equal(order, want) {
		t.Errorf("the files are %q, want %q", order, want)
	}
	var m struct {
		Codes []struct {
			Line          int
			File, Payload string
			SHA256        string
		}
	}
	if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil || len(m.Codes) != 7 || m.Codes[5].Line != 8 {
		t.Fatalf("%v: %s", err, files["manifest.json"])
	}
	for _, c := range m.Codes {
		sum := sha256.Sum256([]byte(files[c.File]))
		if says(t, files[c.File]) != c.Payload || hex.EncodeToString(sum[:]) != c.SHA256 {
			t.Errorf("%s says %q, and %q in the manifest", c.File, says(t, files[c.File]), c.Payload)
		}
	}
	before := len(s.Generated())
	if before != 7 {
		t.Errorf("%d events", before)
	}
	s.Post("/qr/api/batch/", `{"csv": "name,content\na,https://a.example\nb,\nc,ftp://a.example\n"}`).Is(400).Like(`{"error": "Invalid request",
		"message": "2 of 3 rows cannot be codes, and so none was made. Line 3: URL is required",
		"rows": [{"line": 3, "name": "b", "message": "URL is required"}, {"line": 4, "name": "c", "message": "content.url: the URL must begin with http:// or https://"}]}`)
	s.Post("/qr/api/batch/", `{"csv": "content\nhttps://a.example\n", "dynamic": true}`).Is(400).
		Like(`{"message": "dynamic must be false where many codes are made: make each code that goes through a short link by POST /qr/api/generate/"}`)
	s.Post("/qr/api/batch/", `{"csv": "content\n`+strings.Repeat(`https://a.example/`+strings.Repeat("x", 1982)+`\n`, 51)+`"}`).Is(400).
		Like(`{"message": "csv: the contents of all rows come to 102000 bytes together, and 100000 is the most, with a logo or error correction Q or H 40000: send the rows in parts"}`)
	s.Post("/qr/api/batch/", `{}`).Is(400).Like(`{"message": "csv is required"}`)
	s.Post("/qr/api/batch/", `{"csv": "content\nhttps://a.example\n", "style": {"size": 1001}}`).Is(400)
	s.Post("/qr/api/batch/", `{"csv": "content\n`+strings.Repeat(`https://a.example\n`, 201)+`"}`).Is(400).Like(`{"message": "csv must have at most 200 rows"}`)
	s.Post("/qr/api/batch/", `{"csv": "content\n`+strings.Repeat(`https://a.example\n`, 25)+`", "style": {"size": 64}}`).Is(400).
		Like(`{"message": "10 of 25 rows cannot be codes, 15 were not tried after that many, and so none was made. Line 2: style.size must be 99 or more: the code has 25 modules on each side, and a module needs 3 pixels"}`)
	if now := len(s.Generated()); now != before {
		t.Errorf("%d events of what was refused", now-before)
	}
}

// TestBatches are as many a minute as an account may have.
func TestBatches(t *testing.T) {
	s := unlimited(t)
	for range 10 {
		s.Post("/qr/api/batch/", `{"csv": "content\nhttps://a.example\n"}`).Is(201)
	}
	s.Post("/qr/api/batch/", `{"csv": "content\nhttps://a.example\n"}`).Is(429).Like(`{"error": "Rate limit exceeded"}`)
	s.Later(time.Minute)
	s.Post("/qr/api/batch/", `{"csv": "content\nhttps://a.example\n"}`).Is(201)
}

// unpacked are a ZIP's files, and their names in their order.
func unpacked(t *testing.T, body string) (files map[string]string, order []string) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[f.Name] = string(text)
		order = append(order, f.Name)
	}
	return files, order
}

// FuzzCodeStyle takes any style, or refuses it in words of its own.
func FuzzCodeStyle(f *testing.F) {
	for _, seed := range []string{
		`{"color": "#123", "background": "transparent", "quiet_zone": 4, "size": 300, "shape": "dots"}`, `{"color": "red\"/>"}`, `{"size": 1e99}`, `{"logo": "data:image/png;base64,AAAA", "logo_size": 0.1}`,
		`{"quiet_zone": 4.0, "error_correction": "H"}`, `null`, `[]`, `{"logo_size": -1}`, `{"background": "#000", "color": "#fff"}`,
	} {
		f.Add(seed)
	}
	s := webtest.New(f, stores)
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	f.Fuzz(func(t *testing.T, style string) {
		if !json.Valid([]byte(style)) {
			return
		}
		a := s.In(t).Post("/qr/api/generate/", `{"content": "https://example.com", "format": "svg", "style": `+style+`}`)
		switch {
		case a.Status == 201 && (!strings.HasPrefix(a.Body, "<svg ") || strings.Contains(a.Body, "script")):
			t.Fatalf("%q is drawn as %.200s", style, a.Body)
		case a.Status != 201:
			a.Is(400)
		}
		s.Later(time.Second)
	})
}
