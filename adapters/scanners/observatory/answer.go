package observatory

import (
	"fmt"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// referrers are the referrer policies, and whether each keeps paths and
// queries from other sites.
var referrers = map[string]bool{
	"no-referrer":                     true,
	"same-origin":                     true,
	"strict-origin":                   true,
	"strict-origin-when-cross-origin": true,
	"origin":                          false,
	"origin-when-cross-origin":        false,
	"unsafe-url":                      false,
	"no-referrer-when-downgrade":      false,
}

// ReferrerPolicy is the test of Referrer-Policy, as header and as meta
// element: the last value that is a policy counts.
func ReferrerPolicy(s Site) domain.ObservatoryTest {
	header, found := s.header("Referrer-Policy")
	if !found && s.Page.Referrer == "" {
		return result(ReferrerName, "referrer-policy-not-implemented", "No policy is set, so browsers use their default.")
	}
	policy := ""
	for value := range strings.SplitSeq(header+","+s.Page.Referrer, ",") {
		if _, known := referrers[word(value)]; known {
			policy = word(value)
		}
	}
	switch {
	case policy == "":
		return result(ReferrerName, "referrer-policy-header-invalid",
			fmt.Sprintf("There is no known policy in %s.", quote(strings.Trim(header+", "+s.Page.Referrer, ", "))))
	case referrers[policy]:
		return result(ReferrerName, "referrer-policy-private", "The policy is "+policy+".")
	}
	return result(ReferrerName, "referrer-policy-unsafe", "The policy is "+policy+".")
}

// ContentTypeOptions is the test of X-Content-Type-Options.
func ContentTypeOptions(s Site) domain.ObservatoryTest {
	header, _ := s.header("X-Content-Type-Options")
	switch {
	case header == "":
		return result(ContentTypeName, "x-content-type-options-not-implemented", "The header is not sent.")
	case word(cut(header, 256)) == "nosniff":
		return result(ContentTypeName, "x-content-type-options-nosniff", "The header is \"nosniff\".")
	}
	return result(ContentTypeName, "x-content-type-options-header-invalid", fmt.Sprintf("The header is %s.", quote(header)))
}

// FrameOptions is the test of X-Frame-Options, or of the directive
// frame-ancestors of a policy in the header, which browsers prefer.
func FrameOptions(s Site) domain.ObservatoryTest {
	if p, err := enforcedPolicy(s); err == nil && p.header["frame-ancestors"] != nil {
		return result(FrameName, "x-frame-options-implemented-via-csp", "The policy has frame-ancestors.")
	}
	header, _ := s.header("X-Frame-Options")
	detail := fmt.Sprintf("The header is %s.", quote(header))
	switch value := word(cut(header, 1024)); {
	case header == "":
		return result(FrameName, "x-frame-options-not-implemented", "The header is not sent, nor a policy with frame-ancestors.")
	case value == "deny", value == "sameorigin":
		return result(FrameName, "x-frame-options-sameorigin-or-deny", detail)
	case strings.HasPrefix(value, "allow-from"):
		return result(FrameName, "x-frame-options-allow-from-origin", detail)
	}
	return result(FrameName, "x-frame-options-header-invalid", detail)
}
