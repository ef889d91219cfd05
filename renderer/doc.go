// Package renderer makes workbooks: it takes one request at a time, reads its rows
// from one PostgreSQL snapshot, writes the workbook into the object store and says
// so to the uploader.
//
//	CONVERSIONS ─► handle ─► Render ───────────────────────► object ─► event ─► RENDERED
//	               │ done?   │ rows stream from PostgreSQL    │ one chunk: short way
//	               │ run?    │ through renderer/xlsx          │ larger: the library's Put
//	               ▼         ▼ nothing to put in it           ▼
//	              done     DONE skipped                  sha256 while writing
//
// On a crash the request is delivered again and rendered again, under a new object
// name; the old object goes with the store's age limit. Nothing is settled before
// the object and its event are stored. A workbook is never held in memory as a
// whole, nor are its rows.
//
// [Render] alone needs only a database and a destination: `jetsheet reports
// preview` uses it too.
package renderer
