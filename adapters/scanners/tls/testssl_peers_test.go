//go:build peers

package tls

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var testsslVersions = map[string]string{"SSLv2": "SSLv2", "SSLv3": "SSLv3", "TLS1": "TLSv1.0", "TLS1_1": "TLSv1.1", "TLS1_2": "TLSv1.2", "TLS1_3": "TLSv1.3"}

var testsslSuites = map[string]string{"cipher-ssl3_": "SSLv3", "cipher-tls1_1_": "TLSv1.1", "cipher-tls1_2_": "TLSv1.2", "cipher-tls1_3_": "TLSv1.3", "cipher-tls1_": "TLSv1.0"}

// testsslAttacks are our features by testssl.sh's names.
var testsslAttacks = map[string]string{"heartbleed": "heartbleed", "CCS": "ccs_injection", "ticketbleed": "ticketbleed", "ROBOT": "robot",
	"secure_client_renego": "client_renegotiation", "CRIME_TLS": "crime", "POODLE_SSL": "poodle", "SWEET32": "sweet32", "FREAK": "freak",
	"DROWN": "drown", "BEAST": "beast", "LUCKY13": "lucky13", "RC4": "rc4"}

// testsslFacts runs testssl.sh: versions, all suites of each, the certificate
// and the attacks.
func testsslFacts(t *testing.T, port int) facts {
	t.Helper()
	dir, err := os.MkdirTemp("", "testssl") // a test's own folder may have a comma, which testssl.sh takes for a list
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "testssl.json")
	began := time.Now()
	run(t, nil, "testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--add-ca", rootFile(t, dir), "--ip", "127.0.0.1",
		"--jsonfile", out, "-p", "-E", "-S", "-U", fmt.Sprintf("site.test:%d", port))
	var lines []struct{ ID, Severity, Finding string }
	readJSON(t, out, &lines)
	f := facts{says: map[string]string{}, took: time.Since(began)}
	for _, l := range lines {
		if version, is := testsslVersions[l.ID]; is && strings.HasPrefix(l.Finding, "offered") {
			f.protocols = append(f.protocols, version)
		}
		for prefix, version := range testsslSuites {
			if rest, is := strings.CutPrefix(l.ID, prefix); is && strings.HasPrefix(rest, "x") {
				words := strings.Fields(l.Finding)
				f.suites = append(f.suites, version+" "+words[len(words)-1])
			}
		}
		f.takeTestssl(l.ID, l.Finding)
	}
	slices.Sort(f.protocols)
	slices.Sort(f.suites)
	return f
}

func (f facts) takeTestssl(id, finding string) {
	if feature, is := testsslAttacks[id]; is {
		lower := strings.ToLower(finding)
		f.says[feature] = fmt.Sprint(strings.Contains(lower, "vulnerable") && !strings.Contains(lower, "not vulnerable"))
	}
	switch id {
	case "secure_renego":
		f.says["secure_renegotiation"] = fmt.Sprint(finding == "supported" || strings.Contains(finding, "TLS 1.3")) // which has none to secure
	case "fallback_SCSV":
		if !strings.Contains(finding, "no protocol below") && !strings.Contains(finding, "only") { // where it asked at all
			f.says["fallback_scsv"] = fmt.Sprint(finding == "supported")
		}
	case "cert_fingerprintSHA256":
		f.says["sha256"] = strings.ToLower(finding)
	case "cert_notAfter", "cert_notBefore":
		f.says[map[string]string{"cert_notAfter": "not after (minute)", "cert_notBefore": "not before (minute)"}[id]] = finding
	case "cert_keySize":
		if words := strings.Fields(finding); len(words) > 1 && words[0] != "Server" { // as it says of Ed25519
			f.says["key"] = strings.Replace(words[0], "EC", "ECDSA", 1) + " " + words[1]
		}
	case "cert_subjectAltName":
		f.says["names"] = finding
	case "cert_mustStapleExtension":
		f.says["must_staple"] = fmt.Sprint(strings.Contains(finding, "supported"))
	case "OCSP_stapling":
		f.says["ocsp_stapling"] = fmt.Sprint(finding == "offered")
	case "cert_chain_of_trust":
		f.says["trusted"] = fmt.Sprint(strings.HasPrefix(finding, "passed"))
	case "cert_trust":
		f.says["for the name"] = fmt.Sprint(strings.HasPrefix(finding, "Ok"))
	}
}
