package dns

import (
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	rfcSPF    = "https://www.rfc-editor.org/rfc/rfc7208"
	rfcDMARC  = "https://www.rfc-editor.org/rfc/rfc7489"
	rfcDKIM   = "https://www.rfc-editor.org/rfc/rfc8301"
	rfcCAA    = "https://www.rfc-editor.org/rfc/rfc8659"
	rfcDNSSEC = "https://www.rfc-editor.org/rfc/rfc9364"
	rfcNull   = "https://www.rfc-editor.org/rfc/rfc7505"
	rfcAXFR   = "https://www.rfc-editor.org/rfc/rfc5936"
	rfcDANE   = "https://www.rfc-editor.org/rfc/rfc7672"
	rfcServer = "https://www.rfc-editor.org/rfc/rfc2182"
)

// spoofing is CWE-290, authentication bypass by spoofing.
const spoofing = 290

// advisory returns what is known of a rule.
func advisory(id string) domain.Advisory {
	a := advisories[id]
	a.ID = id
	return a
}

var advisories = map[string]domain.Advisory{
	"dns/spf/missing": {
		Title: "No SPF record", Severity: domain.Medium, CWE: spoofing, References: []string{rfcSPF},
		Description: "The domain takes mail and does not say which servers may send it, so that anybody can send mail in its name.",
		Remedy:      "Publish one TXT record that lists the sending servers and ends in -all or ~all, as \"v=spf1 mx include:_spf.provider.example -all\".",
	},
	"dns/spf/missing-no-mail": {
		Title: "No SPF record on a domain without mail", Severity: domain.Low, CWE: spoofing, References: []string{rfcSPF},
		Description: "The domain has no mail servers, and does not say that nobody sends mail in its name either.",
		Remedy:      "Publish the TXT record \"v=spf1 -all\".",
	},
	"dns/spf/multiple": {
		Title: "More than one SPF record", Severity: domain.Medium, CWE: spoofing, References: []string{rfcSPF + "#section-3.2"},
		Description: "Receivers that find more than one SPF record treat the policy as broken and apply none of them.",
		Remedy:      "Join the records into one.",
	},
	"dns/spf/syntax": {
		Title: "SPF record with a syntax error", Severity: domain.Medium, CWE: spoofing, References: []string{rfcSPF + "#section-4.6"},
		Description: "The record does not follow the grammar of SPF, so that receivers treat the whole policy as broken.",
		Remedy:      "Correct the term that is named.",
	},
	"dns/spf/allow-all": {
		Title: "SPF record that allows everybody", Severity: domain.High, CWE: spoofing, References: []string{rfcSPF + "#section-5.1"},
		Description: "The record ends in +all: it vouches for mail in the domain's name from any server in the world.",
		Remedy:      "List the sending servers and end the record in -all or ~all.",
	},
	"dns/spf/allow-all-no-mail": {
		Title: "SPF record that allows everybody, on a domain without mail", Severity: domain.Medium, CWE: spoofing, References: []string{rfcSPF + "#section-5.1"},
		Description: "The record ends in +all: it vouches for mail in the domain's name from any server in the world, though the domain has no mail servers.",
		Remedy:      "Replace the record by \"v=spf1 -all\".",
	},
	"dns/spf/neutral": {
		Title: "SPF record that takes no stand", Severity: domain.Low, CWE: spoofing, References: []string{rfcSPF + "#section-4.7"},
		Description: "The record ends in ?all or in nothing: mail from servers that it does not list is treated as if there were no record.",
		Remedy:      "End the record in -all or ~all.",
	},
	"dns/spf/too-many-lookups": {
		Title: "SPF record with more than 10 look-ups", Severity: domain.Medium, CWE: spoofing, References: []string{rfcSPF + "#section-4.6.4"},
		Description: "Receivers stop after 10 look-ups and treat the policy as broken, for legitimate mail too.",
		Remedy:      "Remove includes that are not needed, or replace them by ip4 and ip6.",
	},
	"dns/spf/void-lookups": {
		Title: "SPF record with look-ups that find nothing", Severity: domain.Low, CWE: spoofing, References: []string{rfcSPF + "#section-4.6.4"},
		Description: "Receivers may stop after two look-ups that find nothing and treat the policy as broken.",
		Remedy:      "Remove the includes of domains that have no TXT record any more.",
	},
	"dns/spf/broken-include": {
		Title: "SPF record that includes a broken one", Severity: domain.Medium, CWE: spoofing, References: []string{rfcSPF + "#section-5.2"},
		Description: "An include or redirect leads to a domain without one valid SPF record, which makes the whole policy an error.",
		Remedy:      "Remove the include, or correct the domain that it names.",
	},
	"dns/spf/ptr": {
		Title: "SPF record that uses ptr", Severity: domain.Informational, References: []string{rfcSPF + "#section-5.5"},
		Description: "The ptr mechanism is slow and unreliable, must not be used, and is passed over by some receivers.",
		Remedy:      "Replace ptr by ip4, ip6, a or mx.",
	},
	"dns/dmarc/missing": {
		Title: "No DMARC record", Severity: domain.Medium, CWE: spoofing, References: []string{rfcDMARC},
		Description: "The domain takes mail and does not say what receivers shall do with forged mail in its name, so that most deliver it.",
		Remedy:      "Publish a TXT record at _dmarc, at first \"v=DMARC1; p=none; rua=mailto:…\", and move to p=quarantine and p=reject as the reports allow.",
	},
	"dns/dmarc/missing-no-mail": {
		Title: "No DMARC record on a domain without mail", Severity: domain.Low, CWE: spoofing, References: []string{rfcDMARC},
		Description: "The domain has no mail servers, and does not ask receivers to reject mail that is forged in its name.",
		Remedy:      "Publish the TXT record \"v=DMARC1; p=reject\" at _dmarc.",
	},
	"dns/dmarc/multiple": {
		Title: "More than one DMARC record", Severity: domain.Medium, CWE: spoofing, References: []string{rfcDMARC + "#section-6.6.3"},
		Description: "Receivers that find more than one DMARC record apply none.",
		Remedy:      "Leave one record.",
	},
	"dns/dmarc/syntax": {
		Title: "DMARC record with a syntax error", Severity: domain.Medium, CWE: spoofing, References: []string{rfcDMARC + "#section-6.4"},
		Description: "The record does not follow the grammar of DMARC, so that receivers may apply no policy.",
		Remedy:      "Correct the tag that is named.",
	},
	"dns/dmarc/none": {
		Title: "DMARC policy that only watches", Severity: domain.Low, CWE: spoofing, References: []string{rfcDMARC + "#section-6.3"},
		Description: "With p=none receivers report forged mail and deliver it all the same.",
		Remedy:      "Move to p=quarantine and then p=reject once the reports show that legitimate mail passes.",
	},
	"dns/dmarc/none-no-mail": {
		Title: "DMARC policy that only watches, on a domain without mail", Severity: domain.Informational, CWE: spoofing, References: []string{rfcDMARC + "#section-6.3"},
		Description: "With p=none receivers deliver forged mail, though the domain has no mail that a stricter policy could harm.",
		Remedy:      "Move to p=reject.",
	},
	"dns/dmarc/subdomains-none": {
		Title: "DMARC policy that leaves subdomains out", Severity: domain.Low, CWE: spoofing, References: []string{rfcDMARC + "#section-6.3"},
		Description: "With sp=none mail in the name of any subdomain, even of one that does not exist, is delivered.",
		Remedy:      "Remove sp, or set it to the value of p.",
	},
	"dns/dmarc/partial": {
		Title: "DMARC policy for a part of the mail", Severity: domain.Informational, References: []string{rfcDMARC + "#section-6.3"},
		Description: "With pct below 100 the rest of the forged mail gets the next milder policy.",
		Remedy:      "Raise pct to 100, or remove it.",
	},
	"dns/dmarc/no-reports": {
		Title: "DMARC without reports", Severity: domain.Informational, References: []string{rfcDMARC + "#section-7"},
		Description: "Without rua nobody learns who sends mail in the domain's name, nor when legitimate mail fails.",
		Remedy:      "Add rua=mailto: with an address that somebody reads.",
	},
	"dns/dkim/short-key": {
		Title: "DKIM key below 1024 bits", Severity: domain.Medium, CWE: 326, References: []string{rfcDKIM + "#section-3.2"},
		Description: "The key can be computed from what is public, and mail signed with it; receivers must not accept it.",
		Remedy:      "Sign with a key of 2048 bits under a new selector and remove this one.",
	},
	"dns/dkim/old-key": {
		Title: "DKIM key below 2048 bits", Severity: domain.Informational, CWE: 326, References: []string{rfcDKIM + "#section-3.2"},
		Description: "Keys of 1024 bits are no longer beyond the reach of well-funded attackers; signers should use 2048.",
		Remedy:      "Sign with a key of 2048 bits under a new selector and remove this one.",
	},
	"dns/dmarc/report-refused": {
		Title: "DMARC reports to somebody who has not agreed", Severity: domain.Low, References: []string{rfcDMARC + "#section-7.1"},
		Description: "Whoever gets reports in another domain has to say so there; until then none are sent.",
		Remedy:      "Have the receiver publish a TXT record \"v=DMARC1\" at DOMAIN._report._dmarc.RECEIVER, or correct the address.",
	},
	"dns/dane/missing": {
		Title: "Signed mail server without TLSA records", Severity: domain.Informational, References: []string{rfcDANE},
		Description: "Senders cannot know that the server has TLS, and an attacker between them can have mail sent in clear text.",
		Remedy:      "Publish a TLSA record \"3 1 1\" with the hash of the server's key at _25._tcp of its name.",
	},
	"dns/dane/unsigned": {
		Title: "TLSA records without DNSSEC", Severity: domain.Low, CWE: 345, References: []string{rfcDANE + "#section-2.2"},
		Description: "Senders pass TLSA records over that are not signed: they protect nothing.",
		Remedy:      "Sign the mail server's zone with DNSSEC.",
	},
	"dns/dane/unusable": {
		Title: "TLSA records that cannot be used", Severity: domain.Low, References: []string{rfcDANE + "#section-3.1"},
		Description: "For mail only the usages 2 and 3 count, with a digest of the right length: senders treat the server as one without a certificate that can be verified.",
		Remedy:      "Publish \"3 1 1\" with the SHA-256 of the server's public key.",
	},
	"dns/cname/unclaimed": {
		Title: "Alias of a service that nobody has claimed", Severity: domain.High, CWE: 672, CVSS: scanners.Touched, References: []string{"https://developer.mozilla.org/en-US/docs/Web/Security/Subdomain_takeovers"},
		Description: "Whoever opens an account there and claims the name serves content, gets cookies and obtains certificates under this domain.",
		Remedy:      "Remove the CNAME record, or claim the name.",
	},
	"dns/ns/lame": {
		Title: "Name server that does not know the zone", Severity: domain.Medium, References: []string{"https://www.rfc-editor.org/rfc/rfc1912#section-2.8"},
		Description: "Part of the questions for the domain end there and get no answer, or an old one (a lame delegation).",
		Remedy:      "Have the server serve the zone, or remove its NS record, at the registrar too.",
	},
	"dns/soa/serials": {
		Title: "Name servers with different versions of the zone", Severity: domain.Low, References: []string{"https://www.rfc-editor.org/rfc/rfc1912#section-2.2"},
		Description: "Visitors get one answer or the other. Shortly after a change that is as it should be.",
		Remedy:      "See why the secondary servers do not transfer the zone.",
	},
	"dns/soa/values": {
		Title: "SOA record with values that cannot be meant", Severity: domain.Informational, References: []string{"https://www.rfc-editor.org/rfc/rfc1912#section-2.2", "https://www.rfc-editor.org/rfc/rfc2308#section-5"},
		Description: "Secondary servers refresh too late or give the zone up too soon, or resolvers keep for too long that a name does not exist.",
		Remedy:      "Use values such as refresh 86400, retry 7200, expire 3600000, minimum 3600.",
	},
	"dns/mx/null-mixed": {
		Title: "Null MX beside other MX records", Severity: domain.Low, References: []string{rfcNull + "#section-3"},
		Description: "The domain says at once that it takes no mail and where to deliver it.",
		Remedy:      "Remove the MX record with the target \".\", or all others.",
	},
	"dns/mx/unresolvable": {
		Title: "Mail server without an address", Severity: domain.Medium, References: []string{"https://www.rfc-editor.org/rfc/rfc5321#section-5.1"},
		Description: "Mail cannot be delivered there; if the name can be registered, whoever does so gets the mail.",
		Remedy:      "Remove the MX record or correct its target.",
	},
	"dns/caa/missing": {
		Title: "No CAA record", Severity: domain.Low, CWE: 295, References: []string{rfcCAA},
		Description: "Any certificate authority may issue certificates for the domain, the worst of them included.",
		Remedy:      "Publish a CAA record that names the authority in use, as '0 issue \"letsencrypt.org\"'.",
	},
	"dns/caa/unrestricted": {
		Title: "CAA records that restrict nobody", Severity: domain.Low, CWE: 295, References: []string{rfcCAA + "#section-4.2"},
		Description: "There are CAA records but none with the tag issue, so that any certificate authority may issue certificates.",
		Remedy:      "Add a record that names the authority in use, as '0 issue \"letsencrypt.org\"'.",
	},
	"dns/dnssec/unsigned": {
		Title: "Zone not signed with DNSSEC", Severity: domain.Low, CWE: 345, References: []string{rfcDNSSEC},
		Description: "Answers about the domain can be forged on the way without a resolver noticing.",
		Remedy:      "Sign the zone and have the registrar publish its DS record.",
	},
	"dns/dnssec/bogus": {
		Title: "DNSSEC signatures that do not hold", Severity: domain.High, CWE: 347, References: []string{rfcDNSSEC},
		Description: "Resolvers that validate refuse to answer for the domain: for their users it does not exist. Either the zone is broken or answers are being forged.",
		Remedy:      "Sign the zone anew, or correct or remove the DS record at the parent.",
	},
	"dns/cname/dangling": {
		Title: "Alias of a name that does not exist", Severity: domain.High, CWE: 672, CVSS: scanners.Touched, References: []string{"https://developer.mozilla.org/en-US/docs/Web/Security/Subdomain_takeovers"},
		Description: "Whoever can register the name that the alias leads to serves content, gets cookies and obtains certificates under this domain.",
		Remedy:      "Remove the CNAME record, or register the name that it leads to.",
	},
	"dns/axfr/open": {
		Title: "Zone transfer open to everybody", Severity: domain.High, CWE: 200, CVSS: scanners.Told, References: []string{rfcAXFR + "#section-5"},
		Description: "The name server gives all records of the zone to anybody: internal host names, test systems, what software is in use.",
		Remedy:      "Allow transfers (AXFR) only to the secondary servers, by address and TSIG key.",
	},
	"dns/ns/single": {
		Title: "Only one name server", Severity: domain.Informational, References: []string{rfcServer + "#section-5"},
		Description: "When it is away, so is the domain.",
		Remedy:      "Add a second name server in another network.",
	},
	"dns/ns/one-network": {
		Title: "All name servers in one network", Severity: domain.Informational, References: []string{rfcServer + "#section-3.1"},
		Description: "One broken line or router makes the whole domain unreachable.",
		Remedy:      "Move one of them to another network.",
	},
	"dns/ns/unresolvable": {
		Title: "Name server without an address", Severity: domain.Medium, CWE: 672, References: []string{"https://www.rfc-editor.org/rfc/rfc1912#section-2.8"},
		Description: "Part of the questions for the domain get no answer; if the name can be registered, whoever does so answers them.",
		Remedy:      "Remove the NS record, at the registrar too, or give the name server an address.",
	},
	"dns/ipv6/missing": {
		Title: "Not reachable over IPv6", Severity: domain.Informational, References: []string{"https://www.rfc-editor.org/rfc/rfc6540"},
		Description: "Visitors with IPv6 alone reach the site only through translators of their provider.",
		Remedy:      "Give the host an IPv6 address and publish an AAAA record.",
	},
}
