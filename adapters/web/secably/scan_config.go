package secably

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// choice is what a request asks a scanner for.
type choice struct {
	mode    string // the profile, in the scanner's own word
	options domain.Options
}

// setting is one thing that scan_config may say. Set takes its text, and is
// false for a text that is none of what is allowed.
type setting struct {
	allowed string
	set     func(c *choice, text string) bool
}

// settings are all that each scanner's scan_config may say, by name.
var settings = map[domain.Scanner]map[string]setting{
	domain.Builtin: {"scan_type": modes("quick", "standard", "deep")},
	domain.Nmap: {
		"scan_type": {"one of quick, fast, full", func(c *choice, text string) bool {
			c.mode = map[string]string{"quick": "quick", "fast": "quick", "full": "full"}[text]
			return c.mode != ""
		}},
		"port_range": {"ports from 1 to 65535 and ranges of them by commas, such as 1-1000 or 22,80,8000-8100", func(c *choice, text string) (ok bool) {
			ports, err := domain.ParsePortRange(text)
			c.options.Nmap.Ports = ports
			return err == nil
		}},
		"aggressive": flag(func(o *domain.Options) *bool { return &o.Nmap.Aggressive }),
	},
	domain.SSLyze: {
		"check_certificate":   flag(func(o *domain.Options) *bool { return &o.SSLyze.Certificate }),
		"check_tls_versions":  flag(func(o *domain.Options) *bool { return &o.SSLyze.Versions }),
		"check_cipher_suites": flag(func(o *domain.Options) *bool { return &o.SSLyze.Suites }),
	},
	domain.Nuclei: {"scan_type": modes("quick", "full")},
	domain.ZAP: {
		"scan_mode":      modes("baseline", "full"),
		"spider_enabled": flag(func(o *domain.Options) *bool { return &o.ZAP.Spider }),
	},
	domain.OpenVAS: {
		"scan_profile": modes("discovery", "full_and_fast", "deep"),
		"port_list": {"one of " + web.Listing(domain.PortLists), func(c *choice, text string) bool {
			c.options.OpenVAS.PortList = domain.PortList(text)
			return slices.Contains(domain.PortLists, c.options.OpenVAS.PortList)
		}},
	},
}

// presets are the modes where nothing is said: the ones that cost least.
var presets = map[domain.Scanner]string{
	domain.Builtin: "standard", domain.Nmap: "quick", domain.SSLyze: "", domain.Nuclei: "quick",
	domain.ZAP: "baseline", domain.OpenVAS: "discovery",
}

func modes(all ...string) setting {
	return setting{"one of " + strings.Join(all, ", "), func(c *choice, text string) bool {
		c.mode = text
		return slices.Contains(all, text)
	}}
}

func flag(of func(*domain.Options) *bool) setting {
	return setting{"true or false", func(c *choice, text string) bool {
		*of(&c.options) = text == "true"
		return text == "true" || text == "false"
	}}
}

// choose reads what a scanner's scan_config asks for. The error says what it
// may say.
func choose(s domain.Scanner, config json.RawMessage) (domain.Profile, domain.Options, error) {
	allowed, known := settings[s]
	if !known {
		return "", domain.Options{}, domain.Errorf(domain.Invalid, "scanner_type must be one of %s", web.Listing(scannerTypes))
	}
	said, err := object(config)
	if err != nil {
		return "", domain.Options{}, err
	}
	preset, _ := domain.ProfileOf(s, presets[s])
	c := choice{presets[s], domain.DefaultOptions(preset)}
	for _, name := range slices.Sorted(maps.Keys(said)) {
		option, known := allowed[name]
		if !known {
			return "", domain.Options{}, domain.Errorf(domain.Invalid, "scan_config.%.40s is unknown: of %s it may have %s", name, s, web.Listing(slices.Sorted(maps.Keys(allowed))))
		}
		if text := textOf(said[name]); !option.set(&c, text) {
			return "", domain.Options{}, domain.Errorf(domain.Invalid, "scan_config.%s must be %s", name, option.allowed)
		}
	}
	profile, _ := domain.ProfileOf(s, c.mode)
	return profile, c.options, c.options.Check(profile)
}

// scannerTypes are all that can be asked for, as the document orders them.
var scannerTypes = []domain.Scanner{domain.Nmap, domain.SSLyze, domain.Nuclei, domain.ZAP, domain.OpenVAS, domain.Builtin}

// object reads scan_config; null and nothing at all are an empty one, and so is
// a null in it.
func object(config json.RawMessage) (map[string]any, error) {
	said := map[string]any{}
	if len(config) == 0 {
		return said, nil
	}
	if err := json.Unmarshal(config, &said); err != nil {
		return nil, domain.Errorf(domain.Invalid, "scan_config must be an object")
	}
	maps.DeleteFunc(said, func(_ string, v any) bool { return v == nil })
	return said, nil
}

// textOf is a value as text: true and "true" are the same. Lists and objects
// are a text that nothing allows.
func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return "\x00"
	}
}

// configOf is a scan's scan_config with everything in it, as it was run.
func configOf(p domain.Profile, o domain.Options) map[string]any {
	config := map[string]any{}
	switch p.Scanner() {
	case domain.ZAP:
		config["scan_mode"] = p.Mode()
	case domain.OpenVAS:
		config["scan_profile"] = p.Mode()
	case domain.SSLyze:
	default:
		config["scan_type"] = p.Mode()
	}
	if o.Nmap != nil {
		config["port_range"], config["aggressive"] = string(o.Nmap.Ports), o.Nmap.Aggressive
		if o.Nmap.Ports == "" {
			config["port_range"] = nil
		}
	}
	if o.SSLyze != nil {
		config["check_certificate"], config["check_tls_versions"], config["check_cipher_suites"] = o.SSLyze.Certificate, o.SSLyze.Versions, o.SSLyze.Suites
	}
	if o.ZAP != nil {
		config["spider_enabled"] = o.ZAP.Spider
	}
	if o.OpenVAS != nil {
		config["port_list"] = o.OpenVAS.PortList
	}
	return config
}
