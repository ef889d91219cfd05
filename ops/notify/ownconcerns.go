package notify

import (
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
)

// channelConcerns are what is of concern about the channels themselves. A process tells
// of every channel there is a state of, also of those that only another process has; one
// that nobody tries any more, because it was taken out of the settings, is of no concern.
func channelConcerns(channels map[string]*ChannelState, now time.Time) []Concern {
	var concerns []Concern
	for name, s := range channels {
		if s.Failing() && s.NextTry.Add(longestAsked).After(now) {
			concerns = append(concerns, Concern{
				Kind: KindChannel, Key: jetsheet.NoticeKey(string(KindChannel), name), Channel: name,
				Title:      "notices cannot be sent through " + name,
				Count:      1, // each attempt more is no news
				FirstError: s.LastError,
				Since:      s.FailingSince,
				Correct:    "look at the error; the messages are kept and sent when it is put right",
				Command:    "nats req " + Subject + " ''",
				Runbook:    runbookPage("channel"),
			})
		}
		if s.HeldSince.IsZero() || len(s.within(now)) == 0 {
			continue
		}
		concerns = append(concerns, Concern{
			Kind: KindStorm, Key: jetsheet.NoticeKey(string(KindStorm), name), Channel: name,
			Title:   fmt.Sprintf("storm: more than %d messages within %s; the rest is held back and sent later", stormLimit-1, stormWindow.Round(time.Minute)),
			Count:   s.Held,
			Since:   s.HeldSince,
			Command: "nats req " + Subject + " ''",
			Runbook: runbookPage("channel"),
			Unripe:  s.Held == 0,
		})
	}
	return concerns
}
