package nats_test

import (
	"slices"
	"strings"
)

// offTheWay says whether a role needs a right only where something goes wrong or is
// asked for that the pipeline's test does not do.
func offTheWay(user, pattern string) bool {
	// A watch answers flow control when it falls far behind.
	return strings.HasPrefix(pattern, "$JS.FC.") || slices.Contains(rare()[user], pattern)
}

func rare() map[string][]string {
	return map[string][]string{
		"producer": {
			// Requests that were delivered too often, and targets that cannot be requested.
			"$JS.API.STREAM.MSG.GET.CONVERSIONS", "$JS.API.STREAM.MSG.DELETE.CONVERSIONS", "conversions.failed.>",
			// Before a conversion is published again.
			"$JS.API.DIRECT.GET.DONE.conversions.done.>", "$JS.API.DIRECT.GET.FAILED.conversions.failed.>",
			// Two that planned one run: the loser removes its plan.
			"$JS.API.STREAM.PURGE.OBJ_plans",
			// A plan that the replica which was asked does not have yet.
			"$JS.API.STREAM.MSG.GET.OBJ_plans",
		},
		"renderer": {
			// A template that the replica which was asked does not have yet.
			"$JS.API.STREAM.MSG.GET.OBJ_templates",
			// A message that came before: how often, by whom.
			"$JS.API.DIRECT.GET.KV_progress.$KV.progress.renderer.>",
		},
		"uploader": {
			// A run whose record it has not heard of.
			"$JS.API.STREAM.MSG.GET.KV_runs",
			// A lost workbook whose request is queued already.
			"$JS.API.STREAM.INFO.CONVERSIONS", "$JS.API.STREAM.MSG.GET.CONVERSIONS",
			// A message that came before.
			"$KV.progress.uploader.>", "$JS.API.DIRECT.GET.KV_progress.$KV.progress.uploader.>",
		},
		"ops": {
			"$JS.API.STREAM.MSG.GET.OBJ_plans",                              // as producer
			"conversions.failed.>", "$JS.API.STREAM.MSG.DELETE.CONVERSIONS", // dismiss, and cancel a replay
			// A run of a tick that has none, and one of several that failed.
			"$JS.API.STREAM.MSG.GET.KV_flags", "$JS.API.DIRECT.GET.FAILED.conversions.failed.>",
			// What workers have in hand.
			"$JS.API.STREAM.MSG.GET.CONVERSIONS", "$JS.API.STREAM.MSG.GET.RENDERED", "$JS.API.DIRECT.GET.KV_progress.$KV.progress.>",
		},
		"flags":   {"$JS.API.STREAM.MSG.GET.KV_flags"},    // a watch that has missed something
		"exports": {"$JS.API.CONSUMER.INFO.DONE.exports"}, // a program that does not make its consumer
	}
}
