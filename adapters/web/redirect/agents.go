package redirect

import (
	"strings"

	"github.com/mileusna/useragent"

	"github.com/scanledger/scanledger/domain"
)

// agent is what a browser, or a program, is by what it calls itself.
type agent struct {
	agent   domain.Agent
	browser string
	system  string
	device  string
}

// readAgent reads a User-Agent.
func readAgent(text string) agent {
	if kind := nobody(strings.ReplaceAll(strings.ToLower(text), "cubot", "")); kind != "" { // a maker of phones
		return agent{agent: kind}
	}
	ua := useragent.Parse(text)
	a := agent{agent: domain.Person, browser: browserOf(ua.Name, text), system: systems[ua.OS]}
	switch {
	case ua.Bot:
		return agent{agent: domain.Bot}
	case ua.Tablet:
		a.device = "tablet"
	case ua.Mobile:
		a.device = "mobile"
	case ua.Desktop:
		a.device = "desktop"
	}
	return a
}

// systems are the library's names of systems, as they are shown.
var systems = map[string]string{
	useragent.Windows: "Windows", useragent.WindowsPhone: "Windows Phone", useragent.Android: "Android", useragent.MacOS: "macOS",
	useragent.IOS: "iOS", useragent.Linux: "Linux", useragent.FreeBSD: "FreeBSD", useragent.ChromeOS: "ChromeOS", useragent.BlackBerry: "BlackBerry",
}

// browserOf is a browser's name: one that is known, whatever else a program calls itself,
// so that nothing is kept that somebody has written there. What is built on a known one
// is that.
func browserOf(name, text string) string {
	if shown := browsers[name]; shown != "" {
		return shown
	}
	for _, engine := range []string{useragent.Chrome, useragent.Firefox, useragent.Safari} {
		if strings.Contains(text, engine+"/") {
			return engine
		}
	}
	return ""
}

// browsers are the names that the library has for browsers, or finds in what they send,
// as they are shown.
var browsers = map[string]string{
	useragent.Opera: "Opera", useragent.OperaMini: "Opera Mini", useragent.OperaTouch: "Opera Touch", useragent.Chrome: "Chrome", useragent.Firefox: "Firefox",
	useragent.InternetExplorer: "Internet Explorer", useragent.Safari: "Safari", useragent.Edge: "Edge", useragent.Vivaldi: "Vivaldi", useragent.NetFront: "NetFront",
	useragent.SamsungBrowser: "Samsung Browser", useragent.BlackBerry: "BlackBerry", useragent.FacebookApp: "Facebook App", useragent.InstagramApp: "Instagram App",
	useragent.TiktokApp: "TikTok App", "Android browser": "Android browser", "Miui Browser": "Miui Browser", "Huawei Browser": "Huawei Browser",
	"YaBrowser": "Yandex Browser", "UCBrowser": "UC Browser", "Whale": "Whale", "QQBrowser": "QQ Browser", "MQQBrowser": "QQ Browser", "MicroMessenger": "WeChat", "Silk": "Silk",
	"DuckDuckGo": "DuckDuckGo", "Ddg": "DuckDuckGo", "Brave": "Brave", "coc_coc_browser": "Coc Coc", "Puffin": "Puffin", "Maxthon": "Maxthon", "HeyTapBrowser": "HeyTap Browser",
	"VivoBrowser": "Vivo Browser", "SeaMonkey": "SeaMonkey", "PaleMoon": "Pale Moon", "Waterfox": "Waterfox", "Epiphany": "Epiphany", "Konqueror": "Konqueror", "Falkon": "Falkon",
	"GSA": "Google App", "Line": "LINE", "KAKAOTALK": "KakaoTalk", "Snapchat": "Snapchat", "Pinterest": "Pinterest", "Instagram": "Instagram App", "LinkedInApp": "LinkedIn App",
	"Lynx": "Lynx", "w3m": "w3m", "Links": "Links", "ELinks": "ELinks", "Dillo": "Dillo", "NetSurf": "NetSurf",
}

// signs are words in a User-Agent, in lower case, by which something is known that is
// no person with a browser. The first that is found decides.
var signs = []struct {
	words []string
	kind  domain.Agent
}{
	{previews, domain.Preview},
	{crawlers, domain.Bot},
	{programs, domain.Bot},
}

// nobody is what a User-Agent in lower case is where it is no person's, else "".
func nobody(text string) domain.Agent {
	if len(text) < 4 {
		return domain.Bot
	}
	for _, s := range signs {
		for _, word := range s.words {
			if strings.Contains(text, word) {
				return s.kind
			}
		}
	}
	return ""
}

// previews look for a reader: messengers and networks that show where a link leads,
// and mail filters that look whether it is harmful.
var previews = []string{
	"facebookexternalhit", "facebookcatalog", "facebot", "meta-externalfetcher", "twitterbot", "linkedinbot", "slackbot", "slack-imgproxy", "discordbot",
	"telegrambot", "whatsapp/", "skypeuripreview", "msteams", "microsoftpreview", "viber", "line-poker", "linespider", "kakaotalk-scrap", "vkshare",
	"pinterestbot", "pinterest/0.", "redditbot", "snap url preview", "tumblr/", "mastodon/", "misskey/", "pleroma", "akkoma", "lemmy/", "bluesky cardyb", "cardyb",
	"iframely", "embedly", "quora link preview", "google-pagerenderer", "googlemessages", "google-read-aloud", "applebot-preview", "imessagebot", "mattermost",
	"rocket.chat", "zulipurlpreview", "synapse (bot", "matrix-media-repo", "nextcloud server crawler", "zoombot", "chatwork linkpreview", "bitlybot", "outbrain",
	"xing-contenttabreceiver", "flipboardproxy", "developers.google.com/+/web/snippet", "yahoo link preview", "yahoomailproxy", "googleimageproxy",
	"bingpreview", "safelinks", "ms-office", "microsoft office", "mimecast", "proofpoint", "barracuda", "fireeye", "symantec", "messagelabs", "cloudmark",
	"trendmicro", "sophos", "ironport", "cisco-iph", "mailscanner", "spamassassin", "urlscan", "virustotal", "checkpoint url", "forcepoint", "zscaler", "phishtank",
}

// crawlers read the web for somebody else.
var crawlers = []string{
	"bot/", "bot;", "bot)", "bot ", "-bot", "_bot", "robot", "crawl", "spider", "slurp", "mediapartners", "adsbot", "scrap", "archiver", "ia_archiver", "fetcher",
	"gptbot", "chatgpt-user", "oai-searchbot", "claude-web", "claude-user", "anthropic", "perplexity", "cohere-ai", "bytespider", "ccbot", "diffbot", "yandex.com/bots",
	"baiduspider", "sogou", "semrush", "ahrefs", "mj12", "dotbot", "petalbot", "seznam", "duckduckgo-favicons", "feedfetcher", "feedburner", "feedly", "inoreader",
	"newsblur", "validator", "w3c_", "lighthouse", "pagespeed", "gtmetrix", "pingdom", "uptimerobot", "uptime-kuma", "statuscake", "site24x7", "newrelic",
	"datadog", "betteruptime", "better uptime", "checkly", "nagios", "check_http", "zabbix", "prometheus", "blackbox-exporter", "monitor", "screaming frog",
	"linkcheck", "link checker", "headlesschrome", "phantomjs", "slimerjs", "selenium", "puppeteer", "playwright",
	"nmap", "nikto", "sqlmap", "zgrab", "masscan", "nuclei", "censys", "shodan", "expanse", "netcraft", "internet-measurement", "scanledger",
}

// programs are libraries and tools that ask by themselves.
var programs = []string{
	"curl/", "wget", "httpie", "python", "aiohttp", "urllib", "httpx", "go-http-client", "okhttp", "java/", "apache-httpclient", "jakarta", "libwww", "lwp::",
	"perl/", "php/", "guzzle", "ruby", "faraday", "node-fetch", "undici", "axios", "got (", "got/", "superagent", "postman", "insomnia", "dart:io", "dart/", "rest-client",
	"restsharp", "winhttp", "powershell", "reqwest", "hyper/", "ureq", "libcurl", "fasthttp", "resty", "k6/", "wrk", "apachebench", "jmeter", "vegeta", "hey/", "feign",
	"node.js", "deno/", "bun/", "cfnetwork", "dalvik", "elixir", "erlang", "haskell", "clj-http", "mechanize", "colly",
}

// ahead says whether a browser says that it fetches before its user asks for it: by
// the Fetch standard's Sec-Purpose, and by what browsers have sent before that.
func ahead(header func(string) []byte) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"} {
		value := strings.ToLower(string(cut(header(name), 64)))
		if strings.Contains(value, "prefetch") || strings.Contains(value, "prerender") || strings.Contains(value, "preview") {
			return true
		}
	}
	return false
}
