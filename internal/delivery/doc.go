// Package delivery is one message's way through a worker: pull, lease, attempt,
// settle. Every stage uses it.
//
//	pull one per free slot ─► decode ─► write the start ─► Handle ─► settle
//	      (priority)             │          │ (progress)      │        ├ nil          DoubleAck
//	                             │          │                 │        ├ permanent    FAILED, Term
//	                             └ newer: give back           │        ├ transient    FAILED with retryAt, Term
//	                               bad: FAILED                │        ├ unavailable  wait with the lease, again
//	                                        │                 │        └ interrupted  give back, strike off
//	                             fifth start: FAILED          └ heartbeat while it makes progress
//	                             worker_crash
//
// A worker says that it lives, and what it waits for, in a record of its own in KV
// progress ([Announcer]; read with [Workers]).
//
// What is guaranteed on a crash: a message is settled only after the effect of its
// handler is durable, so a killed worker leaves the message to the next one, after
// AckWait. A late acknowledgement is harmless for the same reason. A worker that
// cannot tell whether it still holds a lease (heartbeats do not get through, the
// stream was made anew) drops the job without settling it.
package delivery
