// Package observatory looks at a web site as Mozilla's HTTP Observatory does,
// algorithm version 6: Retrieve fetches what the tests need, and each test is
// a pure function of it. The result words, the modifiers and what passes are
// the Observatory's own, so that a result here can be compared with one there.
// Where this package knowingly judges otherwise, the test's comment says so.
package observatory

import (
	"slices"

	"github.com/scanledger/scanledger/domain"
)

// Test is one test of the Observatory.
type Test struct {
	Name string // as in domain.ObservatoryTest
	Run  func(Site) domain.ObservatoryTest
}

// The names of the tests, as the Observatory spells them.
const (
	CSPName            = "content-security-policy"
	CookiesName        = "cookies"
	CORSName           = "cross-origin-resource-sharing"
	RedirectionName    = "redirection"
	ReferrerName       = "referrer-policy"
	hstsName           = "strict-transport-security"
	SRIName            = "subresource-integrity"
	ContentTypeName    = "x-content-type-options"
	FrameName          = "x-frame-options"
	ResourcePolicyName = "cross-origin-resource-policy"
	EmbedderPolicyName = "cross-origin-embedder-policy"
	OpenerPolicyName   = "cross-origin-opener-policy"
)

// Tests returns the tests in the order in which the Observatory runs them.
func Tests() []Test {
	return []Test{
		{CSPName, CSP},
		{CookiesName, Cookies},
		{CORSName, CORS},
		{RedirectionName, Redirection},
		{ReferrerName, ReferrerPolicy},
		{hstsName, HSTS},
		{SRIName, SRI},
		{ContentTypeName, ContentTypeOptions},
		{FrameName, FrameOptions},
		{ResourcePolicyName, ResourcePolicy},
		{EmbedderPolicyName, EmbedderPolicy},
		{OpenerPolicyName, OpenerPolicy},
	}
}

// PageTests returns the tests with these names, which must look at one answer and
// its page alone.
func PageTests(names ...string) []Test {
	return slices.DeleteFunc(Tests(), func(t Test) bool { return !slices.Contains(names, t.Name) })
}

// result looks up what a result word is worth. The detail is one sentence on
// what was seen; whatever a target sent stands in it only through quote.
func result(test, word, detail string) domain.ObservatoryTest {
	v := verdicts[word]
	return domain.ObservatoryTest{Name: test, Result: word, Modifier: v.modifier, Pass: v.pass, Detail: detail}
}
