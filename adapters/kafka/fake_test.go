package kafka_test

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

// The test binary serves kfake from a folder when it is started with these,
// so that tests can kill it.
const (
	brokerDir  = "KAFKA_TEST_BROKER_DIR"
	brokerPort = "KAFKA_TEST_BROKER_PORT"
)

// serveFake serves until it is killed or told to end.
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
