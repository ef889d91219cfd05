// Package picture knows what the writers of workbooks must know of a picture: what
// kind it is, how large, which way up, and where it goes in a sheet. It reads headers
// only. Pixels are never decoded and never encoded again: a workbook holds the file as
// it came.
//
//	column ─► Decode ─► bytes ─► Read ─► Picture ─► Area.Fit ─► Anchor ─► Drawing
//	          base64,            PNG,    size,      no          from, to  the parts of
//	          \x hex             JPEG,   which      distortion            one sheet
//	                             GIF     way up
//
// A photo that was taken with the camera on its side says so in its EXIF data and is
// turned by the drawing, as Excel does it.
//
// What cannot be shown is an error that wraps [ErrNotPicture], [ErrTruncated] or
// [ErrTooLarge]. Nothing is ever fetched: an address is no picture.
package picture
