package embedded

import (
	"syscall"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// roomKept is how many bytes of the disk the broker leaves free. It refuses a
// produce request while there are fewer, and so is hardly ever cut off in the
// middle of writing one.
const roomKept = 16 << 20

// refuseWithoutRoom makes the broker answer what Kafka does when its disk fails,
// while there is no room in dir. Producers send such a batch again, ahead of
// what follows it. The broker's own answer to a write that fails is an unknown
// error, which they give up on and go on with the next: the order of a key
// would be lost.
func refuseWithoutRoom(cluster *kfake.Cluster, dir string) {
	cluster.ControlKey(kmsg.Produce.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		request := r.(*kmsg.ProduceRequest)
		if request.Acks == 0 || hasRoom(dir) {
			return nil, nil, false
		}
		cluster.KeepControl()
		response := request.ResponseKind().(*kmsg.ProduceResponse)
		for _, t := range request.Topics {
			refused := kmsg.NewProduceResponseTopic()
			refused.Topic, refused.TopicID = t.Topic, t.TopicID
			for _, p := range t.Partitions {
				partition := kmsg.NewProduceResponseTopicPartition()
				partition.Partition, partition.ErrorCode = p.Partition, kerr.KafkaStorageError.Code
				refused.Partitions = append(refused.Partitions, partition)
			}
			response.Topics = append(response.Topics, refused)
		}
		return response, nil, true
	})
}

// hasRoom says whether a disk has more free than is kept. One that cannot be
// asked is taken to have.
func hasRoom(dir string) bool {
	var s syscall.Statfs_t
	return syscall.Statfs(dir, &s) != nil || uint64(s.Bavail)*uint64(s.Bsize) > roomKept
}
