package query

import "github.com/jetsheet/jetsheet"

// Failure is what the pipeline does about the error, and the cause under which it
// is recorded where it fails a conversion. An unavailable one has a cause where it may be
// the statement's own doing.
func (e *StatementError) Failure() (jetsheet.Class, jetsheet.Cause) {
	switch e.Kind {
	case Invalid:
		return jetsheet.ClassPermanent, jetsheet.CauseStatement
	case TooManyRows:
		return jetsheet.ClassPermanent, jetsheet.CauseTooManyRows
	case TimeLimit:
		return jetsheet.ClassTransient, jetsheet.CauseStatementTime
	case Unavailable:
		if e.Sent {
			return jetsheet.ClassUnavailable, jetsheet.CauseStatement
		}
		return jetsheet.ClassUnavailable, ""
	case Interrupted:
		return jetsheet.ClassInterrupted, ""
	default:
		return jetsheet.ClassTransient, jetsheet.CauseInternal
	}
}
