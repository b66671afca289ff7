package kafka_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/scanledger/scanledger/adapters/kafka"
)

// The test binary serves kfake from a folder when it is started with these,
// so that tests can kill it.
const (
	brokerDir  = "KAFKA_TEST_BROKER_DIR"
	brokerPort = "KAFKA_TEST_BROKER_PORT"
)

// serveFake serves until it is killed.
func serveFake(dir string) {
	port, _ := strconv.Atoi(os.Getenv(brokerPort))
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir), kfake.SyncWrites())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	<-end
	cluster.Close()
	os.Exit(0)
}

// victim is a broker in a process of its own, on a port that it keeps.
type victim struct {
	kafka.Broker
	start  func() *exec.Cmd
	kill   func()
	stop   func() error // as a broker that hangs does; returns when no thread runs any more
	resume func() error
}

// victims are the brokers that tests may kill: kfake, and Apache Kafka where
// SCANLEDGER_TEST_KAFKA asks for it. None is running yet.
func victims(t *testing.T) map[string]*victim {
	port, dir := freePort(t), t.TempDir()
	all := map[string]*victim{"kfake": {Broker: local(port), start: func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), brokerDir+"="+dir, brokerPort+"="+strconv.Itoa(port))
		return cmd
	}}}
	if os.Getenv("SCANLEDGER_TEST_KAFKA") != "" {
		port, dir := freePort(t), t.TempDir()
		all["kafka"] = &victim{Broker: local(port), start: func() *exec.Cmd {
			return exec.Command(filepath.Join("..", "..", "deploy", "embedded", "kafka", "start.sh"), strconv.Itoa(port), dir)
		}}
	}
	return all
}

func local(port int) kafka.Broker {
	return kafka.Broker{Addrs: []string{fmt.Sprintf("127.0.0.1:%d", port)}, Timeout: time.Minute}
}

func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		// None of the ports that the system gives to outgoing connections: one
		// that is tried while nobody listens would meet itself.
		port := 20000 + rand.IntN(10000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// run starts the broker and returns when it takes connections.
func (v *victim) run(t *testing.T) {
	t.Helper()
	started, ended := make(chan error), make(chan struct{})
	cmd := v.start()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	go func() { // the broker dies with the thread that started it
		runtime.LockOSThread()
		defer close(ended)
		started <- cmd.Start()
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	v.kill = func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	v.stop = func() error {
		if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			return err
		}
		for !stopped(cmd.Process.Pid) {
			select {
			case <-ended:
				return fmt.Errorf("%s ended: %v", cmd, cmd.ProcessState)
			case <-time.After(time.Millisecond):
			}
		}
		return nil
	}
	v.resume = func() error { return cmd.Process.Signal(syscall.SIGCONT) }
	t.Cleanup(v.kill)
	for {
		conn, err := net.Dial("tcp", v.Addrs[0])
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s ended: %v", cmd, cmd.ProcessState)
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stopped says whether no thread of a process runs: a signal reaches one after
// the other. proc(5): the state follows the name in parentheses.
func stopped(pid int) bool {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, path := range threads {
		text, _ := os.ReadFile(path) // a thread that has just ended is none that is stopped
		if _, state, _ := bytes.Cut(text[max(0, bytes.LastIndexByte(text, ')')):], []byte(" ")); !bytes.HasPrefix(state, []byte("T")) {
			return false
		}
	}
	return len(threads) > 0
}
