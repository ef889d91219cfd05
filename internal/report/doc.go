// Package report is a report's definition: the YAML that says when a report runs,
// which workbooks it has, what is in them and where they go.
//
// [Parse] reads a definition strictly and reports every problem with its place in
// the file. A [Definition] then answers, as pure functions of its text and of the
// instants given:
//
//	when      Calendar.Next, Calendar.Due    cron + zone  →  nominal ticks in UTC
//	which     Definition.PeriodAt            tick + zone  →  the last whole period
//	what      Definition.Queries, Workbook   statements with named parameters
//	whither   Resolver.Resolve               targets row  →  key, file name, lane
//
// A [Resolver] turns one row of the targets query into a [jetsheet.Target]. A row
// that cannot be used gives a [*TargetError] and spoils no other row.
//
// Builds of different versions work on the same definitions while an installation is
// updated. A definition therefore knows the oldest version that reads it as it is meant,
// [Definition.MinReader], from the keys it uses; whoever stores the definition (what is
// applied, and the record of a run) puts that into the record's minReader, so that an
// older build refuses the record, or gives its work back, instead of failing it.
//
// Nothing here does I/O, reads a clock or starts a goroutine; the only thing read
// from the machine is its time zone database, through [time.LoadLocation]. Zones
// change: the same tick can lie elsewhere under another version of that database.
// Everything returned may be used concurrently unless it says otherwise.
package report
