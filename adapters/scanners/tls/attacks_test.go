package tls

import (
	"crypto/cipher"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// decrypted is a record of TLS 1.2 with its MAC and padding.
func decrypted(p *protection, body []byte) []byte {
	size := p.block.BlockSize()
	plain := make([]byte, len(body)-size)
	cipher.NewCBCDecrypter(p.block, body[:size]).CryptBlocks(plain, body[size:])
	return plain
}

// tried are the features that attacks tell.
func tried() (names []string) {
	for _, a := range attacks {
		names = append(names, a.names...)
	}
	return names
}

// TestAttacks scans servers that are open to one attack each, and such as
// resemble them and are not.
func TestAttacks(t *testing.T) {
	var answered atomic.Int32
	tests := map[string]struct {
		server handmade
		open   []string // features
		rules  []string // beside those that all have
		grade  string
	}{
		"nothing is wrong":  {handmade{}, nil, nil, "B"},
		"nor with features": {handmade{heartbeats: true, tickets: true}, nil, nil, "B"},
		"Heartbleed":        {handmade{heartbeats: true, bleeds: true}, []string{"heartbleed"}, []string{"attack/heartbleed"}, "F"},
		"CCS injection":     {handmade{takesCCS: true}, []string{"ccs_injection"}, []string{"attack/ccs-injection"}, "F"},
		"a server that cannot decrypt whatever it does not expect": {handmade{cannotDecrypt: true}, nil, nil, "B"},
		"ROBOT, at once": {handmade{keyed: func(good bool) alert {
			if good {
				return 0
			}
			return 51
		}}, []string{"robot"}, []string{"attack/robot"}, "F"},
		"wrong keys that are answered like right ones": {handmade{keyed: func(bool) alert { return 51 }}, nil, nil, ""},
		"answers to keys that differ by chance": {handmade{keyed: func(good bool) alert {
			if good {
				return 0
			}
			return 50 + alert(answered.Add(1)%7)*10
		}}, nil, nil, "B"},
		"Ticketbleed":   {handmade{tickets: true, overlong: true}, []string{"ticketbleed"}, []string{"attack/ticketbleed"}, "F"},
		"renegotiation": {handmade{renegotiates: true}, []string{"client_renegotiation"}, []string{"renegotiation/client"}, "B"},
		"insecure renegotiation": {handmade{renegotiates: true, unsecured: true}, []string{"client_renegotiation"},
			[]string{"renegotiation/injectable", "renegotiation/insecure"}, "F"},
		"POODLE of TLS": {handmade{malformed: func(_, mac, _ bool) []alert {
			if mac {
				return nil
			}
			return []alert{badRecordMAC}
		}}, []string{"poodle_tls"}, []string{"attack/poodle-tls"}, "F"},
		"GOLDENDOODLE": {handmade{malformed: func(padding, mac, empty bool) []alert {
			if mac && !padding && !empty {
				return []alert{decryptionFailed}
			}
			return []alert{badRecordMAC}
		}}, []string{"golden_doodle"}, []string{"attack/padding-oracle"}, "F"},
		"Zombie POODLE": {handmade{malformed: func(padding, mac, empty bool) []alert {
			if !mac && !padding {
				return []alert{decryptionFailed}
			}
			return []alert{badRecordMAC}
		}}, []string{"zombie_poodle"}, []string{"attack/padding-oracle"}, "F"},
		"CVE-2019-1559": {handmade{malformed: func(padding, mac, empty bool) []alert {
			if empty && mac {
				return []alert{badRecordMAC, badRecordMAC}
			}
			return []alert{badRecordMAC}
		}}, []string{"zero_length_oracle"}, []string{"attack/padding-oracle"}, "F"},
	}
	always := []string{"cipher/cbc", "key-exchange/no-forward-secrecy", "protocol/no-tlsv1.3"}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := scan(t, test.server.listen(t), "site.test")
			if err != nil {
				t.Fatal(err)
			}
			e := all[domain.TLSEndpoint](r)[0]
			var open []string
			for _, feature := range tried() {
				if e.Features[feature] {
					open = append(open, feature)
				}
			}
			if !slices.Equal(open, test.open) {
				t.Errorf("open to %v, want %v", open, test.open)
			}
			want := slices.Sorted(slices.Values(append(slices.Clone(always), test.rules...)))
			if got := r.rules(); !slices.Equal(got, want) {
				t.Errorf("weaknesses %v, want %v", got, want)
			}
			if test.grade != "" && e.Grade != test.grade {
				t.Errorf("grade %s %q, want %s", e.Grade, e.GradeWhy, test.grade)
			}
			r.told(t, e, test.grade != "")
		})
	}
}

// told expects every attack to be in the coverage, and its features to be told
// where it was tested.
func (r *record) told(t *testing.T, e domain.TLSEndpoint, sessions bool) {
	t.Helper()
	outcomes := map[string]domain.Coverage{}
	for _, c := range all[domain.Coverage](r) {
		outcomes[c.What] = c
	}
	for _, a := range attacks {
		c, known := outcomes[a.what]
		for _, name := range a.names {
			if _, told := e.Features[name]; told != (c.Outcome == domain.Tested) {
				t.Errorf("%s is %+v, and %s told: %v", a.what, c, name, told)
			}
		}
		if !known || sessions && c.Outcome != domain.Tested {
			t.Errorf("%s is %+v, of %v", a.what, c, slices.Sorted(maps.Keys(outcomes)))
		}
	}
}
