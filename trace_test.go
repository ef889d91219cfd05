package jetsheet_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// The form is the W3C's, version 00: https://www.w3.org/TR/trace-context/#traceparent-header
func TestTraceIsOfOneConversion(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-00$`)
	run := jetsheet.RunID{Tick: time.Date(2026, 10, 31, 20, 0, 0, 0, time.UTC), Report: "orders"}
	again := run
	again.Rerun = 1
	seen := map[string]jetsheet.Conversion{}
	for _, c := range []jetsheet.Conversion{
		{Run: run, Tenant: "a", Target: "b"},
		{Run: run, Tenant: "a", Target: "c"},
		{Run: run, Tenant: "*", Target: "b"},
		{Run: again, Tenant: "a", Target: "b"},
	} {
		trace := c.Address().Trace()
		if !form.MatchString(trace) || trace != c.Address().Trace() {
			t.Errorf("%s: got %q, want a traceparent, the same each time", c, trace)
		}
		if other, ok := seen[trace]; ok {
			t.Errorf("%s and %s have one trace", c, other)
		}
		seen[trace] = c
	}
}
