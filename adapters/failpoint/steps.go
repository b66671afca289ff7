// Package failpoint names the steps between which this program can die, so that
// tests can let it die at each of them. Without the build tag failpoint a step
// is an empty function that the compiler leaves out, and nothing of this package
// is in the binary.
//
// With the tag, FP=STEP:N in the environment kills the process, as kill -9
// does, the Nth time it comes to a step. What must hold then is checked by
// starting the program again and auditing everything.
package failpoint

// Step is a place in the program. It is a number and not a name, so that no
// name is left in a program that is built without the tag.
type Step int

// The steps, in the order in which a scan comes through them. What has just
// happened at each is in Steps.
const (
	SchemaMigrated Step = iota
	AnalyticsMigrated
	EnginesStarted

	RequestParsed
	AnswerBegun
	LogQueued
	LogBegun
	LogInserted
	LogCommitted
	RequestDecided
	AnswerKept
	RequestServed

	RelayRead
	KafkaSent
	RelayPublished
	RelayMoved

	BatchTaken
	BatchDone
	BatchMarked

	InboxEnqueued
	InboxDropped
	InboxLeased

	ProbeTaken
	ProbeRunning
	EvidenceKept
	ProbeRecorded
	ProbeSeen
	ProbeFinished
	ProbeDone

	TableRead
	TableWritten
	TableCommitted

	SinkFilled
	SinkSent

	SpoolSpilled
	SpoolSynced
	SpoolSent
	ClickKept

	ScheduleTaken

	CheckpointSigned
	CheckpointWritten

	ServerDraining

	last // is none
)

// Steps is the closed list of them: each step's name, and what has happened
// there and what has not.
var Steps = [last]struct{ Name, Says string }{
	SchemaMigrated:    {"schema.migrated", "one migration of Postgres is done, the next is not begun"},
	AnalyticsMigrated: {"analytics.migrated", "one statement of a ClickHouse migration is done, it is not noted yet"},
	EnginesStarted:    {"engines.started", "the embedded engines run, nobody has been told where"},
	RequestParsed:     {"request.parsed", "a body is read, nothing was asked for"},
	AnswerBegun:       {"answer.begun", "an Idempotency-Key is taken, nothing was done under it"},
	LogQueued:         {"log.queued", "a group of appends is gathered, no transaction has begun"},
	LogBegun:          {"log.begun", "the transaction is open and its streams are locked, nothing is written"},
	LogInserted:       {"log.inserted", "the events are written, COMMIT is not sent"},
	LogCommitted:      {"log.committed", "COMMIT is answered, nobody was told"},
	RequestDecided:    {"request.decided", "a command is done, its answer is not sent"},
	AnswerKept:        {"answer.kept", "the answer is kept under its Idempotency-Key, it is not sent"},
	RequestServed:     {"request.served", "the answer is made, and the call is counted"},
	RelayRead:         {"relay.read", "a batch is read from the log, nothing is published"},
	KafkaSent:         {"kafka.sent", "a batch is with the producer, nothing is acknowledged for certain"},
	RelayPublished:    {"relay.published", "the broker has acknowledged the batch, the cursor is where it was"},
	RelayMoved:        {"relay.moved", "the cursor stands behind the batch"},
	BatchTaken:        {"batch.taken", "a consumer has a batch, nothing follows from it yet"},
	BatchDone:         {"batch.done", "what follows from it is done, its offset is not marked"},
	BatchMarked:       {"batch.marked", "its offset is marked, and handed in later"},
	InboxEnqueued:     {"inbox.enqueued", "a scan's probes are in the inbox, its message is not acknowledged"},
	InboxDropped:      {"inbox.dropped", "a cancelled scan's probes are out of the inbox, nobody was told"},
	InboxLeased:       {"inbox.leased", "a probe is leased, the worker has not heard of it"},
	ProbeTaken:        {"probe.taken", "the scan is started for this probe, its scanner is not"},
	ProbeRunning:      {"probe.running", "the scanner begins"},
	EvidenceKept:      {"evidence.kept", "raw output is stored, no event names it"},
	ProbeRecorded:     {"probe.recorded", "some of what the scanner has seen is in the log, it goes on"},
	ProbeSeen:         {"probe.seen", "the scanner has ended, what it saw last is in memory"},
	ProbeFinished:     {"probe.finished", "how it ended is in the log, the inbox still has the probe"},
	ProbeDone:         {"probe.done", "the inbox has let go of the probe"},
	TableRead:         {"table.read", "a read model's rows are locked and read, nothing is written"},
	TableWritten:      {"table.written", "rows and position are written, the transaction is not committed"},
	TableCommitted:    {"table.committed", "the transaction is committed, the next read model has not heard of the batch"},
	SinkFilled:        {"sink.filled", "a block for ClickHouse is in memory"},
	SinkSent:          {"sink.sent", "ClickHouse has the block, its offset is not marked"},
	SpoolSpilled:      {"spool.spilled", "events are in the spool's file, which is not synced"},
	SpoolSynced:       {"spool.synced", "the file is synced, nothing of it is sent"},
	SpoolSent:         {"spool.sent", "the broker has what was in the file, the file is still there"},
	ClickKept:         {"click.kept", "a click is in the spool's file, its visitor was not led on"},
	ScheduleTaken:     {"schedule.taken", "a run that is due is in this process's hands, its scan is not asked for"},
	CheckpointSigned:  {"checkpoint.signed", "a checkpoint is written, its transaction is not committed"},
	CheckpointWritten: {"checkpoint.written", "a checkpoint is committed, the next is not begun"},
	ServerDraining:    {"server.draining", "SIGTERM has come, requests and probes are being finished"},
}

// String is the step's name.
func (s Step) String() string { return Steps[s].Name }
