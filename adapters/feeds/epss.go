package feeds

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// readEPSS reads FIRST's file of all scores
// (https://epss.empiricalsecurity.com/epss_scores-current.csv.gz, unpacked): a
// line with the date, the names of the columns, and a line for each CVE.
func readEPSS(raw []byte) (*content, error) {
	first, rest, _ := bytes.Cut(raw, []byte("\n"))
	c := &content{Told: Told{Feed: "epss"}, chances: map[number]Chance{}}
	for field := range strings.SplitSeq(strings.TrimPrefix(strings.TrimSpace(string(first)), "#"), ",") {
		if date, found := strings.CutPrefix(field, "score_date:"); found {
			at, err := time.Parse("2006-01-02T15:04:05-0700", strings.Replace(date, "Z", "+0000", 1))
			if err != nil {
				return nil, fmt.Errorf("score_date is %q", date)
			}
			c.Date = at.UTC()
		}
	}
	if c.Date.IsZero() {
		return nil, errors.New("the first line has no score_date")
	}
	lines := csv.NewReader(bytes.NewReader(rest))
	lines.FieldsPerRecord, lines.ReuseRecord = 3, true
	head, err := lines.Read()
	if err != nil || strings.Join(head, ",") != "cve,epss,percentile" {
		return nil, errors.New("the second line is not cve,epss,percentile")
	}
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		n, ok := numberOf(line[0])
		score, err := strconv.ParseFloat(line[1], 64)
		percentile, err2 := strconv.ParseFloat(line[2], 64)
		if !ok || err != nil || err2 != nil || !share(score) || !share(percentile) {
			at, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("line %d is no CVE with two numbers from 0 to 1", at+1)
		}
		c.chances[n] = Chance{score, percentile}
	}
	if c.CVEs = len(c.chances); c.CVEs == 0 {
		return nil, errors.New("there is no CVE in it")
	}
	return c, nil
}

func share(x float64) bool { return x >= 0 && x <= 1 }
