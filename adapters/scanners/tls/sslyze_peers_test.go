//go:build peers

package tls

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
)

// sslyzeReport is what is compared of an --json_out of SSLyze.
type sslyzeReport struct {
	Started   string `json:"date_scans_started"`
	Completed string `json:"date_scans_completed"`
	Servers   []struct {
		Status string                   `json:"scan_status"`
		Result map[string]sslyzeCommand `json:"scan_result"`
	} `json:"server_scan_results"`
}

type sslyzeCommand struct {
	Status string `json:"status"`
	Result *struct {
		Supported bool `json:"is_tls_version_supported"`
		Accepted  []struct {
			Suite struct {
				Name string `json:"name"`
			} `json:"cipher_suite"`
		} `json:"accepted_cipher_suites"`

		Compression   *bool              `json:"supports_compression"`
		CCS           *bool              `json:"is_vulnerable_to_ccs_injection"`
		Fallback      *bool              `json:"supports_fallback_scsv"`
		Heartbleed    *bool              `json:"is_vulnerable_to_heartbleed"`
		Robot         string             `json:"robot_result"`
		Secure        *bool              `json:"supports_secure_renegotiation"`
		Renegotiation *bool              `json:"is_vulnerable_to_client_renegotiation_dos"`
		Master        *bool              `json:"supports_ems_extension"`
		Deployments   []sslyzeDeployment `json:"certificate_deployments"`
	} `json:"result"`
}

type sslyzeDeployment struct {
	Chain []struct {
		SHA256    []byte      `json:"fingerprint_sha256"`
		Serial    json.Number `json:"serial_number"`
		NotBefore time.Time   `json:"not_valid_before"`
		NotAfter  time.Time   `json:"not_valid_after"`
		Names     struct {
			DNS []string `json:"dns_names"`
			IP  []string `json:"ip_addresses"`
		} `json:"subject_alternative_name"`
		Subject struct {
			Text string `json:"rfc4514_string"`
		} `json:"subject"`
		Issuer struct {
			Text string `json:"rfc4514_string"`
		} `json:"issuer"`
		Key struct {
			Algorithm string `json:"algorithm"`
			Size      int    `json:"key_size"`
		} `json:"public_key"`
	} `json:"received_certificate_chain"`
	MustStaple bool `json:"leaf_certificate_has_must_staple_extension"`
	InOrder    bool `json:"received_chain_has_valid_order"`
	Paths      []struct {
		Success bool `json:"was_validation_successful"`
		Store   struct {
			Name string `json:"name"`
		} `json:"trust_store"`
	} `json:"path_validation_results"`
	Stapled any `json:"ocsp_response"`
}

var sslyzeVersions = map[string]string{"ssl_2_0": "SSLv2", "ssl_3_0": "SSLv3", "tls_1_0": "TLSv1.0", "tls_1_1": "TLSv1.1", "tls_1_2": "TLSv1.2", "tls_1_3": "TLSv1.3"}

// sslyzeFacts runs SSLyze with all that it does by default.
func sslyzeFacts(t *testing.T, port int, leaf string) facts {
	t.Helper()
	out := filepath.Join(t.TempDir(), "sslyze.json")
	run(t, []string{"PYTHONPATH=" + peers.Path(t, "pip", "sslyze"), "PYTHONWARNINGS=ignore"}, "python3", "-m", "sslyze", "--quiet", "--json_out="+out,
		"--certinfo_ca_file="+rootFile(t, t.TempDir()), "--mozilla_config=disable", "--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3",
		"--certinfo", "--compression", "--fallback", "--heartbleed", "--openssl_ccs", "--reneg", "--robot", "--ems", "--elliptic_curves",
		fmt.Sprintf("site.test:%d{127.0.0.1}", port))
	var report sslyzeReport
	readJSON(t, out, &report)
	if len(report.Servers) != 1 {
		t.Fatalf("SSLyze: %+v", report)
	}
	f := facts{says: map[string]string{}, blind: report.Servers[0].Status != "COMPLETED", took: between(t, report.Started, report.Completed)}
	for name, command := range report.Servers[0].Result {
		if command.Status != "COMPLETED" || command.Result == nil {
			continue
		}
		if version, is := sslyzeVersions[strings.TrimSuffix(name, "_cipher_suites")]; is && command.Result.Supported {
			f.protocols = append(f.protocols, version)
			for _, a := range command.Result.Accepted {
				f.suites = append(f.suites, version+" "+a.Suite.Name)
			}
		}
		f.takeSSLyze(name, command, leaf)
	}
	slices.Sort(f.protocols)
	slices.Sort(f.suites)
	return f
}

func between(t *testing.T, from, to string) time.Duration {
	t.Helper()
	began, err := time.Parse(time.RFC3339Nano, from)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := time.Parse(time.RFC3339Nano, to)
	if err != nil {
		t.Fatal(err)
	}
	return ended.Sub(began)
}

func (f facts) takeSSLyze(name string, command sslyzeCommand, leaf string) {
	r := command.Result
	for what, value := range map[string]*bool{"compression": r.Compression, "ccs_injection": r.CCS, "fallback_scsv": r.Fallback, "heartbleed": r.Heartbleed,
		"secure_renegotiation": r.Secure, "client_renegotiation": r.Renegotiation, "extended_master_secret": r.Master} {
		if value != nil {
			f.says[what] = fmt.Sprint(*value)
		}
	}
	if name == "robot" {
		f.says["robot"] = fmt.Sprint(strings.HasPrefix(r.Robot, "VULNERABLE"))
	}
	for _, d := range r.Deployments {
		c := d.Chain[0]
		if hex.EncodeToString(c.SHA256) != leaf {
			continue // of another certificate of the same server
		}
		serial, _ := new(big.Int).SetString(c.Serial.String(), 10)
		f.says["sha256"], f.says["serial"] = leaf, serial.Text(16)
		f.says["key"] = fmt.Sprintf("%s %d", sslyzeKeys[c.Key.Algorithm], c.Key.Size)
		f.says["not before"], f.says["not after"] = c.NotBefore.UTC().Format(time.RFC3339), c.NotAfter.UTC().Format(time.RFC3339)
		f.says["names"], f.says["subject"], f.says["issuer"] = strings.Join(append(c.Names.DNS, c.Names.IP...), " "), c.Subject.Text, c.Issuer.Text
		f.says["must_staple"] = fmt.Sprint(d.MustStaple)
		f.says["chain_in_order"], f.says["sent"], f.says["ocsp_stapling"] = fmt.Sprint(d.InOrder), fmt.Sprint(len(d.Chain)), fmt.Sprint(d.Stapled != nil)
		for _, path := range d.Paths {
			if !slices.Contains([]string{"Android", "Apple", "Java", "Mozilla", "Windows"}, path.Store.Name) {
				f.says["trusted"] = fmt.Sprint(path.Success)
			}
		}
	}
}

// sslyzeKeys are our names for the algorithms of keys.
var sslyzeKeys = map[string]string{"RSAPublicKey": "RSA", "ECPublicKey": "ECDSA", "Ed25519PublicKey": "Ed25519"}
