package embedded

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func FuzzReadStatement(f *testing.F) {
	f.Add("query=INSERT+INTO+t+FORMAT+CSV&async_insert=0", "1\n2\n")
	f.Add("database=a%60b&default_format=Native&client_protocol_version=54480", helloQuery)
	f.Add("param_n=1&readonly=2&max_execution_time=0.5", "SELECT {n:UInt8}")
	f.Add("a'=1", "")
	f.Fuzz(func(t *testing.T, query, body string) {
		r := &http.Request{Method: http.MethodPost, URL: &url.URL{RawQuery: query}, Body: http.NoBody}
		if body != "" {
			r.Body = readCloser{strings.NewReader(body)}
		}
		st, err := readStatement(r)
		if err != nil {
			return
		}
		for _, s := range st.settings {
			if !settingName.MatchString(s.name) {
				t.Errorf("the setting %q goes into SQL", s.name)
			}
			if text := quoted.Replace(s.value); strings.Contains(strings.NewReplacer(`\\`, "", `\'`, "").Replace(text), "'") {
				t.Errorf("the value %q leaves its quotes", s.value)
			}
		}
		if st.rows != nil && string(st.rows) != body {
			t.Errorf("rows %q of the body %q", st.rows, body)
		}
	})
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }
