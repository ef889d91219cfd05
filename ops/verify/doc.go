// Package verify checks a run against everything that can be known of it: its plan,
// the outcomes in DONE and FAILED, the objects on S3, and, on request, the database.
//
//	plan ─► one state each? ─► DONE ─► object ─► metadata, headers, bytes, workbook ─┐
//	         │                                                    deep: every cell ◄─ statements again
//	         └► bucket: nothing of the run that no outcome accounts for              ▼
//	                                                                              Report
//
// It shares no code with the stages that made the workbooks: it reads objects by the
// names that the uploader's contract gives, workbooks through renderer/xlsx/cells, and
// works out from the definition, or from a template as the plan names it, by itself what a
// cell must hold. It writes nothing.
//
// Memory is some 100 bytes for each conversion of the run, and a few megabytes for each
// workbook in hand; larger ones go through a temporary file. A run that is still open is
// checked as far as it is done.
//
// What is found has a [Kind], from a closed list, and each kind has a command or an
// action that mends it ([Mend]). A difference in a deep check can have an innocent
// cause: the data was changed after the workbook's snapshot. Verify cannot tell and says
// so.
//
// On S3 it needs GetObject, ListBucket and, for what is left of uploads and for
// versions, ListBucketMultipartUploads, GetBucketVersioning and ListBucketVersions;
// where one of the last three is refused, the report says what was not looked for.
package verify
