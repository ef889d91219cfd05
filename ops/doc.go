// Package ops is what people use to see runs and workbooks and to start runs.
//
// A [Reader] answers questions from what the stages leave in JetStream: the records
// of runs, their plans, DONE, FAILED, the two work queues and live progress. It
// stores nothing and needs only rights to read, so that any number may be used, also
// while nothing else runs.
//
//	KV runs ─────────┐
//	plans ───────────┤                     ┌─► runs, with their counts
//	CONVERSIONS ─────┼─► Reader ───────────┼─► one run: causes, routes, what is running
//	RENDERED ────────┤   done > pending    └─► workbooks: where each is, why it waits,
//	FAILED, DONE ────┘      > failed           and the command that mends it
//
// A [Service] is the role `jetsheet ops`: the NATS micro service "conversions" with
// the endpoints conversions.ops.start, .status, .list and .workbooks. A request and
// its answer are JSON; an error is answered as JSON too (see [Error]), because the
// NATS CLI shows the body and nothing else. Several may run: they share a queue
// group, and starting a run twice gives one run. A [Client] speaks to it.
//
// A crash of a Service loses nothing: a run is started when it is frozen, and a
// request that got no answer may be sent again.
package ops
