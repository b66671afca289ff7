package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
)

// A process of its own is this program again with writerOf set: it starts one
// engine, says how many numbers it finds, and writes further ones, saying each
// when it is acknowledged, until it is killed or its input ends.
const writerOf = "EMBEDDED_WRITER_OF"

func TestMain(m *testing.M) {
	if kind := os.Getenv(writerOf); kind != "" {
		if err := writers[kind](os.Args[1], os.Args[2]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

var writers = map[string]func(dir, addr string) error{
	"postgres": writePostgres, "kafka": writeKafka, "clickhouse": writeClickHouse,
}

// write says what was found, and then calls add until the input ends.
func write(found int, err error, add func(n int) error) error {
	if err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(ended)
	}()
	for n := found; ; n++ {
		fmt.Println(n)
		select {
		case <-ended:
			return nil
		default:
		}
		if err := add(n); err != nil {
			return err
		}
	}
}

func writePostgres(dir, addr string) error {
	ctx := context.Background()
	p, err := StartPostgres(ctx, PostgresOptions{Dir: dir, Addr: addr})
	if err != nil {
		return err
	}
	defer p.Close()
	conn, err := pgx.Connect(ctx, p.URL())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err = conn.Exec(ctx, "CREATE TABLE IF NOT EXISTS numbers (n int PRIMARY KEY)"); err != nil {
		return err
	}
	var found int
	err = conn.QueryRow(ctx, "SELECT count(*) FROM numbers").Scan(&found)
	return write(found, err, func(n int) error {
		_, err := conn.Exec(ctx, "INSERT INTO numbers VALUES ($1)", n)
		return err
	})
}

func writeKafka(dir, addr string) error {
	ctx := context.Background()
	k, err := StartKafka(ctx, KafkaOptions{Dir: dir, Addr: addr})
	if err != nil {
		return err
	}
	defer k.Close()
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Brokers()...), kgo.DefaultProduceTopic("numbers"))
	if err != nil {
		return err
	}
	defer client.Close()
	err = newTopic(ctx, client, "numbers", 1)
	found := 0
	if errors.Is(err, kerr.TopicAlreadyExists) {
		found, err = numbersInKafka(ctx, client, k.Brokers())
	}
	return write(found, err, func(n int) error {
		return client.ProduceSync(ctx, &kgo.Record{Value: fmt.Append(nil, n)}).FirstErr()
	})
}

// numbersInKafka returns how many numbers from 0 on are there without a gap.
func numbersInKafka(ctx context.Context, client *kgo.Client, brokers []string) (int, error) {
	request := kmsg.NewPtrListOffsetsRequest()
	topic, partition := kmsg.NewListOffsetsRequestTopic(), kmsg.NewListOffsetsRequestTopicPartition()
	partition.Timestamp = -1
	topic.Topic, topic.Partitions = "numbers", append(topic.Partitions, partition)
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return 0, err
	}
	end := response.Topics[0].Partitions[0].Offset
	reader, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("numbers"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return 0, err
	}
	defer reader.Close()
	seen := map[string]bool{}
	for next := int64(0); next < end; {
		fetches := reader.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return 0, err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			seen[string(r.Value)] = true
			next = r.Offset + 1
		})
	}
	found := 0
	for seen[fmt.Sprint(found)] {
		found++
	}
	return found, nil
}

// A number is a batch of a hundred rows, which is there whole or not at all.
func writeClickHouse(dir, _ string) error {
	ctx := context.Background()
	c, err := OpenClickHouse(ctx, ClickHouseOptions{Dir: dir})
	if err != nil {
		return err
	}
	defer c.Close()
	post := func(sql, settings string) (string, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/?"+settings, strings.NewReader(sql))
		if err != nil {
			return "", err
		}
		answer, err := c.RoundTrip(r)
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(answer.Body)
		if answer.StatusCode != http.StatusOK {
			err = errors.New(string(text))
		}
		return strings.TrimSpace(string(text)), err
	}
	if _, err = post("CREATE TABLE IF NOT EXISTS numbers (n UInt32) ENGINE = MergeTree ORDER BY n", ""); err != nil {
		return err
	}
	text, err := post("SELECT if(countIf(rows != 100) = 0 AND count() = max(n) + 1, count(), 0) FROM (SELECT n, count() AS rows FROM numbers GROUP BY n)", "")
	if err != nil {
		return err
	}
	found, err := strconv.Atoi(text)
	return write(found, err, func(n int) error {
		_, err := post(strings.Repeat(strconv.Itoa(n)+"\n", 100), "query=INSERT+INTO+numbers+FORMAT+CSV&async_insert=0")
		return err
	})
}

// writer is such a process as its parent sees it.
type writer struct {
	cmd   *exec.Cmd
	input io.Closer
	said  *bufio.Scanner
}

func startWriter(t *testing.T, program, kind, dir, addr string, as *syscall.Credential) *writer {
	t.Helper()
	cmd := exec.Command(program, dir, addr)
	cmd.Env = append(os.Environ(), writerOf+"="+kind)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w := &writer{cmd, input, bufio.NewScanner(output)}
	t.Cleanup(func() { // a writer that was ended before is past being hurt
		w.input.Close()
		io.Copy(io.Discard, output)
		w.cmd.Wait()
	})
	return w
}

// next returns the number that the writer says next.
func (w *writer) next(t *testing.T) int {
	t.Helper()
	w.said.Scan()
	n, err := strconv.Atoi(w.said.Text())
	if err != nil {
		t.Fatalf("the writer said %q", w.said.Text())
	}
	return n
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"postgres", "kafka", "clickhouse"} {
		t.Run(kind, func(t *testing.T) { killWriters(t, self, kind, t.TempDir(), nil) })
	}
	nobody, err := user.Lookup("nobody")
	if os.Geteuid() != 0 || err != nil {
		return // the three above ran as an ordinary user
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	for _, kind := range []string{"postgres", "kafka"} {
		t.Run(kind+" as nobody", func(t *testing.T) {
			parent := passable(t)
			program, dir := filepath.Join(parent, "writer"), filepath.Join(parent, "data")
			err := errors.Join(copyFile(program, self), os.Mkdir(dir, 0o700), os.Chown(dir, uid, gid))
			if err != nil {
				t.Fatal(err)
			}
			killWriters(t, program, kind, dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)})
		})
	}
}

func killWriters(t *testing.T, program, kind, dir string, as *syscall.Credential) {
	addr, err := freeAddr("")
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for range 3 {
		w := startWriter(t, program, kind, dir, addr, as)
		found := w.next(t)
		if found < acknowledged || found > acknowledged+1 {
			t.Fatalf("found %d numbers of %d acknowledged", found, acknowledged)
		}
		for acknowledged = found; acknowledged < found+25; {
			acknowledged = w.next(t)
		}
		if err := w.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for w.said.Scan() { // what it said before it was killed counts
			acknowledged, _ = strconv.Atoi(w.said.Text())
		}
		w.cmd.Wait()
	}
	last := startWriter(t, program, kind, dir, addr, as)
	if found := last.next(t); found < acknowledged {
		t.Errorf("found %d numbers of %d acknowledged", found, acknowledged)
	}
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o755)
}
