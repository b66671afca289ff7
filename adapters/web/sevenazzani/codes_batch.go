package sevenazzani

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// mostBatchSize is how many pixels a PNG of many has on each side at most.
const mostBatchSize = 1000

// batches are how many an account may have made in a minute: each may take all
// processors for some seconds.
var batches = web.Window{Of: "qr-batch", By: web.ByAccount, Span: web.Minute, Limit: 10}

// GenerateCodes answers POST /qr/api/batch/ with a ZIP: a file for each row, and
// manifest.json. Where a row cannot be a code nothing is made, and each such row
// is told.
func (a *API) GenerateCodes(c *fiber.Ctx, by commands.Caller) error {
	var w codesWanted
	if err := web.ReadJSON(c, &w); err != nil {
		return err
	}
	if w.Dynamic {
		return domain.Errorf(domain.Invalid, "dynamic must be false where many codes are made: make each code that goes through a short link by POST /qr/api/generate/")
	}
	g := commands.GenerateCodes{By: by}
	var err error
	if g.Format, err = domain.ParseCodeFormat(w.Format); err != nil {
		return err
	}
	if g.Style, g.Logo, err = w.Style.read(); err != nil {
		return err
	}
	if g.Style.Size > mostBatchSize {
		return domain.Errorf(domain.Invalid, "style.size must be %d at most where many codes are made", mostBatchSize)
	}
	if g.Rows, err = commands.ReadCodeRows(w.CSV, typeOf(w.Type)); err != nil {
		return err
	}
	made, faults, err := a.Codes.GenerateCodes(c.UserContext(), g)
	if err != nil {
		return err
	}
	if len(faults.Rows) > 0 {
		return c.Status(fiber.StatusBadRequest).JSON(refusedRows(faults, len(g.Rows)))
	}
	file, err := packed(g, made)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="qr-codes.zip"`)
	return c.Status(fiber.StatusCreated).Send(file)
}

func refusedRows(faults commands.RowFaults, of int) fiber.Map {
	rows := make([]rowFault, len(faults.Rows))
	for i, f := range faults.Rows {
		rows[i] = rowFault{f.Line, f.Name, f.Err.Message}
	}
	undrawn := ""
	if faults.Undrawn > 0 {
		undrawn = fmt.Sprintf(", %d were not tried after that many", faults.Undrawn)
	}
	said := fmt.Sprintf("%d of %d rows cannot be codes%s, and so none was made. Line %d: %s", len(rows), of, undrawn, rows[0].Line, rows[0].Message)
	m := body(domain.Errorf(domain.Invalid, "%s", said), 0)
	m["rows"] = rows
	return m
}

// packed is the ZIP. The same codes give the same bytes: no file has a time.
func packed(g commands.GenerateCodes, made []commands.Generated) ([]byte, error) {
	var b bytes.Buffer
	z, names := zip.NewWriter(&b), map[string]bool{"manifest": true}
	all := manifest{Codes: make([]manifestCode, len(made))}
	for i, m := range made {
		r := g.Rows[i]
		name := distinct(names, fileName(r.Name, fmt.Sprintf("code-%d", r.Line))) + "." + string(g.Format)
		sum := sha256.Sum256(m.File)
		all.Codes[i] = manifestCode{r.Line, r.Name, name, r.Type, r.Payload, hex.EncodeToString(sum[:])}
		if err := pack(z, name, m.File); err != nil {
			return nil, err
		}
	}
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil {
		err = pack(z, "manifest.json", append(text, '\n'))
	}
	if err == nil {
		err = z.Close()
	}
	return b.Bytes(), err
}

func pack(z *zip.Writer, name string, file []byte) error {
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write(file)
	}
	return err
}

// distinct is a name that no other file has, also where case does not count.
func distinct(names map[string]bool, name string) string {
	one := name
	for n := 2; names[strings.ToLower(one)]; n++ {
		one = fmt.Sprintf("%s-%d", name, n)
	}
	names[strings.ToLower(one)] = true
	return one
}
