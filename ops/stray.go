package ops

import "github.com/jetsheet/jetsheet"

// A stray message is one that failed under a subject that names no conversion: somebody
// published it by hand, or another program did. Its run, report, tenant and target are not
// known, so that its subject in FAILED is its name. No workbook is missing by it, and no
// replay mends it.

// stray says whether it is a stray message.
func (f *failedOne) stray() bool { return f.address.Run.IsZero() }

// DismissStray returns the command that dismisses the stray messages of one cause.
func DismissStray(cause jetsheet.Cause) string { return Dismiss("--stray" + causeFlag(cause)) }

// mendStray says what is to be done about stray messages, with the command that does it.
func mendStray(dismiss string) string {
	return "somebody published what belongs to no run; no workbook is missing by that: " + dismiss
}
