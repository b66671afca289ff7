package render

// tlsFeature is how a feature of a TLS endpoint is shown.
type tlsFeature struct {
	name, title string
	yes, no     chip
}

func attack(name, title string, bad tone) tlsFeature {
	return tlsFeature{name, title, chip{"open to it", bad}, chip{"not open to it", toneGood}}
}

func defence(name, title string) tlsFeature {
	return tlsFeature{name, title, chip{"yes", toneGood}, chip{"no", toneMedium}}
}

func neutral(name, title string) tlsFeature {
	return tlsFeature{name, title, chip{Word: "yes"}, chip{Word: "no"}}
}

var tlsAttacks = []tlsFeature{
	attack("heartbleed", "Heartbleed", toneCritical),
	attack("ccs_injection", "CCS injection", toneHigh),
	attack("robot", "ROBOT", toneHigh),
	attack("ticketbleed", "Ticketbleed", toneHigh),
	attack("drown", "DROWN", toneHigh),
	attack("poodle", "POODLE (SSL 3)", toneHigh),
	attack("poodle_tls", "POODLE (TLS)", toneHigh),
	attack("golden_doodle", "GOLDENDOODLE", toneHigh),
	attack("zombie_poodle", "Zombie POODLE", toneHigh),
	attack("zero_length_oracle", "CVE-2019-1559", toneHigh),
	attack("freak", "FREAK", toneHigh),
	attack("logjam", "Logjam", toneMedium),
	attack("crime", "CRIME", toneMedium),
	attack("rc4", "RC4", toneMedium),
	attack("sweet32", "Sweet32", toneMedium),
	attack("beast", "BEAST", toneLow),
	{"lucky13", "LUCKY13", chip{Word: "potentially open to it"}, chip{"not open to it", toneGood}},
	attack("client_renegotiation", "Renegotiation by clients", toneLow),
}

var tlsFeatures = []tlsFeature{
	defence("secure_renegotiation", "Secure renegotiation"),
	defence("fallback_scsv", "Downgrades are noticed (TLS_FALLBACK_SCSV)"),
	defence("extended_master_secret", "Extended master secret"),
	defence("post_quantum", "Post-quantum key exchange"),
	neutral("server_cipher_order", "The server chooses the cipher suite"),
	neutral("session_tickets", "Session tickets"),
	neutral("alpn_h2", "HTTP/2 (ALPN)"),
	neutral("alpn_http_1_1", "HTTP/1.1 (ALPN)"),
	neutral("client_certificate", "A client certificate is asked for"),
	neutral("ocsp_stapling", "OCSP answer is sent (stapling)"),
	neutral("must_staple", "The certificate promises one (must-staple)"),
	neutral("certificate_timestamps", "Certificate transparency timestamps"),
	neutral("chain_in_order", "Certificates are sent in order"),
}

// featureRows are the features of a list that were looked for.
func featureRows(seen map[string]bool, list []tlsFeature) [][]cell {
	var rows [][]cell
	for _, f := range list {
		has, tested := seen[f.name]
		switch {
		case !tested:
			continue
		case has:
			rows = append(rows, []cell{plain(f.title), marked(f.yes)})
		default:
			rows = append(rows, []cell{plain(f.title), marked(f.no)})
		}
	}
	return rows
}
