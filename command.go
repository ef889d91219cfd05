package jetsheet

import (
	"strings"
	"time"
)

// The commands that messages name. Whoever writes a message of a run must not leave out
// its tick: without one the newest is made.

// StartFirst returns the command that starts a run's tick, narrowed to a scope, as it is
// typed into a POSIX shell.
func StartFirst(id RunID, scope Scope) string {
	words := []string{"jetsheet runs start", id.Report, "--tick", id.Tick.UTC().Format(time.RFC3339)}
	if scope.Tenant != "" {
		words = append(words, "--tenant="+ShellQuote(scope.Tenant))
	}
	if scope.Target != "" {
		words = append(words, "--target="+ShellQuote(scope.Target))
	}
	return strings.Join(words, " ")
}

// StartAgain is [StartFirst] for a tick that has a run.
func StartAgain(id RunID, scope Scope) string { return StartFirst(id, scope) + " --again" }

// ShellQuote writes an id so that a POSIX shell hands it on unchanged: ids are the
// users' own, and a command is there to be copied.
func ShellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./:@%+,-", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
