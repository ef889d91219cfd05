// Package uploader publishes workbooks: object store → S3 → DONE. Those of tenants routed
// shadow it compares with the previous system's instead.
//
//	RENDERED ──► DONE? ──► read and check ──► conditional PUT ──► DONE ──► DoubleAck ──► delete from
//	 (event)       │        the workbook      │ 412: look what      │ first            the object store
//	               │          │               │      lies there     │ one stays
//	               │          │               └ occupied ──► FAILED │
//	               │          └ missing or damaged ──► the request  │
//	               │                        again, to CONVERSIONS   │
//	               └ there is an outcome: obey it ◄─────────────────┘
//
// What comes in is a [jetsheet.Rendered] event; what goes out is one object on S3
// and one [jetsheet.Done] record. However often an event is delivered, by however
// many workers, after whatever crash: there is one object, never an older one over
// a newer one, never a torn one, and the first outcome stays. An object is written
// only on the condition that nothing lies under its key (or only the older one that
// was looked at), and only after the workbook's digest was checked to the last
// byte. Where another attempt came to another outcome first, such as skipped, the
// conversion's object is deleted again: DONE tells what lies on S3. On a crash the event
// comes again and finds what was done: the object by its metadata, the outcome by its
// subject.
//
//	RENDERED ──► DONE? ──► previous workbook there? ──► compare ──► DONE ──► DoubleAck ──► delete
//	(to compare)             │ no: put off, 24 h at       │ different: a second
//	                         │ most, outside the slots    │ rendering decides
//	                         └ then incomparable ─────────┘ whether records changed
//
// A comparison writes nothing to S3. It has slots of its own, and what it waits for stops
// no upload. When its run is cancelled it fails as cancelled, at once.
//
// # The object on S3
//
// This is a public contract, like DONE. An object has the content type
// [ContentType], a Content-Disposition that names the file, and the metadata
// (x-amz-meta-NAME) of the constants [MetaRun] to [MetaVersion]. All of it is
// ASCII. A key without such metadata, or with that of another report or tenant, is
// not ours and is never written to.
//
// # What is needed
//
// On S3: PutObject, GetObject and DeleteObject on the workbooks' keys, ListBucket on
// the bucket (without it S3 answers 403 instead of 404), AbortMultipartUpload and
// ListBucketMultipartUploads (without it uploads of killed processes are left to the
// bucket's life-cycle rule); and, for comparisons, GetObject on the previous system's keys and ListBucket on its bucket. On
// NATS: the two durable consumers, reads and a watch of the run records, reads, deletions
// and publishing of events to compare, direct reads of DONE, direct reads and STREAM.MSG.GET
// of the object store's stream, purge of the same stream, publishing to the request,
// done and failed subjects.
package uploader
