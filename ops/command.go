package ops

import (
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// StartAgain returns the command that makes a run's tick again, narrowed to a scope, as
// it is typed into a POSIX shell.
func StartAgain(id jetsheet.RunID, scope jetsheet.Scope) string {
	return startFirst(id, scope) + " --again"
}

// startFirst is the command that starts a run's tick.
func startFirst(id jetsheet.RunID, scope jetsheet.Scope) string {
	words := []string{"jetsheet runs start", id.Report, "--tick", id.Tick.UTC().Format(time.RFC3339)}
	if scope.Tenant != "" {
		words = append(words, "--tenant="+shellQuote(scope.Tenant))
	}
	if scope.Target != "" {
		words = append(words, "--target="+shellQuote(scope.Target))
	}
	return strings.Join(words, " ")
}

// ReplayCommand returns the command that replays a run's failures of one cause.
func ReplayCommand(run jetsheet.RunID, cause jetsheet.Cause) string {
	return "jetsheet failures replay --run " + run.String() + " --cause " + string(cause)
}

// ReplayOne returns the command that replays one conversion.
func ReplayOne(a jetsheet.Address) string { return "jetsheet failures replay " + conversionText(a) }

// WithCurrent makes a command that replays use the definition applied now.
func WithCurrent(replay string) string { return replay + " --definition " + string(DefinitionCurrent) }

// rawReplay is how one conversion is replayed with the nats CLI alone.
func rawReplay(a jetsheet.Address) string {
	return "nats stream get " + jetsheet.StreamFailed + " -S " + a.FailedSubject() + " --json | jq -rj '.data|@base64d' | " +
		"nats pub -J --force-stdin --no-templates " + a.RequestSubject(jetsheet.LaneExpress)
}

// shellQuote writes an id so that a POSIX shell hands it on unchanged: ids are the
// users' own, and a command is there to be copied.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_./:@%+,-", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
