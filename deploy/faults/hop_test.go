package faults_test

import (
	"slices"
	"testing"

	"github.com/jetsheet/jetsheet/deploy/faults"
)

func TestHop(t *testing.T) {
	t.Parallel()
	met := map[string]bool{}
	for _, c := range []struct {
		role   string
		wire   faults.Wire
		effect string
		want   string
	}{
		{"renderer", faults.WireNATS, "connect", faults.HopStart},
		{"producer", faults.WireNATS, "deliver TRIGGERS/producer", faults.HopTrigger},
		{"producer", faults.WireS3, "put record", faults.HopFreeze},
		{"ops", faults.WireNATS, "kv create runs", faults.HopFreeze},
		{"producer", faults.WirePostgres, "select tenant_id as tenant", faults.HopScan},
		{"producer", faults.WireNATS, "publish conversions.request.small", faults.HopPublish},
		{"renderer", faults.WireNATS, "deliver CONVERSIONS/renderer-small", faults.HopDeliver},
		{"renderer", faults.WireNATS, "settle CONVERSIONS/renderer-small +WPI", faults.HopDeliver},
		{"uploader", faults.WireNATS, "get message DONE", faults.HopKnown},
		{"renderer", faults.WirePostgres, "select n", faults.HopRead},
		{"renderer", faults.WirePostgres, "rows of select n", faults.HopRender},
		{"renderer", faults.WireNATS, "object workbooks put chunk", faults.HopStore},
		{"renderer", faults.WireNATS, "publish conversions.rendered.publish", faults.HopEvent},
		{"uploader", faults.WireNATS, "settle RENDERED/uploader +ACK", faults.HopSettle},
		{"uploader", faults.WireS3, "put object if unchanged", faults.HopUpload},
		{"renderer", faults.WireNATS, "get message OBJ_templates", faults.HopRender},
		{"renderer", faults.WireNATS, "get message KV_runs definition", faults.HopRender},
		{"renderer", faults.WireNATS, "get message KV_runs", faults.HopKnown},
		{"renderer", faults.WireS3, "get object", faults.HopRender},
		{"uploader", faults.WireS3, "get object", faults.HopCompare},
		{"uploader", faults.WireNATS, "publish conversions.done", faults.HopOutcome},
		{"uploader", faults.WireNATS, "stream purge OBJ_workbooks", faults.HopCleanUp},
		{"renderer", faults.WireNATS, "settle CONVERSIONS/renderer-small +TERM", faults.HopFailed},
		{"producer", faults.WireNATS, "publish conversions.failed", faults.HopFailed},
		{"producer", faults.WireNATS, "deliver FAILED/a reader", faults.HopReconcile},
		{"ops", faults.WireNATS, "publish conversions.request.express", faults.HopAsk},
		{"ops", faults.WireNATS, "kv create runs definition", faults.HopAsk},
		{"ops", faults.WireNATS, "kv create notices notice", faults.HopNotify},
		{"ops", faults.WireWebhook, "post hook", faults.HopNotify},
		{"ops", faults.WireSlack, "post hook", faults.HopNotify},
		{"ops", faults.WireGitHub, "patch issues", faults.HopNotify},
	} {
		p := faults.Point{Role: c.role, Wire: c.wire, Effect: c.effect}
		if got := p.Hop(); got != c.want {
			t.Errorf("%s is of the hop %q, want %q", p, got, c.want)
		}
		met[c.want] = true
	}
	for _, hop := range faults.Hops() {
		if !met[hop] {
			t.Errorf("no point of the hop %q was tried", hop)
		}
	}
	for _, action := range faults.Actions() {
		if p := (faults.Point{Role: "uploader", Wire: faults.WireS3, Effect: "put object"}); !p.Takes(action) {
			t.Errorf("%s does not take %s", p, action)
		}
	}
	if !slices.IsSortedFunc(faults.SortPoints(map[faults.Point]int{{Role: "b"}: 1, {Role: "a"}: 2, {Role: "a", Effect: "x"}: 1}), faults.Point.Compare) {
		t.Error("points are not sorted")
	}
}
