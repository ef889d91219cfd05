package notify

import (
	"strconv"
	"time"

	"github.com/jetsheet/jetsheet"
)

// Returned is a group of tenants that was taken back to the previous system.
type Returned struct {
	Group string
	// Revision of the flag document took it back, At when, for Reason.
	Revision uint64
	At       time.Time
	Reason   string
}

// returned are the concerns about groups that were taken back. Each lasts until somebody
// decides about the group.
func returned(list []Returned) []Concern {
	concerns := make([]Concern, 0, len(list))
	for _, r := range list {
		concerns = append(concerns, Concern{
			Kind: KindReturned, Key: jetsheet.NoticeKey(string(KindReturned), r.Group, strconv.FormatUint(r.Revision, 10)),
			Title: "a group of tenants goes back to the previous system from the next run on",
			Count: 1, FirstError: r.Reason, Since: r.At,
			Correct: "see that the previous system runs for the group; mend what failed, then take the group the way by shadow again",
			Command: "jetsheet flags history", Raw: "nats kv history " + jetsheet.BucketFlags + " " + jetsheet.FlagsKey,
			Runbook: runbookPage("cutover"),
		})
	}
	return concerns
}
