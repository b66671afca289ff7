package embedded

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// statement is one request of ClickHouse's HTTP interface
// (https://clickhouse.com/docs/interfaces/http), as far as it is served here:
// no sessions, roles, compression, external tables.
type statement struct {
	sql      string
	rows     []byte // of an insert whose statement came in the URL
	format   string // of the answer, or of the rows
	database string
	params   []param
	settings []param
	readOnly bool
	hello    int // the protocol revision of a client that asks who we are, else 0
}

// maxRequest is the largest request body, in bytes.
const maxRequest = 1 << 30

// notSettings are the URL's parameters that are no settings of the engine.
var notSettings = []string{"query", "database", "default_format", "client_protocol_version", "user", "password",
	"query_id", "quota_key", "session_id", "session_timeout", "session_check", "role", "readonly",
	"wait_end_of_query", "buffer_size", "compress", "decompress", "enable_http_compression", "network_compression_method"}

var (
	settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	insertHead  = regexp.MustCompile(`(?i)^\s*INSERT\s`)
	formatTail  = regexp.MustCompile(`(?is)\s+FORMAT\s+(\w+)\s*;?\s*$`)
	quoted      = strings.NewReplacer(`\`, `\\`, `'`, `\'`)
)

// helloQuery is what clickhouse-go asks first.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

// readStatement takes a request apart and reads its body to the end.
func readStatement(r *http.Request) (statement, error) {
	in := r.URL.Query()
	if in.Get("compress") == "1" || in.Get("decompress") == "1" {
		return statement{}, &exception{text: "Code: 48. DB::Exception: the embedded engine does not compress on the wire"}
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxRequest+1)); err != nil {
			return statement{}, fmt.Errorf("read the request: %w", err)
		}
		if len(body) > maxRequest {
			return statement{}, &exception{text: "Code: 307. DB::Exception: the request is larger than 1 GiB"}
		}
	}
	st := statement{sql: in.Get("query"), format: in.Get("default_format"), database: in.Get("database")}
	if st.format == "" {
		st.format = "TabSeparated"
	}
	st.placeBody(body)
	st.readOnly = r.Method == http.MethodGet || (in.Get("readonly") != "" && in.Get("readonly") != "0")
	if strings.TrimSpace(st.sql) == helloQuery {
		st.hello, _ = strconv.Atoi(in.Get("client_protocol_version")) // 0 is an ordinary query
	}
	for name, values := range in {
		if param, ok := strings.CutPrefix(name, "param_"); ok {
			st.params = append(st.params, paramOf(param, values))
			continue
		}
		if slices.Contains(notSettings, name) {
			continue
		}
		if !settingName.MatchString(name) {
			return statement{}, &exception{text: "Code: 115. DB::Exception: unknown setting in the URL"}
		}
		st.settings = append(st.settings, paramOf(name, values))
	}
	return st, nil
}

// placeBody takes the body as the rows of an insert whose statement is in the
// URL and names their format, else as the rest of the statement.
func (st *statement) placeBody(body []byte) {
	format := formatTail.FindStringSubmatch(st.sql)
	switch {
	case st.sql == "":
		st.sql = string(body)
	case len(body) > 0 && format != nil && insertHead.MatchString(st.sql):
		st.sql = st.sql[:len(st.sql)-len(format[0])]
		st.rows, st.format = body, format[1]
	case len(body) > 0:
		st.sql += "\n" + string(body)
	}
}

func paramOf(name string, values []string) param { return param{name, values[len(values)-1]} }

// run runs the statement on a fresh session, within limit seconds unless it
// has a tighter limit of its own.
func (st *statement) run(s *session, limit float64) ([]byte, error) {
	if err := st.set(s, limit); err != nil {
		return nil, err
	}
	if st.rows != nil {
		return nil, s.insert(st.sql, st.format, st.rows)
	}
	count, reads, err := s.analyse(st.sql)
	switch {
	case err != nil:
		return nil, err
	case count == 0:
		return nil, syntaxError(s, st.sql)
	case count > 1:
		return nil, &exception{text: "Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed). (SYNTAX_ERROR)"}
	case st.readOnly && !reads:
		return nil, &exception{text: "Code: 164. DB::Exception: Cannot execute query in readonly mode. (READONLY)"}
	}
	return s.query(st.sql, st.format, st.params...)
}

// set applies the database and the settings, read-only last: it forbids
// further ones.
func (st *statement) set(s *session, limit float64) error {
	var list []string
	for _, setting := range st.settings {
		if setting.name == "max_execution_time" {
			if own, err := strconv.ParseFloat(setting.value, 64); err == nil && own > 0 {
				limit = min(limit, own)
			}
			continue
		}
		list = append(list, setting.name+" = '"+quoted.Replace(setting.value)+"'")
	}
	list = append(list, "max_execution_time = "+strconv.FormatFloat(limit, 'f', 3, 64))
	if st.readOnly {
		list = append(list, "readonly = 1")
	}
	if st.database != "" && st.database != "default" {
		if _, err := s.query("USE `"+strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(st.database)+"`", "TabSeparated"); err != nil {
			return err
		}
	}
	_, err := s.query("SET "+strings.Join(list, ", "), "TabSeparated")
	return err
}

// syntaxError asks the engine's parser, without running anything, what is
// wrong with the text.
func syntaxError(s *session, sql string) error {
	field := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`).Replace(sql)
	if _, err := s.query("SELECT formatQuery({sql:String})", "TabSeparated", param{"sql", field}); err != nil {
		return err
	}
	return &exception{text: "Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)"}
}
