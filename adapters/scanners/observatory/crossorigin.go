package observatory

import (
	"fmt"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// CORS is the test of what the site answers to a preflight from an origin that
// it cannot know.
func CORS(s Site) domain.ObservatoryTest {
	const prefix = "cross-origin-resource-sharing-"
	allowed := ""
	if s.CORS != nil {
		allowed = s.CORS.Header.Get("Access-Control-Allow-Origin")
	}
	detail := fmt.Sprintf("Access-Control-Allow-Origin is %s.", quote(allowed))
	switch {
	case allowed == "":
		return result(CORSName, prefix+"not-implemented", "The preflight was answered without Access-Control-Allow-Origin.")
	case strings.TrimSpace(allowed) == "*":
		return result(CORSName, prefix+"implemented-with-public-access", detail)
	case allowed == s.Origin && word(s.CORS.Header.Get("Access-Control-Allow-Credentials")) == "true":
		return result(CORSName, prefix+"implemented-with-universal-access",
			"Any origin is allowed to read answers to requests with credentials.")
	}
	return result(CORSName, prefix+"implemented-with-restricted-access", detail)
}

// ResourcePolicy is the test of Cross-Origin-Resource-Policy.
func ResourcePolicy(s Site) domain.ObservatoryTest {
	header, _ := s.header("Cross-Origin-Resource-Policy")
	return policyResult(ResourcePolicyName, "corp-", header, word(cut(header, 256)),
		"same-origin", "same-site", "cross-origin")
}

// EmbedderPolicy is the test of Cross-Origin-Embedder-Policy, a structured
// field with a token.
func EmbedderPolicy(s Site) domain.ObservatoryTest {
	header, _ := s.header("Cross-Origin-Embedder-Policy")
	return policyResult(EmbedderPolicyName, "coep-", header, fieldToken(cut(header, 1024)),
		"require-corp", "credentialless", "unsafe-none")
}

// OpenerPolicy is the test of Cross-Origin-Opener-Policy, a structured field
// with a token.
func OpenerPolicy(s Site) domain.ObservatoryTest {
	header, _ := s.header("Cross-Origin-Opener-Policy")
	return policyResult(OpenerPolicyName, "coop-", header, fieldToken(cut(header, 1024)),
		"same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
}

// policyResult makes the result of a header that has one of a few words.
func policyResult(test, prefix, header, value string, known ...string) domain.ObservatoryTest {
	if strings.TrimSpace(header) == "" {
		return result(test, prefix+"not-implemented", "The header is not sent.")
	}
	detail := fmt.Sprintf("The header is %s.", quote(header))
	for _, k := range known {
		if value == k {
			return result(test, prefix+"implemented-with-"+k, detail)
		}
	}
	return result(test, prefix+"header-invalid", detail)
}
