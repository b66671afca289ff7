package argon2id

import (
	_ "embed"
	"strings"
)

// The 3,000 most common passwords of 8 characters or more, the most common
// first: from the frequency list of zxcvbn 4.5.0 (MIT licence, see
// common.LICENSE), which counted them in passwords that had leaked.
//
//go:embed common.txt
var commonText string

var common = func() map[string]bool {
	all := map[string]bool{}
	for _, p := range strings.Fields(commonText) {
		all[p] = true
	}
	return all
}()

// Common implements commands.Passwords, whatever the case of the letters.
func (h *Hasher) Common(password string) bool { return common[strings.ToLower(password)] }
