package ops

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet"
)

// TestEveryFilterPicks lists, and counts for a replay, what each filter picks: the same.
func TestEveryFilterPicks(t *testing.T) {
	t.Parallel()
	r := setup(t)
	client := r.serve(now)
	orders, sales := runOf("orders", 0), runOf("sales", 0)
	failed := []struct {
		run            jetsheet.RunID
		tenant, target string
		cause          jetsheet.Cause
		at             time.Time
	}{
		{orders, "a", "x", jetsheet.CauseStatement, tick.Add(time.Hour)},
		{orders, "a", "y", jetsheet.CauseWorkerCrash, tick.Add(2 * time.Hour)},
		{orders, "*", "x", jetsheet.CauseStatement, tick.Add(3 * time.Hour)},
		{sales, "a", "x", jetsheet.CauseStatement, tick.Add(4 * time.Hour)},
	}
	plans := map[jetsheet.RunID][]jetsheet.Target{}
	for _, f := range failed {
		one := target(f.tenant, f.target)
		plans[f.run] = append(plans[f.run], one)
		record := jetsheet.Failure{
			Stage: jetsheet.StageRenderer, Cause: f.cause, Message: "m", Attempts: 1, Worker: "w", Version: "v", At: f.at, Request: r.request(f.run, &one),
		}
		r.publish(record.Msg(jetsheet.FailedSubject(conversion(f.run, &one))))
	}
	for run, targets := range plans {
		r.store(run, jetsheet.Scope{}, targets...)
	}
	const ordersAX, ordersAY, ordersStarX, salesAX = "orders/a/x", "orders/a/y", "orders/*/x", "sales/a/x"
	for name, test := range map[string]struct {
		filter FailureFilter
		want   []string
	}{
		"run":             {FailureFilter{Run: orders.String()}, []string{ordersStarX, ordersAX, ordersAY}},
		"report":          {FailureFilter{Report: "sales"}, []string{salesAX}},
		"tenant":          {FailureFilter{Tenant: "a"}, []string{ordersAX, ordersAY, salesAX}},
		"hostile tenant":  {FailureFilter{Tenant: "*"}, []string{ordersStarX}},
		"target":          {FailureFilter{Target: "x"}, []string{ordersStarX, ordersAX, salesAX}},
		"cause":           {FailureFilter{Cause: jetsheet.CauseStatement}, []string{ordersStarX, ordersAX, salesAX}},
		"since":           {FailureFilter{Since: tick.Add(3 * time.Hour)}, []string{ordersStarX, salesAX}},
		"until":           {FailureFilter{Until: tick.Add(3 * time.Hour)}, []string{ordersAX, ordersAY}},
		"since and until": {FailureFilter{Since: tick.Add(2 * time.Hour), Until: tick.Add(3 * time.Hour)}, []string{ordersAY}},
		"several":         {FailureFilter{Report: "orders", Tenant: "a", Cause: jetsheet.CauseStatement}, []string{ordersAX}},
		"everything":      {FailureFilter{All: true}, []string{ordersStarX, ordersAX, ordersAY, salesAX}},
	} {
		var got []string
		listing, err := client.Failures(t.Context(), test.filter, 0, func(f *FailureInfo) error {
			report, _, _ := strings.Cut(strings.TrimPrefix(f.Conversion, "20261031T200000Z-"), "-")
			got = append(got, report+"/"+f.Tenant+"/"+f.Target)
			return nil
		})
		slices.Sort(got)
		if err != nil || !slices.Equal(got, test.want) || listing.Matched != len(test.want) {
			t.Errorf("%s lists %q, %+v, %v, want %q", name, got, listing, err, test.want)
		}
		answer, err := client.Replay(t.Context(), ReplayRequest{FailureFilter: test.filter, DryRun: true})
		if err != nil || answer.Matched != len(test.want) {
			t.Errorf("%s would replay %+v, %v, want %d", name, answer, err, len(test.want))
		}
	}
}
