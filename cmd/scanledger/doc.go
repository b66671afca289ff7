// Command scanledger is the platform: its server in any split of roles, and
// the commands for operators, auditors and pipelines. Here it is wired by hand;
// what it is made of is in the folders below and in adapters.
//
// Where to find what:
//
//	main, version, every            the command line and its exit codes; what is done at intervals
//	config, config_load             the settings, and where they are read from
//	config_check, config_read       what is wrong with them, and what their words mean
//	engines, analytics              Postgres, Kafka and ClickHouse: real servers, our own, or a neighbour's
//	wire                            the platform: the log and what stands beside it
//
// The server:
//
//	serve                           the order in which everything starts and ends
//	roles, count                    relay, project, scan and count: what each takes from where
//	api                             the role api: what each contract is given
//	links, links_onward             short links, their visitors, their judgement and where sites send readers on
//	speed, directory                speed tests, look-ups
//	analyst                         statistics and usage, from whatever ClickHouse there is
//	report_pages, bundle            reports as pages and files, and a scan as one that proves itself
//	spools, daykeys                 what waits for Kafka; the keys that addresses are named by
//	compare, erase, sweep, sign,
//	audit_metric                    what is done in the background
//	metrics, readiness              what whoever watches is told
//
// Commands, each with what it prints:
//
//	scan, scan_local,
//	scan_remote, scan_print         a scan, in this process or through a server
//	admin, admin_credits,
//	admin_delete, admin_keys,
//	admin_operator, admin_team      accounts and what they may
//	audit, verify, export, events   what proves that all holds
//	report, diff, regrade, feeds    what is said of scans
//	replay, dead_letters, migrate,
//	sql, doctor, doctor_engines     what keeps it running
//	operator_command                what all those have in common that need the log
//
// Folders, which know nothing of the command line and of the settings:
//
//	groups/                         the consumer groups: who takes what from Kafka
//	models/                         the read models, and how they are made again
//	counting/                       calls, clicks and speed tests, into ClickHouse
//	deadletters/                    what can never be read or taken
//	erasing/                        what deleted accounts have left, and what is too old
//	audit/                          the invariants, a file for each
//
// Tests, by how their names begin (with the tag failpoint: fault, kill, lane):
//
//	journey, examples               the whole, from outside; the documents' examples
//	fault, kill, lane               what breaks on purpose, and what then must hold
//	guard, dark                     what may never be reached
//	bench                           how fast, beside a limit or a peer
//	layers                          who may import whom
package main
