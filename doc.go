// Package jetsheet is the contract between the stages of a pipeline that turns
// records in PostgreSQL into Excel workbooks on S3, on a schedule, tenant by
// tenant, over NATS JetStream. It holds nouns and names: what crosses a stage
// boundary, and nothing that moves. It opens no connection, starts no goroutine
// and reads no clock.
//
//	schedule ──► TRIGGERS ──► producer ──► CONVERSIONS ──► renderer ──► RENDERED ──► uploader ──► S3
//	(JetStream      wake-up     │ freezes      one request      │ rows → xlsx   one event        │ conditional PUT
//	 cron)                      │ the run      per workbook     │ into the      per workbook     ▼
//	                            │ and routes                    │ object store                 DONE
//	                            ▼                               ▼
//	                       KV runs, plans                 FAILED ◄── any stage
//
// The stages are the packages producer, renderer and uploader, in the order of
// the data. They meet only in the messages defined here.
//
// # Guarantees
//
// A conversion ends in exactly one outcome: a [Done] record or a [Failure]. At
// every instant the conversions of a run satisfy
//
//	expected = done + failed + pending
//
// where done wins over pending and pending over failed. A workbook is published
// by a conditional PUT, so duplicate deliveries, crashed workers and late workers
// end with one object, and never with an older one over a newer one. Losing all
// of JetStream loses no workbook: the run is frozen on S3 as well, and planning
// it again gives the same objects.
//
// # Reading order
//
// run.go (what a run is), plan.go (its targets, in publishing order), request.go
// (what a renderer is asked), outcome.go (what came of it), failure.go (what
// went wrong), progress.go (what is happening now), subject.go and
// subject_object.go (every name), topology.go and payload.go (every stream,
// consumer and bucket, and how large messages are, with the reason of each number).
//
// # Glossary
//
//   - Report: a definition in YAML: schedule, statements, workbook, output.
//   - Tick: a nominal instant of a report's calendar, in UTC; never "now".
//   - Run: report + tick + rerun; rerun 0 is the scheduled one.
//   - Target: one row of a report's targets query; one workbook.
//   - Conversion: run + tenant + target.
//   - Route: which system makes a tenant's workbook: legacy, shadow, new, hold.
//   - Lane: the queue a request waits in: express, small, large, bulk.
//   - Plan: the frozen list of a run's targets, in publishing order.
//   - Request: the message that asks for one workbook.
//   - Attempt: one try at a request by one worker.
//   - Outcome: done (published, skipped, compared, superseded) or failed.
//   - Stage: producer, renderer or uploader; nothing else is called a stage.
package jetsheet
