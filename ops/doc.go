// Package ops is what people use to see runs and workbooks, to start runs, and to mend
// what failed.
//
// A [Reader] answers questions from what the stages leave in JetStream: the records
// of runs, their plans, DONE, FAILED, the two work queues and live progress. It
// stores nothing and needs only rights to read, so that any number may be used, also
// while nothing else runs.
//
//	KV runs ─────────┐
//	plans ───────────┤                     ┌─► runs, with their counts
//	CONVERSIONS ─────┼─► Reader ───────────┼─► one run: causes, routes, what is running
//	RENDERED ────────┤   done > pending    ├─► workbooks: where each is, why it waits,
//	FAILED, DONE ────┘      > failed       │   and the command that mends it
//	                                       └─► failures, and how far replays are
//
// A [Service] is the role `jetsheet ops`: the NATS micro service "conversions". A request
// and its answer are JSON; an error is answered as JSON too (see [Error]), because the
// NATS CLI shows the body and nothing else. A [Client] speaks to it.
//
//	conversions.ops.start      freeze a run                       KV runs
//	conversions.ops.cancel     mark a run as cancelled            KV runs
//	                           stop a replay                      CONVERSIONS, KV progress
//	conversions.ops.replay     queue failed requests again        FAILED ─► CONVERSIONS
//	                           with today's definition            KV runs
//	conversions.ops.dismiss    nothing is to be done              FAILED ─► FAILED
//	conversions.ops.routes     which system makes what            KV runs, S3
//	conversions.ops.status     one run, one replay, or one failure
//	conversions.ops.list       runs, failures or workbooks
//
// Several services may run: they share a queue group, and asking twice is harmless
// everywhere but for start with "again".
//
// A crash of a Service loses nothing: a run is started when it is frozen, a replay is a
// record that another process goes on with, and a request that got no answer may be sent
// again. DESIGN.md says why it is as it is.
package ops
