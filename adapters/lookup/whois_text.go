package lookup

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"github.com/scanledger/scanledger/domain"
)

// shift begins Japanese letters among seven bits (ISO 2022-JP).
var shift = []byte("\x1b$")

// encodings are how registries of a top-level domain write what is no UTF-8, the
// likelier first. Others' is ISO 8859-1, which has a letter for each byte.
var encodings = map[string][]encoding.Encoding{
	"jp": {japanese.EUCJP, japanese.ShiftJIS}, "kr": {korean.EUCKR}, "cn": {simplifiedchinese.GB18030}, "tw": {traditionalchinese.Big5}, "hk": {traditionalchinese.Big5},
	"hu": {charmap.ISO8859_2}, "pl": {charmap.ISO8859_2}, "cz": {charmap.ISO8859_2}, "sk": {charmap.ISO8859_2}, "si": {charmap.ISO8859_2}, "hr": {charmap.ISO8859_2},
}

// textOf is an answer about a subject as text.
func textOf(raw []byte, s domain.LookupSubject) string {
	if bytes.Contains(raw, shift) {
		if text, is := decoded(raw, japanese.ISO2022JP); is {
			return text
		}
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	if s.Kind == domain.DomainSubject {
		for _, e := range encodings[topOf(s)] {
			if text, is := decoded(raw, e); is {
				return text
			}
		}
	}
	var b strings.Builder
	for _, c := range raw {
		b.WriteRune(rune(c))
	}
	return b.String()
}

// decoded is an answer by an encoding; false where it is written in another.
func decoded(raw []byte, e encoding.Encoding) (string, bool) {
	text, err := e.NewDecoder().Bytes(raw)
	return string(text), err == nil && !bytes.ContainsRune(text, utf8.RuneError)
}
