package ops

import "github.com/jetsheet/jetsheet"

// ReplayCommand returns the command that replays a run's failures of one cause. Where this
// build does not know the cause no filter may name it, and the command replays them all.
func ReplayCommand(run jetsheet.RunID, cause jetsheet.Cause) string {
	return "jetsheet failures replay --run " + run.String() + causeFlag(cause)
}

func causeFlag(cause jetsheet.Cause) string {
	if cause == "" || CheckCause(cause) != nil {
		return ""
	}
	return " --cause " + string(cause)
}

// ReplayOne returns the command that replays one conversion.
func ReplayOne(a jetsheet.Address) string { return "jetsheet failures replay " + conversionText(a) }

// Dismiss returns the command that dismisses failures: a name, or flags that pick them.
func Dismiss(which string) string { return "jetsheet failures dismiss " + which }

// WithCurrent makes a command that replays use the definition applied now.
func WithCurrent(replay string) string { return replay + " --definition " + string(DefinitionCurrent) }

// rawReplay is how one conversion is replayed with the nats CLI alone.
func rawReplay(a jetsheet.Address) string {
	return "nats stream get " + jetsheet.StreamFailed + " -S " + a.FailedSubject() + " --json | jq -rj '.data|@base64d' | " +
		"nats pub -J --force-stdin --no-templates " + a.RequestSubject(jetsheet.LaneExpress)
}
