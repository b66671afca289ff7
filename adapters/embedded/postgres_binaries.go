package embedded

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// fetchedPostgres is the version fetched where the system has none.
const fetchedPostgres = embeddedpostgres.V18

// postgresBinaries returns the folder of initdb and postgres: the given one,
// else Debian's newest, else fetched ones. A cluster that exists needs the
// major version that made it.
func postgresBinaries(given, cluster string) (string, error) {
	if given != "" {
		return given, nil
	}
	made, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	need := strings.TrimSpace(string(made))
	newest, folder := 0, ""
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is sound
	for _, initdb := range found {
		bin := filepath.Dir(initdb)
		name := filepath.Base(filepath.Dir(bin))
		if version, err := strconv.Atoi(name); err == nil && version > newest && (need == "" || need == name) {
			newest, folder = version, bin
		}
	}
	if folder != "" {
		return folder, nil
	}
	if major, _, _ := strings.Cut(string(fetchedPostgres), "."); need != "" && need != major {
		return "", fmt.Errorf("the cluster in %s was made by Postgres %s, which is not installed: install postgresql-%s", cluster, need, need)
	}
	return fetchPostgres()
}

// fetchPostgres puts the binaries of the library's default repository into the
// user's cache, once; as root into the machine's, where the user as whom they
// run can reach them. The library fetches as the first step of a start; the
// server it starts is of no use here (it outlives its parent, and as root it
// does not run), so what counts is that the binaries are there afterwards.
func fetchPostgres() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no Postgres is installed, and no folder to fetch it to: %w", err)
	}
	if os.Geteuid() == 0 {
		cache = "/var/cache"
	}
	root := filepath.Join(cache, "scanledger", "postgres-"+string(fetchedPostgres))
	bin := filepath.Join(root, "bin")
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err == nil {
		return bin, nil
	}
	scratch, err := os.MkdirTemp("", "scanledger-postgres-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scratch)
	addr, err := freeAddr("")
	if err != nil {
		return "", err
	}
	port, _ := strconv.ParseUint(addr[strings.LastIndexByte(addr, ':')+1:], 10, 16)
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		Version(fetchedPostgres).Port(uint32(port)).Logger(io.Discard).
		CachePath(filepath.Join(scratch, "cache")).RuntimePath(filepath.Join(scratch, "run")).
		DataPath(filepath.Join(scratch, "data")).BinariesPath(root))
	if err = server.Start(); err == nil {
		err = server.Stop()
	}
	http.DefaultClient.CloseIdleConnections() // those of the library
	if _, missing := os.Stat(filepath.Join(bin, "initdb")); missing != nil {
		return "", fmt.Errorf("no Postgres is installed (Debian: postgresql), and none could be fetched: %w", errors.Join(err, missing))
	}
	return bin, nil
}
