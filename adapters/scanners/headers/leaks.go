package headers

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/scanledger/scanledger/domain"
)

// leakingHeaders are the headers that name the software of a server.
var leakingHeaders = []struct {
	header      string
	where       string
	versionOnly bool // whether the bare name of a product is no matter
	advisory    domain.Advisory
}{
	{"Server", "server", true, serverVersion},
	{"X-Powered-By", "x-powered-by", false, poweredBy},
	{"X-AspNet-Version", "x-aspnet-version", false, poweredBy},
	{"X-AspNetMvc-Version", "x-aspnetmvc-version", false, poweredBy},
	{"X-Generator", "x-generator", false, poweredBy},
}

// version matches the version of a product: "nginx/1.22", "Apache 2".
var version = regexp.MustCompile(`[/ ]v?[0-9]`)

// maxText bounds a header that is shown, in bytes.
const maxText = 512

// text makes a header fit to be shown: valid, printable, bounded.
func text(value string) string {
	if len(value) > maxText {
		value = value[:maxText]
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(value, ""))
}

func quote(s string) string {
	if len(s) > 120 {
		s = strings.ToValidUTF8(s[:120], "")
	}
	return strconv.Quote(s)
}
