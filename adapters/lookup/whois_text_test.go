package lookup

import (
	"fmt"
	"net"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/scanledger/scanledger/domain"
)

// TestEncodings has holders' names in the letters of their countries.
func TestEncodings(t *testing.T) {
	for name, c := range map[string]struct {
		by     encoding.Encoding
		holder string
	}{
		"a.jp": {japanese.ISO2022JP, "株式会社例"}, "b.jp": {japanese.ShiftJIS, "株式会社例示サービス"}, "c.jp": {japanese.EUCJP, "株式会社例"}, "a.kr": {korean.EUCKR, "보기회사"},
		"a.hu": {charmap.ISO8859_2, "Őrség Kft."}, "a.br": {charmap.ISO8859_1, "São João"}, "a.cn": {unicode.UTF8, "例子公司"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			w.WHOIS = w.listen(func(q string, conn net.Conn) {
				raw, err := c.by.NewEncoder().String(fmt.Sprintf("Domain Name: %s\nRegistrant Name: %s\n", q, c.holder))
				if err != nil {
					t.Error(err)
				}
				fmt.Fprint(conn, raw)
			})
			r := w.ask(name, domain.LookupWHOIS)
			if r.Registration == nil || r.Registration.Contacts[0].Name != c.holder {
				t.Errorf("%+v", r)
			}
		})
	}
}
