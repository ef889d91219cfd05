package query

// Codes with a meaning of their own here.
const (
	codeStale       = "0A000" // also: cached plan must not change result type
	codeReadOnly    = "25006"
	codeNoStatement = "26000"
	codeDenied      = "42501"
	codeNoType      = "42P18"
	codeCanceled    = "57014"
)

// kindOfState sorts PostgreSQL's codes, by the whole code first and then by the
// class, the first two characters.
func kindOfState(code string) ErrorKind {
	switch code {
	case codeReadOnly:
		return Invalid
	case codeCanceled:
		return Unexpected
	case "53200", "53400": // memory or temporary files of this statement: those of others may fit
		return Unexpected
	case "25P03", "25P04": // idle in transaction too long; transaction too long
		return TimeLimit
	case "3D000", // no such database: the operator's URL, not the report
		"55P03": // a lock not available: a migration holds the table
		return Unavailable
	}
	if len(code) != 5 {
		return Unexpected
	}
	switch code[:2] {
	case "08", // connection
		"28", // password or role: the operator's URL
		"40", // recovery conflict on a standby, deadlock
		"53", // disk, connections
		"57", // stopped, starting, database dropped
		"58": // system error
		return Unavailable
	case "0A", "20", "21", "22", "23", "2B", "2F", "38", "39", "3B", "3F", "42", "44", "54", "P0":
		return Invalid
	}
	return Unexpected
}

// ofTheStatement says of a code of the kind Unavailable whether one statement alone can
// bring it about. Any other is met by whoever asks.
func ofTheStatement(code string) bool {
	switch code {
	case "53100", // the disk is full: of this statement's temporary files, perhaps
		"55P03", // another one's lock
		"57P01": // its connection was ended
		// Not 57P02: that tells everybody of a crash but the statement that crashed.
		return true
	}
	switch code[:2] {
	case "08", // the connection was lost
		"40", // a recovery conflict: it runs for longer than a standby allows
		"58": // a file cannot be read
		return true
	}
	return false
}
