package traffic

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// curve turns what was measured into a score of 0 to 100: linear between its
// points, flat before the first and after the last.
type curve []struct{ value, score float64 }

const kib = 1024

var (
	// firstByteCurve, in ms: web.dev calls up to 800 good and more than 1800
	// poor (https://web.dev/articles/ttfb); 90 and 50 are where Lighthouse's
	// colours change.
	firstByteCurve = curve{{0, 100}, {800, 90}, {1800, 50}, {5000, 0}}
	// weightCurve, in bytes: the control points of Lighthouse's audit
	// total-byte-weight. The HTTP Archive's median page weighed 2,652 KB on the
	// desktop in October 2024 (https://almanac.httparchive.org/en/2024/page-weight).
	weightCurve = curve{{0, 100}, {2667 * kib, 90}, {4000 * kib, 50}, {10_000 * kib, 0}}
	// redirectCurve, in hops: one, to HTTPS or to the site's own name, is
	// common; Lighthouse's audit redirects fails from the second on.
	redirectCurve = curve{{0, 100}, {1, 90}, {2, 60}, {3, 30}, {4, 0}}
	// availabilityCurve, as the share of requests that were answered: one of
	// ten that fails is far from any service level in use.
	availabilityCurve = curve{{0.5, 0}, {0.9, 50}, {1, 100}}
)

func (c curve) score(value float64) int {
	for i, p := range c {
		switch {
		case value > p.value:
		case i == 0:
			return int(math.Round(p.score))
		default:
			before := c[i-1]
			share := (value - before.value) / (p.value - before.value)
			return int(math.Round(before.score + share*(p.score-before.score)))
		}
	}
	return int(math.Round(c[len(c)-1].score))
}

// firstByte is the median over the repeated requests, from the beginning of
// the connection to the first byte of the answer, in ms.
func firstByte(m *measured) (score int, value float64, detail, untested string) {
	var times []time.Duration
	for _, t := range m.tries {
		if t.answered {
			times = append(times, t.firstByte)
		}
	}
	if len(times) == 0 {
		return 0, 0, "", "no repeated request was answered"
	}
	slices.Sort(times)
	median := (times[(len(times)-1)/2] + times[len(times)/2]) / 2
	value = float64(median.Microseconds()) / 1000
	return firstByteCurve.score(value), value, fmt.Sprintf("the median of %d requests, connection included", len(times)), ""
}

// availability is the share of the repeated requests that were answered.
func availability(m *measured) (score int, value float64, detail, untested string) {
	if len(m.tries) == 0 {
		return 0, 0, "", "the profile asks for no repeated request"
	}
	good, first := 0, ""
	for _, t := range m.tries {
		if t.failure == "" {
			good++
		} else if first == "" {
			first = "; the first failure: " + t.failure
		}
	}
	value = float64(good) / float64(len(m.tries))
	return availabilityCurve.score(value), value, fmt.Sprintf("%d of %d requests were answered%s", good, len(m.tries), first), ""
}

// worthCompressing is the size in bytes from which Lighthouse asks for
// compression: less fits in one packet anyway.
const worthCompressing = 1400

// compression is the share of the text, in bytes before compression, that
// came compressed.
func compression(m *measured) (score int, value float64, detail, untested string) {
	var all, compressed, plain int
	for _, a := range append([]weighed{weigh(m.page)}, m.assets...) {
		if !isText(a.Header) || a.Size < worthCompressing {
			continue
		}
		all += a.Size
		if isCompressed(a.Header) {
			compressed += a.Size
		} else {
			plain++
		}
	}
	if all == 0 {
		return 0, 0, "", fmt.Sprintf("no text of %d bytes or more was there to compress", worthCompressing)
	}
	value = float64(compressed) / float64(all)
	return int(math.Round(100 * value)), value, scanners.Count(plain, "text") + " came uncompressed", ""
}

func isCompressed(h http.Header) bool {
	for _, coding := range strings.Split(strings.ToLower(h.Get("Content-Encoding")), ",") {
		switch strings.TrimSpace(coding) {
		case "gzip", "x-gzip", "br", "zstd", "deflate":
			return true
		}
	}
	return false
}

func isText(h http.Header) bool {
	kind, _, _ := strings.Cut(strings.ToLower(h.Get("Content-Type")), ";")
	kind = strings.TrimSpace(kind)
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+xml") || strings.HasSuffix(kind, "+json") ||
		slices.Contains([]string{"application/javascript", "application/json", "application/xml"}, kind)
}

// weight is what the page and its own assets cost on the wire, headers not
// counted.
func weight(m *measured) (score int, value float64, detail, untested string) {
	total, cut := m.page.WireSize, m.page.Truncated
	for _, a := range m.assets {
		total += a.WireSize
		cut = cut || a.Truncated
	}
	detail = fmt.Sprintf("the page and %d of %d assets of the same site", len(m.assets), m.named)
	if cut {
		detail += ", some not read to their end"
	}
	return weightCurve.score(float64(total)), float64(total), detail, ""
}

// http2 is a yes or no: HTTP/2, or HTTP/3 on offer.
func http2(m *measured) (score int, value float64, detail, untested string) {
	if strings.HasPrefix(m.page.Proto, "HTTP/2") || strings.HasPrefix(m.page.Proto, "HTTP/3") {
		return 100, 1, "the page came over " + m.page.Proto, ""
	}
	for _, offer := range strings.Split(m.page.Header.Get("Alt-Svc"), ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(offer), "="); name == "h3" || name == "h2" {
			return 100, 1, "the page came over " + m.page.Proto + " and offers " + name, ""
		}
	}
	return 0, 0, "the page came over " + m.page.Proto, ""
}

// redirects counts the hops before the page.
func redirects(m *measured) (score int, value float64, detail, untested string) {
	hops := len(m.chain) - 1
	if hops > 0 {
		detail = "from " + m.chain[0].URL.Redacted() + " to " + m.page.URL.Redacted()
	}
	return redirectCurve.score(float64(hops)), float64(hops), detail, ""
}

// caching is the mean of what the page and one asset say about being kept, as
// a share: the page half for saying how long (Cache-Control) and half for
// being recognisable (ETag or Last-Modified), the asset by how long.
func caching(m *measured) (score int, value float64, detail, untested string) {
	says := m.page.Header.Get("Cache-Control") != ""
	page := 0
	if says {
		page += 50
	}
	if hasValidator(m.page.Header) {
		page += 50
	}
	detail = fmt.Sprintf("the page: Cache-Control %s, validator %s", yes[says], yes[hasValidator(m.page.Header)])
	i := slices.IndexFunc(m.assets, func(a weighed) bool { return a.Status == http.StatusOK })
	if i < 0 {
		return page, float64(page) / 100, detail + "; no asset to look at", ""
	}
	asset := m.assets[i]
	fresh := lifetime(asset.Header)
	score = int(math.Round(float64(page+assetScore(fresh, hasValidator(asset.Header))) / 2))
	return score, float64(score) / 100, fmt.Sprintf("%s; %s is fresh for %d s", detail, asset.URL.Redacted(), int64(fresh.Seconds())), ""
}

var yes = map[bool]string{true: "yes", false: "no"}

func hasValidator(h http.Header) bool { return h.Get("ETag") != "" || h.Get("Last-Modified") != "" }

const day = 24 * time.Hour

// assetScore: web.dev asks for a year for what never changes under its name,
// and 30 days are what Lighthouse let pass as long.
func assetScore(fresh time.Duration, validator bool) int {
	switch {
	case fresh >= 30*day:
		return 100
	case fresh >= day:
		return 75
	case fresh > 0:
		return 50
	case validator:
		return 25
	default:
		return 0
	}
}

// lifetime is how long a browser may keep an answer without asking, RFC 9111,
// 4.2.1; at most 10 years.
func lifetime(h http.Header) time.Duration {
	const most = 3650 * day
	age := time.Duration(-1)
	for _, d := range strings.Split(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			seconds, err := strconv.ParseInt(strings.Trim(value, `" `), 10, 64)
			if err != nil || seconds < 0 {
				return 0
			}
			age = time.Duration(min(seconds, int64(most.Seconds()))) * time.Second
		}
	}
	if age >= 0 {
		return age
	}
	expires, err := http.ParseTime(h.Get("Expires"))
	date, dateErr := http.ParseTime(h.Get("Date"))
	if err != nil || dateErr != nil {
		return 0
	}
	return min(max(expires.Sub(date), 0), most)
}
