// Package query runs the statements of a report. It is the only part of the
// product that queries PostgreSQL, on a pool that the caller opened.
//
// A [DB.Read] is one REPEATABLE READ, READ ONLY transaction: all its statements
// see one [Snapshot]. The row's time zone, the tenant (app.tenant, for row level
// security) and the time limits are set inside the transaction and end with it,
// so the next user of the pooled connection sees nothing of them. Rows are handed
// out one by one as they arrive and are never collected; a caller that reads
// slowly slows PostgreSQL down, and the statement's time limit goes on.
//
//	first time on a connection    begin + settings + prepare ─► one round trip
//	                              statements + commit        ─► one round trip
//	from then on                  begin + settings + statements + commit
//	                                                         ─► one round trip
//
// # Parameters
//
// Parameters are always bound, as PostgreSQL text, and take the type that
// PostgreSQL infers: tenant_id = @tenant works for bigint, uuid and text, and a
// 19-digit id keeps every digit. Instants are timestamptz (see
// [report.ParseStatement]); timestamp and date columns compare with them in the
// transaction's TimeZone.
//
// # Plans
//
// A statement is prepared once per connection and time zone: PostgreSQL turns a
// literal like timestamptz '2026-10-01' into an instant when it parses, so a
// statement parsed in one zone is wrong in another. Plans are made anew for every
// execution (plan_cache_mode force_custom_plan): a plan shared by tenants is bad
// where their sizes differ, and would carry a tenant over where a policy's
// function is marked IMMUTABLE by mistake. A statement without parameters always
// keeps its plan; it is prepared per tenant.
//
// Behind PgBouncer in transaction mode prepared statements need version 1.21 and
// max_prepared_statements > 0. With default_query_exec_mode=exec in the URL
// nothing outlives a transaction, at three round trips and more per Read.
//
// # Errors
//
// Everything that PostgreSQL or the network has to say comes back as a
// [*StatementError], whose [ErrorKind] says what to do next.
package query
