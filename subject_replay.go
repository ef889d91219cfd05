package jetsheet

import (
	"cmp"
	"strings"
)

// What a replay reads and writes.

// ReplayKey is the key of a replay in the bucket [BucketProgress].
func ReplayKey(id string) string { return "replay." + id }

// ReplayKeys matches the keys of all replays.
const ReplayKeys = "replay.*"

// DefinitionKey is the key of a [StoredDefinition] in the bucket [BucketRuns], by its
// sha256 in hex. It is one token, as the keys of runs are, and no run has it: a run's
// begins with a time.
func DefinitionKey(sha256 string) string { return definitionKeys + sha256 }

// IsDefinitionKey tells the keys of definitions in the bucket [BucketRuns] from those of
// runs.
func IsDefinitionKey(key string) bool { return strings.HasPrefix(key, definitionKeys) }

const definitionKeys = "definition-"

// FailedSubjects matches the failures of the conversions that have the address's run,
// tenant and target. The zero run and an empty token match all.
func (a Address) FailedSubjects() string { return "conversions.failed." + a.pattern() }

// RequestSubjects matches the requests, in every lane, of what [Address.FailedSubjects]
// does.
func (a Address) RequestSubjects() string { return "conversions.request.*." + a.pattern() }

// RenderedSubjects matches the rendered events of what [Address.FailedSubjects] does.
func (a Address) RenderedSubjects() string { return "conversions.rendered.*." + a.pattern() }

func (a Address) pattern() string {
	run := "*"
	if !a.Run.IsZero() {
		run = a.Run.String()
	}
	return run + "." + cmp.Or(a.Tenant, "*") + "." + cmp.Or(a.Target, "*")
}

// RequestSubject is where the conversion waits in a lane.
func (a Address) RequestSubject(lane Lane) string {
	return "conversions.request." + string(lane) + "." + a.Key()
}
