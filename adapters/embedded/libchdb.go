package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/ebitengine/purego"
)

// libchdbVersion is the release of @chdb/lib-linux-x64-gnu whose functions are
// used here; earlier ones lack some.
const libchdbVersion = "26.7.3-stable.1"

// ErrNoLibrary says that libchdb.so is in none of the places where it is
// looked for, or cannot be loaded.
var ErrNoLibrary = errors.New("the ClickHouse library libchdb.so " + libchdbVersion + " is not to be had: run deploy/embedded/install.sh (Linux x86-64), or set SCANLEDGER_CLICKHOUSE_URL to a server")

// libchdb is the part of the library's C interface (chdb.h) that is used. A
// connection is a pointer to a handle; a result or an insert stream must be
// destroyed. Lengths are in bytes.
type libchdb struct {
	handlers func(enabled int32)
	connect  func(argc int32, argv **byte) *unsafe.Pointer
	close    func(conn *unsafe.Pointer)
	query    func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, format *byte, formatLen uintptr,
		names **byte, nameLens *uintptr, values **byte, valueLens *uintptr, params uintptr) unsafe.Pointer
	classify func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, database *byte, databaseLen uintptr, out *analysis) int32

	insert        func(conn unsafe.Pointer, sql *byte, sqlLen uintptr, format *byte, formatLen uintptr) unsafe.Pointer
	append        func(stream unsafe.Pointer, data *byte, n uintptr) int32
	done          func(stream unsafe.Pointer) unsafe.Pointer
	insertError   func(stream unsafe.Pointer) string
	destroyInsert func(stream unsafe.Pointer)

	buffer  func(result unsafe.Pointer) *byte
	length  func(result unsafe.Pointer) uintptr
	failure func(result unsafe.Pointer) string
	destroy func(result unsafe.Pointer)
}

// analysis is chdb_query_analysis_v1.
type analysis struct {
	size       uint32
	statements uint32 // 0 for what does not parse
	flags      uint32
	class      uint32
}

const readsOnly = 0 // the class of a statement that changes nothing

// loadLibrary loads the library at path, or where it is found if path is "".
// It stays in the process; loading it again is cheap.
func loadLibrary(path string) (*libchdb, error) {
	if path == "" {
		path = findLibrary()
	}
	if path == "" {
		return nil, ErrNoLibrary
	}
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoLibrary, err)
	}
	lib := new(libchdb)
	for _, f := range []struct {
		pointer any
		symbol  string
	}{
		{&lib.handlers, "chdb_set_signal_handlers_enabled"},
		{&lib.connect, "chdb_connect"},
		{&lib.close, "chdb_close_conn"},
		{&lib.query, "chdb_query_with_params_n"},
		{&lib.classify, "chdb_classify_query_n"},
		{&lib.insert, "chdb_stream_insert_n"},
		{&lib.append, "chdb_stream_append"},
		{&lib.done, "chdb_stream_done"},
		{&lib.insertError, "chdb_stream_insert_error"},
		{&lib.destroyInsert, "chdb_destroy_insert_stream"},
		{&lib.buffer, "chdb_result_buffer"},
		{&lib.length, "chdb_result_length"},
		{&lib.failure, "chdb_result_error"},
		{&lib.destroy, "chdb_destroy_query_result"},
	} {
		address, err := purego.Dlsym(handle, f.symbol)
		if err != nil {
			return nil, fmt.Errorf("%w: %s is another release: %w", ErrNoLibrary, path, err)
		}
		purego.RegisterFunc(f.pointer, address)
	}
	lib.handlers(0) // a fault in Go code stays Go's to handle
	return lib, nil
}

// findLibrary looks in the user's cache, beside the program, and in the
// system's folders.
func findLibrary() string {
	var folders []string
	if cache, err := os.UserCacheDir(); err == nil {
		folders = append(folders, filepath.Join(cache, "scanledger", "chdb-"+libchdbVersion))
	}
	if program, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(program))
	}
	folders = append(folders, "/usr/local/lib/scanledger", "/usr/lib/scanledger")
	for _, folder := range folders {
		path := filepath.Join(folder, "libchdb.so")
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
