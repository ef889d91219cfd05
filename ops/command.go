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

// DismissBadMessage returns the command that dismisses what is no request: of one
// conversion where the scope names it, else all of the run.
func DismissBadMessage(run jetsheet.RunID, scope jetsheet.Scope) string {
	if scope.Tenant != "" && scope.Target != "" {
		return Dismiss(jetsheet.Conversion{Run: run, Tenant: scope.Tenant, Target: scope.Target}.String())
	}
	return Dismiss("--run " + run.String() + causeFlag(jetsheet.CauseBadMessage))
}

// ScopeOf returns the ids of a conversion that is known by its subject alone: none where its
// tokens are not the ids themselves.
func ScopeOf(a jetsheet.Address) jetsheet.Scope {
	if jetsheet.Token(a.Tenant) != a.Tenant || jetsheet.Token(a.Target) != a.Target {
		return jetsheet.Scope{}
	}
	return jetsheet.Scope{Tenant: a.Tenant, Target: a.Target}
}

// WithCurrent makes a command that replays use the definition applied now.
func WithCurrent(replay string) string { return replay + " --definition " + string(DefinitionCurrent) }

// rawReplay is how one conversion is replayed with the nats CLI alone.
func rawReplay(a jetsheet.Address) string {
	return "nats stream get " + jetsheet.StreamFailed + " -S " + a.FailedSubject() + " --json | jq -rj '.data|@base64d' | " +
		"nats pub -J --force-stdin --no-templates " + a.RequestSubject(jetsheet.LaneExpress)
}
