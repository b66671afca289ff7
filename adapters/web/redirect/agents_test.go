package redirect

import (
	"net/http"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestReadAgent(t *testing.T) {
	person := func(browser, system, device string) agent { return agent{domain.Person, browser, system, device} }
	for text, want := range map[string]agent{
		"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0":                                                                  person("Firefox", "Linux", "desktop"),
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":                         person("Chrome", "Windows", "desktop"),
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":           person("Edge", "Windows", "desktop"),
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": person("Safari", "iOS", "mobile"),
		"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1":          person("Safari", "iOS", "tablet"),
		"Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                   person("Chrome", "Android", "mobile"),
		"Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36":                  person("Chrome", "Android", "mobile"),
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15":                   person("Safari", "macOS", "desktop"),
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 YaBrowser/24.6 Safari/537.36":          person("Yandex Browser", "Windows", "desktop"),
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 ann@example.com/1 Safari/537.36":       person("Chrome", "Windows", "desktop"),
		"192.0.2.1":                   person("", "", ""),
		"Mozilla/5.0 Ann (192.0.2.1)": person("", "", ""),
		"":                            {agent: domain.Bot},
		"x":                           {agent: domain.Bot},
		"curl/8.5.0":                  {agent: domain.Bot},
		"Wget/1.21":                   {agent: domain.Bot},
		"python-requests/2.32.3":      {agent: domain.Bot},
		"Go-http-client/2.0":          {agent: domain.Bot},
		"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)":                                      {agent: domain.Bot},
		"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)":                                       {agent: domain.Bot},
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)":        {agent: domain.Bot},
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0.0.0 Safari/537.36": {agent: domain.Bot},
		"Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)":                                        {agent: domain.Bot},
		"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)":                                     {agent: domain.Preview},
		"Twitterbot/1.0":                {agent: domain.Preview},
		"WhatsApp/2.23.20.0 A":          {agent: domain.Preview},
		"TelegramBot (like TwitterBot)": {agent: domain.Preview},
		"Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)":        {agent: domain.Preview},
		"Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)": {agent: domain.Preview},
		"http.rb/5.1.1 (Mastodon/4.2.0; +https://mastodon.example/)":        {agent: domain.Preview},
		"Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5":   {agent: domain.Preview},
	} {
		if got := readAgent(text); got != want {
			t.Errorf("%q is %+v, want %+v", text, got, want)
		}
	}
}

func TestAhead(t *testing.T) {
	for header, want := range map[[2]string]bool{
		{"Sec-Purpose", "prefetch"}: true, {"Sec-Purpose", "prefetch;prerender"}: true, {"Purpose", "prefetch"}: true, {"X-Moz", "prefetch"}: true, {"X-Purpose", "preview"}: true,
		{"Sec-Purpose", ""}: false, {"Sec-Fetch-Mode", "navigate"}: false, {"Purpose", "visit"}: false,
	} {
		h := http.Header{}
		h.Set(header[0], header[1])
		if got := ahead(func(name string) []byte { return []byte(h.Get(name)) }); got != want {
			t.Errorf("%v fetches ahead: %v", header, got)
		}
	}
}

func TestReadLanguageAndReferrer(t *testing.T) {
	for header, want := range map[string]string{"": "", "de": "de", "de-AT,de;q=0.9,en;q=0.8": "de-at", "en;q=0.1,pt-BR;q=0.9": "pt-br", "*": "", "x y z": "", "\x00": "", "../../etc": "",
		"en-x-ann-doe": "en", "zh-Hant-TW-u-nu-hanidec": "zh-hant-tw", "x-ann": "", "sl-rozaj-biske": "sl", "es-419": "es-419"} {
		if got := readLanguage(header); got != want {
			t.Errorf("language %q is %q, want %q", header, got, want)
		}
	}
	for header, want := range map[string]string{
		"": "", "https://News.Example.com/a?secret=1": "news.example.com", "https://user:pass@a.example:8443/x": "a.example", "android-app://com.slack/": "com.slack",
		"javascript:alert(1)": "", "https://bücher.example/": "xn--bcher-kva.example", "//a.example": "", "https://a b/": "", "http://[::1]/": "::1",
	} {
		if got := readReferrer([]byte(header)); got != want {
			t.Errorf("referrer %q is %q, want %q", header, got, want)
		}
	}
}

// FuzzRead reads whatever is sent, and keeps to what an event may hold.
func FuzzRead(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux)", "de,en;q=0.5", "https://a.example/")
	f.Add("(((", ";;;q=", "http://%zz")
	f.Fuzz(func(t *testing.T, agentText, languages, referrer string) {
		a := readAgent(agentText)
		if a.agent == "" || a.device != "" && a.device != "desktop" && a.device != "mobile" && a.device != "tablet" {
			t.Errorf("%q is %+v", agentText, a)
		}
		if l := readLanguage(languages); len(l) > 35 {
			t.Errorf("%q is %q", languages, l)
		}
		if r := readReferrer([]byte(referrer)); len(r) > 253 {
			t.Errorf("%q is %q", referrer, r)
		}
	})
}
