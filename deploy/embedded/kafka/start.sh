#!/usr/bin/env bash
# Apache Kafka in the foreground, for tests: start.sh PORT DIR [NODE VOTERS]
#
# One broker that is its own controller, on 127.0.0.1:PORT, with its data in
# DIR. The port is opened last: when it accepts connections, the broker is
# ready. Stop it with SIGTERM, or kill -9 it and start it again on the same
# DIR. The jars come from install.sh test.
#
# NODE and VOTERS (1@127.0.0.1:PORT1,2@127.0.0.1:PORT2,...) make it one of
# several; every node is given the same list, and two copies acknowledge.
set -euo pipefail

if (($# != 2 && $# != 4)); then
  echo "usage: $0 PORT DIR [NODE VOTERS]" >&2
  exit 2
fi
port=$1 dir=$2 node=${3:-1} voters=${4:-}
libs=${KAFKA_LIBS:-${XDG_CACHE_HOME:-$HOME/.cache}/scanledger/kafka-4.3.1}
if ! compgen -G "$libs/kafka_2.13-*.jar" >/dev/null; then
  echo "no Kafka in $libs: run deploy/embedded/install.sh test" >&2
  exit 1
fi

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

copies=1 acknowledging=1
if [[ $voters == *,* ]]; then copies=3 acknowledging=2; fi
if [[ -z $voters ]]; then
  # Not one of the ports that the system gives to outgoing connections.
  controller=$((10000 + RANDOM % 10000))
  while listening "$controller"; do controller=$((10000 + RANDOM % 10000)); done
  voters="$node@127.0.0.1:$controller"
fi
controller=$(tr , '\n' <<<"$voters" | sed -n "s/^$node@.*://p")

mkdir -p "$dir"
cat >"$dir/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
log.dirs=$dir/data
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$acknowledging
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$acknowledging
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
log.cleaner.dedupe.buffer.size=1048577
num.network.threads=1
num.io.threads=2
PROPERTIES

kafka=(java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$libs/*")
if [[ ! -f $dir/data/meta.properties ]]; then
  "${kafka[@]}" kafka.tools.StorageTool format -t c2NhbmxlZGdlci10ZXN0cw \
    -c "$dir/server.properties" >&2
fi
exec "${kafka[@]}" kafka.Kafka "$dir/server.properties"
