// Package notify tells people what they should know: workbooks that failed, runs that
// should have happened, stages that stand still.
//
//	FAILED, DONE ─┐                                     ┌─► slack    (incoming webhook)
//	runs, reports ┼─► Source ─► notices (KV) ─► courier ┼─► webhook  (signed JSON)
//	workers ──────┘    what is    one for     one for   └─► github   (an issue)
//	                   seen now   each thing  each channel
//
// There is one notice for each thing: for the failures of one run with one cause, for the
// stray messages with one cause, which belong to no run and no report, for a report without
// its run, for a run that is not planned, for a stage that is paused by one resource or has
// no worker, for a group that was taken back to the previous system. A notice is opened,
// updated and closed; it is not repeated. What a channel is told of it follows from the notice and from what the
// channel was told before, both of which lie in the KV bucket notices.
//
//   - The first message comes 10 s after the notice was opened, so that it counts what
//     came right behind it. Updates come every 10 minutes at most, or after a minute
//     where the count has doubled. A close comes at once.
//   - A notice about failures is closed when each of them is done, in its run or in a later
//     one of the same tick, or dismissed; a stray message is dismissed. Failures that are
//     tried again by themselves open no notice; after a replay they keep those of their run open.
//   - Through one channel go at most 20 messages an hour. The last of them is a notice
//     of its own, "storm", that counts what is held back. What is held back is sent
//     later, unless it has been mended meanwhile.
//   - A channel that fails is tried again after 5 s, 10 s, up to 10 minutes, or when its
//     server says (Retry-After). Each channel has a goroutine of its own, so one that hangs
//     delays no other. After three failures in a row, or when its
//     server asks for ten minutes or more, the other channels tell of it; [Overview] shows
//     each failure.
//   - Where NATS takes no notices, because it has no room or does not answer, each process
//     tells its channels of that alone, from its own memory.
//   - Nothing here is in the way of a workbook: a runner only reads what the stages leave.
//
// Several processes may run. What is stored moves by compare-and-set, and who sends
// through a channel holds it meanwhile, so a message is sent once. A process that dies
// between sending and writing that down leaves a message that is sent again two minutes
// later, or followed by its close, if the matter is mended by then. The webhook's receiver
// can tell by the Idempotency-Key; for GitHub, the runner looks for the issue or comment
// that the first attempt may have made.
//
// # Slack
//
// POST of {"text": "..."} to the incoming webhook. Mattermost, Rocket.Chat and others
// take the same. Ids and messages of users are escaped: they cannot mention anybody.
//
// # Webhook
//
// POST of a [WebhookBody] as application/json:
//
//	{
//	  "schema": 1, "minReader": 1,
//	  "id": "5XQZ…",                    the notice's: the same in all messages about it
//	  "action": "open",                 open, update or close
//	  "number": 1,                      counts the messages about the notice
//	  "text": "workbooks of run 20261031T200000Z-readings-0 failed: workbook_invalid (37 conversions)",
//	  "sentAt": "2026-11-01T05:00:12Z",
//	  "notice": {
//	    "kind": "failures",             failures, missing, stuck, paused, unattended, returned, channel, storm
//	    "key": "notice.failures.20261031T200000Z-readings-0.workbook_invalid",
//	    "title": "workbooks of run 20261031T200000Z-readings-0 failed: workbook_invalid",
//	    "report": "readings", "run": "20261031T200000Z-readings-0", "cause": "workbook_invalid",
//	    "count": 37,                    now; 0 in a close
//	    "firstError": "…", "since": "2026-11-01T05:00:01Z",
//	    "samples": [{"tenant": "t-17", "target": "s-3", "message": "…"}],
//	    "correct": "…", "command": "jetsheet failures replay --run … --cause …",
//	    "raw": "nats req conversions.ops.replay '…'", "runbook": "deploy/runbook/workbook_invalid.md"
//	  },
//	  "most": 37, "openedAt": "2026-11-01T05:00:02Z"
//	}
//
// Any answer of 200 to 299 is success. Fields are only ever added. The request is signed:
//
//	Jetsheet-Signature: t=1793509212,v1=HEX
//
// where HEX is HMAC-SHA256 with the shared secret over the decimal t, a dot and the body's
// bytes. A receiver compares in constant time and refuses a t that is more than five
// minutes off. Idempotency-Key is the same when a message is sent again.
//
// # GitHub
//
// One issue for each notice, opened once, commented with updates, closed as completed and
// opened again where the same happens again. The token needs the right to read and write
// issues of the one repository. The issue carries an invisible marker with the notice's
// id, by which it is found again.
package notify
