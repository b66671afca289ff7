package content

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// secret is a kind of key that says by its form what it opens.
type secret struct {
	needs string // a text that is in all of them
	says  *regexp.Regexp
	what  string
}

// keys are the kinds that are looked for: those alone that nobody is meant to
// see, and whose form nothing else has. Keys that pages are meant to hold, such as
// those of maps, are none.
var keys = []secret{
	{"-----BEGIN", regexp.MustCompile(`-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED )?PRIVATE KEY-----(?:\s|\\[nr])*[A-Za-z0-9+/]{40}`), "a private key"},
	{"AKIA", regexp.MustCompile(`\bAKIA[A-Z2-7]{16}\b[^\x00]{1,200}?["'\s=:]([A-Za-z0-9/+]{40})["'\s]`), "a key of Amazon Web Services and its secret"},
	{"gh", regexp.MustCompile(`\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})\b`), "a token of GitHub"},
	{"glpat-", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,64}`), "a token of GitLab"},
	{"xox", regexp.MustCompile(`\bxox[abprs]-[0-9]{8,}-[0-9A-Za-z-]{16,200}`), "a token of Slack"},
	{"hooks.slack.com", regexp.MustCompile(`https://hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}`), "a webhook of Slack"},
	{"k_live_", regexp.MustCompile(`\b[sr]k_live_[0-9A-Za-z]{24,200}`), "a secret key of Stripe"},
	{"SG.", regexp.MustCompile(`\bSG\.[\w-]{22}\.[\w-]{43}`), "a key of SendGrid"},
	{"npm_", regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}\b`), "a token of npm"},
	{"pypi-", regexp.MustCompile(`\bpypi-AgEIcHlwaS5vcmc[\w-]{50,400}`), "a token of PyPI"},
	{"T3BlbkFJ", regexp.MustCompile(`\bsk-[\w-]{20,200}T3BlbkFJ[\w-]{20,200}`), "a key of OpenAI"},
	{"sk-ant-", regexp.MustCompile(`\bsk-ant-[a-z]{3,8}\d\d-[\w-]{80,200}`), "a key of Anthropic"},
	{"GOCSPX-", regexp.MustCompile(`\bGOCSPX-[\w-]{28}`), "a client secret of Google"},
	{"AccountKey=", regexp.MustCompile(`\bAccountKey=[A-Za-z0-9+/]{86}==`), "a key of Azure Storage"},
	{"://", regexp.MustCompile(`\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?)://[^\s:/@"'<>$*{}]{0,64}:[^\s/@"'<>$*{}]{3,100}@[A-Za-z0-9.-]{1,200}`), "the address of a database with its password"},
}

// leaked are the keys in a text, with where they stand in it.
func leaked(text string) (found []leak) {
	for _, k := range keys {
		if !strings.Contains(text, k.needs) {
			continue
		}
		for _, at := range k.says.FindAllStringIndex(text, 20) {
			if key := text[at[0]:at[1]]; !sample(key) {
				found = append(found, leak{k.what, at[0], at[1]})
			}
		}
	}
	return found
}

type leak struct {
	what     string
	from, to int
}

var (
	samples   = regexp.MustCompile(`(?i)example|placeholder|x{6}|\.{3}|your[_-]?|0{12}|1234567890`)
	sayNot    = regexp.MustCompile(`(?i)^(?:pass(?:word|wd)?|pwd|secret|changeme|root|admin|test|user|x+|s3cret)$`)
	innerHost = regexp.MustCompile(`(?i)^(?:localhost|127\.0\.0\.1|host(?:name)?|db|server|.*\.(?:example|invalid|test|localhost)|(?:.*\.)?example\.(?:com|org|net))$`)
)

// sample says of a key that it stands for one in a text that explains.
func sample(key string) bool {
	if u, err := url.Parse(key); err == nil && u.User != nil {
		password, _ := u.User.Password()
		return sayNot.MatchString(password) || innerHost.MatchString(u.Hostname())
	}
	return samples.MatchString(key)
}

// judgeAnswer looks at what any answer of the site may hold, whatever its status
// and its type.
func (l *look) judgeAnswer(a *scanners.Answer) {
	name := "The page " + scanners.Whole(a.URL)
	l.judgeErrors(a, l.place(a.URL), name)
	l.judgeSecrets(string(a.Body), l.place(a.URL), name, func() domain.Hash { return l.evidence(a) })
}

// judgeSecrets looks for keys that nobody is meant to see. What is told of one is
// its kind, never the key.
func (l *look) judgeSecrets(text, where, name string, evidence func() domain.Hash) {
	var told []string
	for _, found := range leaked(text) {
		if !strings.Contains(strings.Join(told, ", "), found.what) {
			told = append(told, found.what)
		}
	}
	if len(told) > 0 {
		l.raise(leakedSecret, where, fmt.Sprintf("%s holds %s.", name, strings.Join(told, ", ")), evidence())
	}
}

// mask hides the keys in a raw answer, so that it can be kept as evidence.
func mask(raw []byte) []byte {
	found := leaked(string(raw))
	if len(found) == 0 {
		return raw
	}
	clean := []byte(nil)
	hidden := make([]bool, len(raw))
	for _, k := range found {
		for i := k.from; i < k.to; i++ {
			hidden[i] = true
		}
	}
	for i, b := range raw {
		switch {
		case !hidden[i]:
			clean = append(clean, b)
		case i == 0 || !hidden[i-1]:
			clean = append(clean, "[a secret is left out here]"...)
		}
	}
	return clean
}
