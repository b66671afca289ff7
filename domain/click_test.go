package domain_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// FuzzClick compares how a click is written with how encoding/json writes it.
func FuzzClick(f *testing.F) {
	f.Add("c", "v", "rule", "news.example", "pt-br", "Firefox", true)
	f.Add("", "", "", "", "", "", false)
	f.Add("ä", "\"", "a<b>&c", "\u2028", "\xff", "\x00\\", true)
	f.Fuzz(func(t *testing.T, code, visitor, rule, referrer, language, browser string, fallback bool) {
		click := domain.LinkClicked{
			Account: uuid.NewSHA1(uuid.NameSpaceURL, []byte(code)), Code: code, Visitor: visitor, Agent: domain.Agent(browser), Via: domain.Via(rule),
			Rule: rule, Fallback: fallback, Referrer: referrer, Country: visitor, Language: language, Browser: browser, System: referrer, Device: code,
		}
		want, err := json.Marshal(click)
		if err != nil {
			t.Fatal(err)
		}
		version, got, err := domain.Encode(click)
		if version != 1 || err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d, %v\n%s, want\n%s", version, err, got, want)
		}
	})
}
