// Package archive writes a workbook's parts into the zip archive that Excel reads, one
// after the other and straight into an io.Writer. The same calls give the same bytes:
// nothing in an archive differs between two runs.
//
//	New ─► Add, AddShared, AddStored, AddRaw, AddRows, Stream ─► … ─► Close ─► Release
//
// Rows of a sheet have a compressor of their own, which is told where cells begin; the
// small parts around them take a general one.
package archive
