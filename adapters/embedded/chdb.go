package embedded

import (
	"fmt"
	"unsafe"
)

// session is one connection to the engine in the library. It runs one
// statement at a time, and keeps settings and the current database.
type session struct {
	lib  *libchdb
	conn *unsafe.Pointer
}

// open opens a session on a data folder. One process at a time can have a
// folder, and a process one folder at a time.
func (lib *libchdb) open(dir string) (*session, error) {
	program, path := cstring("clickhouse"), cstring("--path="+dir)
	argv := []*byte{program, path}
	conn := lib.connect(int32(len(argv)), &argv[0])
	if conn == nil {
		return nil, fmt.Errorf("clickhouse cannot open %s: another process has it, or this one has another folder open", dir)
	}
	return &session{lib: lib, conn: conn}, nil
}

func (s *session) close() { s.lib.close(s.conn) }

// param is a value for {name:Type} in a statement, as a field of TSV.
type param struct{ name, value string }

// query runs one statement and returns its answer in the format, unless the
// statement names another. An error of the engine is an *exception.
func (s *session) query(sql, format string, params ...param) ([]byte, error) {
	count := len(params)
	names, nameLens := make([]*byte, count+1), make([]uintptr, count+1)
	values, valueLens := make([]*byte, count+1), make([]uintptr, count+1)
	for i, p := range params {
		names[i], nameLens[i] = cstring(p.name), uintptr(len(p.name))
		values[i], valueLens[i] = cstring(p.value), uintptr(len(p.value))
	}
	return s.take(s.lib.query(*s.conn, cstring(sql), uintptr(len(sql)), cstring(format), uintptr(len(format)),
		&names[0], &nameLens[0], &values[0], &valueLens[0], uintptr(count)))
}

// insert runs an INSERT that has no FORMAT, with rows in the given one.
func (s *session) insert(sql, format string, rows []byte) error {
	stream := s.lib.insert(*s.conn, cstring(sql), uintptr(len(sql)), cstring(format), uintptr(len(format)))
	if stream == nil {
		return &exception{text: "Code: 1002. DB::Exception: no insert stream"}
	}
	defer s.lib.destroyInsert(stream)
	if text := s.lib.insertError(stream); text != "" {
		return &exception{text: text}
	}
	const chunk = 1 << 20
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		if s.lib.append(stream, &rows[0], uintptr(n)) != 0 {
			break // done tells why
		}
		rows = rows[n:]
	}
	_, err := s.take(s.lib.done(stream))
	if err == nil && len(rows) > 0 {
		err = &exception{text: "Code: 1002. DB::Exception: the insert was cut short: " + s.lib.insertError(stream)}
	}
	return err
}

// analyse says how many statements the text holds, 0 when it does not parse,
// and whether none of them changes anything.
func (s *session) analyse(sql string) (statements int, readOnly bool, err error) {
	out := analysis{size: uint32(unsafe.Sizeof(analysis{}))}
	if s.lib.classify(*s.conn, cstring(sql), uintptr(len(sql)), nil, 0, &out) != 0 {
		return 0, false, fmt.Errorf("clickhouse does not say what the statement does")
	}
	return int(out.statements), out.class == readsOnly, nil
}

// take copies a result and destroys it.
func (s *session) take(result unsafe.Pointer) ([]byte, error) {
	if result == nil {
		return nil, &exception{text: "Code: 1002. DB::Exception: no result"}
	}
	defer s.lib.destroy(result)
	if text := s.lib.failure(result); text != "" {
		return nil, &exception{text: text}
	}
	n := s.lib.length(result)
	if n == 0 {
		return nil, nil
	}
	body := make([]byte, n)
	copy(body, unsafe.Slice(s.lib.buffer(result), n))
	return body, nil
}

// cstring returns the text's bytes with a NUL behind them.
func cstring(text string) *byte {
	return &append([]byte(text), 0)[0]
}
