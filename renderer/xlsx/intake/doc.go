// Package intake decides whether an untrusted .xlsx may be compiled as a template.
//
//	bytes ─► is it a workbook at all? ─► the archive's directory ─► each part to its end ─► Report
//	                 │                         │                        │
//	                 └─────────────────────────┴────────── RefusedError ┘
//
// A customer draws a form in Excel and hands it in; everything in the file may be damaged
// or made with bad intent. [Check] is a pure function over the bytes: it opens nothing,
// follows no link and keeps no more in memory than the [Limits] allow, whatever the
// archive and the parts say of their sizes. What it cannot answer for (an endless loop of
// a decoder, a mistake of this package) is the caller's part: run it in a process of its
// own under limits of memory and time.
//
// Refused is what makes the file dangerous or what a workbook made of it would carry on:
// macros, links to other files, embedded objects, queries. Each refusal has a [Cause] for
// programs and, for people, the part, sheet or cell with what to do in Excel. What can be
// looked at together is reported together, so that nobody mends one thing after another.
// What passes is also opened by package cells, so that nothing is accepted that our own
// reader would refuse.
package intake
