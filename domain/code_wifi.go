package domain

import "strings"

// How a network is locked.
const (
	wifiWPA  = "WPA"
	wifiWEP  = "WEP"
	wifiOpen = "nopass"
)

// wifiForm writes WIFI:T:…;S:…;P:…;H:true;; as the Wi-Fi Alliance's WPA3
// Specification (7.1) and ZXing's list of contents have it. WPA stands for
// WPA2 and WPA3 too.
var wifiForm = CodeForm{
	Type: WifiCode, Title: "Wi-Fi", ready: []string{"WIFI:"}, end: ";;",
	Fields: []CodeField{
		{Name: "ssid", Label: "Network name", Kind: TextField, Required: true, Most: 32, exact: true, check: fits(32), Help: "The SSID, 32 bytes at most.", Example: "Guests"},
		{Name: "password", Label: "Password", Kind: PasswordField, Most: 64, exact: true, Help: "None for an open network.", Example: "correct horse"},
		{Name: "encryption", Label: "Security", Kind: SelectField, Most: 10, Options: []string{wifiWPA, wifiWEP, wifiOpen}, Help: "WPA is WPA2 and WPA3 too; nopass is an open network. Without it the password tells.", Example: wifiWPA},
		{Name: "hidden", Label: "The network does not show its name", Kind: CheckField, Most: 5, Help: "So that a phone looks for it.", Example: "false"},
	},
	write: func(v codeValues) (string, error) {
		lock, password := v["encryption"], v["password"]
		if lock == "" && password != "" {
			lock = wifiWPA
		} else if lock == "" {
			lock = wifiOpen
		}
		switch n := len(password); {
		case lock == wifiOpen && n > 0:
			return "", Errorf(Invalid, "content.password must be left out for an open network, or content.encryption must be WPA")
		case lock == wifiWPA && (n < 8 || n > 64 || n == 64 && strings.Trim(password, "0123456789abcdefABCDEF") != ""):
			return "", Errorf(Invalid, "content.password must have 8 to 63 characters, or be a key of 64 hexadecimal digits") // IEEE 802.11, annex J
		case lock == wifiWEP && n != 5 && n != 10 && n != 13 && n != 26:
			return "", Errorf(Invalid, "content.password of WEP must have 5 or 13 characters, or 10 or 26 hexadecimal digits")
		}
		text := "WIFI:T:" + lock + ";S:" + wifiEscape.Replace(v["ssid"]) + ";"
		if password != "" {
			text += "P:" + wifiEscape.Replace(password) + ";"
		}
		if v["hidden"] == "true" {
			text += "H:true;"
		}
		return text + ";", nil
	},
}

// wifiEscape puts a backslash before what would end a field.
var wifiEscape = strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`, `:`, `\:`, `"`, `\"`)

// fits bounds a value in bytes.
func fits(bytes int) func(name, value string) (string, error) {
	return func(name, value string) (string, error) {
		if len(value) > bytes {
			return "", Errorf(Invalid, "%s must have at most %d bytes in UTF-8", name, bytes)
		}
		return value, nil
	}
}
