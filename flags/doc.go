// Package flags decides which system makes a tenant's workbooks in a run: the
// previous one, this pipeline, both (to compare) or neither. jetsheet imports it,
// and so may the previous system: neither decides by itself, both obey one record.
//
// # Why a record
//
// The flag document changes while systems run. Two systems that both read the
// newest one make some workbooks twice and some not at all whenever a tenant moves
// between the two reads. So the document is copied into the run's record by
// whichever system comes first, and every route of the run is read out of the copy:
//
//	previous system ──┐                         ┌─ KV flags   the newest document, read once
//	                  ├─► Freeze(run) ──────────┼─ KV runs    create: the first writer wins
//	jetsheet ─────────┘        │                └─ record     PUT If-None-Match: *, read back: wins
//	                           ▼                   store      over the KV, survives the loss of NATS
//	                   jetsheet.Frozen
//	                           │ Compile(frozen.Flags)
//	                           ▼
//	              Routes.Route(tenant) ──► legacy   the previous system
//	                                       shadow   the previous system; here rendered and compared
//	                                       new      this pipeline
//	                                       hold     neither
//
// Flag changes act from the next run on. Re-runs copy the scheduled run's document.
//
// # What the previous system must do
//
//  1. Name the run: the report, and the nominal instant of the period's tick in UTC.
//     Both systems must name it alike, so the tick comes from the report's calendar
//     and never from the clock.
//  2. Call [Freeze] before it works, [Compile] on the Flags of the result, and make
//     the workbooks of exactly those tenants for which [Routes.Previous] is true.
//     Tenants that it learns of later are asked for in the same way: every string
//     has a route.
//  3. On an error make nothing and call again. Nothing was decided for it, and the
//     other system does not start either.
//
// It needs the buckets [jetsheet.BucketRuns] (read, create, update) and
// [jetsheet.BucketFlags] (read), and one right on the workbooks' bucket, to get and
// put below [jetsheet.RecordPrefix], behind a [RecordStore]. It needs no database
// and no running jetsheet. [Load] reads a frozen run without freezing one.
//
// # What is guaranteed
//
//   - All callers of Freeze for one run get the same record, or an error.
//   - No route is given out before the record lies outside NATS, so the same routes
//     hold after all of NATS is lost. A lost record store is written again from the KV.
//   - A crash at any point leaves a run that is frozen, or one that the next call
//     freezes; nobody has routes of it yet.
//   - Route is a pure and total function of the document and the tenant. No error
//     ends in new.
//
// # The document
//
// It is a flagd flag-definition document, in one KV key, so that one revision is one
// change. Its flag [FlagKey] has routes for variants, and targeting by the tenant's
// id, which rules see as targetingKey:
//
//	{"$schema": "https://flagd.dev/schema/v0/flags.json",
//	 "$evaluators": {"pilot": {"in": [{"var": "targetingKey"}, ["7", "42"]]}},
//	 "flags": {"cutover": {
//	   "state": "ENABLED",
//	   "variants": {"legacy": "legacy", "shadow": "shadow", "new": "new", "hold": "hold"},
//	   "defaultVariant": "legacy",
//	   "targeting": {"if": [{"$ref": "pilot"}, "new", {"fractional": [["shadow", 1], ["legacy", 9]]}]}}}}
//
// [ParseDocument] takes all of flagd's operators, but refuses for this flag whatever
// could route a tenant otherwise than its author means: other attributes, the time, a
// result that is no variant, a rule that fails for a tenant that the document names.
// cutover.schema.json beside this file is a JSON Schema for editors. Other flags of
// the document are carried along.
//
// The same document serves any Go program through OpenFeature, with the provider in
// the package flags/provider; flags/definition and flags/rule are its evaluator, and
// that of [Routes].
//
// # Changing it
//
// A [Ledger] reads the revisions that are kept, says who stored each and why, and stores
// the next one by compare-and-set. [Document.WithGroup], [Document.WithTenant] and the
// others make changed documents, [Compare] says which tenants that moves. Writing the key
// by any KV client works as well, and leaves a revision without an author.
package flags
