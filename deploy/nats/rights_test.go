package nats_test

import (
	"slices"
	"strings"
	"testing"
)

// right is something that a user may do by publishing to a subject, and who may.
type right struct {
	what    string
	subject string
	who     string // users, separated by blanks
}

// rights are what is dangerous in the wrong hands. Whoever is not named must be
// refused.
func rights() []right {
	const conversion = "20261031T200000Z-readings-0.tenant.target"
	return []right{
		{"publish a request", "conversions.request.small." + conversion, "producer uploader ops operator"},
		{"publish a rendered event", "conversions.rendered.publish." + conversion, "renderer"},
		{"publish a rendered event to compare", "conversions.rendered.compare." + conversion, "renderer uploader"},
		{"publish a done record", "conversions.done." + conversion, "renderer uploader"},
		{"publish a failure", "conversions.failed." + conversion, "producer renderer uploader ops"},
		{"set a schedule", "conversions.schedule.readings", "producer"},
		{"fire a schedule", "conversions.trigger.readings", ""},
		{"publish outside of jetsheet", "orders.new", ""},
		{"ask ops", "conversions.ops.start", "operator"},
		{"ask for routes", "conversions.ops.routes", "operator previous"},
		{"ask which workers live", "conversions.workers", "ops operator"},
		{"find services", "$SRV.PING", "operator"},

		{"write a run record", "$KV.runs.20261031T200000Z-readings-0", "producer ops previous"},
		{"write the flag document", "$KV.flags.cutover", "setup ops operator"},
		{"keep that a group went back", "$KV.flags.returned.g1.2026-10", "ops"},
		{"apply a report", "$KV.reports.readings", "operator"},
		{"claim a run", "$KV.progress.publisher.20261031T200000Z-readings-0", "producer"},
		{"write a renderer's progress", "$KV.progress.renderer." + conversion, "renderer"},
		{"write an uploader's progress", "$KV.progress.uploader." + conversion, "uploader"},
		{"write a notice", "$KV.notices.notice.failures.20261031T200000Z-readings-0.panic", "ops"},
		{"say that a producer lives", "$KV.progress.worker.producer.p", "producer"},
		{"say that a renderer lives", "$KV.progress.worker.renderer.r", "renderer"},
		{"say that an uploader lives", "$KV.progress.worker.uploader.u", "uploader"},
		{"look for workers", "$JS.API.CONSUMER.CREATE.KV_progress.c.$KV.progress.worker.>", "ops operator"},
		{"write a replay's progress", "$KV.progress.replay.20261122T170824123Z-abcdef", "ops"},
		{"write a plan", "$O.plans.C.nuid", "producer"},
		{"write a workbook", "$O.workbooks.C.nuid", "renderer"},
		{"store a template", "$O.templates.C.nuid", "operator"},
		{"name a template", "$O.templates.M.bmFtZQ==", "operator"},
		{"name a workbook", "$O.workbooks.M.bmFtZQ==", "renderer"},

		{"read a workbook's chunk", "$JS.API.DIRECT.GET.OBJ_workbooks.$O.workbooks.C.nuid", "uploader"},
		{"read any message of the workbooks", "$JS.API.DIRECT.GET.OBJ_workbooks", "uploader"},
		{"read any message of the workbooks from the leader", "$JS.API.STREAM.MSG.GET.OBJ_workbooks", "uploader"},
		{"read a workbook as the library does", "$JS.API.CONSUMER.CREATE.OBJ_workbooks.c.$O.workbooks.C.nuid", ""},
		{"follow the workbooks", "$JS.API.CONSUMER.CREATE.OBJ_workbooks.c", ""},
		{"follow the workbooks, the old way", "$JS.API.CONSUMER.DURABLE.CREATE.OBJ_workbooks.c", ""},
		{"read a notice", "$JS.API.STREAM.MSG.GET.KV_notices", "ops operator"},
		{"read a plan", "$JS.API.DIRECT.GET.OBJ_plans", "producer ops operator"},
		{"read a plan from the leader", "$JS.API.STREAM.MSG.GET.OBJ_plans", "producer ops operator"},
		{"read a plan as the library does", "$JS.API.CONSUMER.CREATE.OBJ_plans.c.$O.plans.C.nuid", "operator"},
		{"read a template", "$JS.API.DIRECT.GET.OBJ_templates", "renderer operator"},
		{"read a template from the leader", "$JS.API.STREAM.MSG.GET.OBJ_templates", "renderer operator"},
		{"read a template as the library does", "$JS.API.CONSUMER.CREATE.OBJ_templates.c.$O.templates.C.nuid", "operator"},
		{"look up a template", "$JS.API.DIRECT.GET.OBJ_templates.$O.templates.M.bmFtZQ==", "producer renderer operator"},
		{"list templates", "$JS.API.CONSUMER.CREATE.OBJ_templates.c.$O.templates.M.>", "operator"},
		{"read a run record", "$JS.API.STREAM.MSG.GET.KV_runs", "producer renderer uploader ops operator previous"},
		{"read the flag document", "$JS.API.STREAM.MSG.GET.KV_flags", "setup producer ops operator flags previous"},
		{"watch the flag document", "$JS.API.CONSUMER.CREATE.KV_flags.c.$KV.flags.cutover", "operator flags"},
		{"watch the runs", "$JS.API.CONSUMER.CREATE.KV_runs.c.$KV.runs.>", "producer renderer uploader ops operator"},
		{"read a report", "$JS.API.DIRECT.GET.KV_reports.$KV.reports.readings", "ops operator"},
		{"read a request", "$JS.API.STREAM.MSG.GET.CONVERSIONS", "producer uploader ops operator"},
		{"read a failure", "$JS.API.DIRECT.GET.FAILED.conversions.failed." + conversion, "producer ops operator"},
		{"read a done record", "$JS.API.DIRECT.GET.DONE.conversions.done." + conversion, "producer renderer uploader ops operator"},

		{"take requests", "$JS.API.CONSUMER.MSG.NEXT.CONVERSIONS.renderer-small", "renderer"},
		{"settle requests", "$JS.ACK.CONVERSIONS.renderer-small.1.1.1.1.0", "renderer"},
		{"take rendered events", "$JS.API.CONSUMER.MSG.NEXT.RENDERED.uploader", "uploader"},
		{"settle rendered events", "$JS.ACK.RENDERED.uploader.1.1.1.1.0", "uploader"},
		{"take triggers", "$JS.API.CONSUMER.MSG.NEXT.TRIGGERS.producer", "producer"},
		{"follow done records", "$JS.API.CONSUMER.MSG.NEXT.DONE.exports", "producer ops operator exports"},
		{"settle done records", "$JS.ACK.DONE.exports.1.1.1.1.0", "exports"},
		{"follow failures", "$JS.API.CONSUMER.CREATE.FAILED.c", "producer ops operator"},

		{"make or change a lane", "$JS.API.CONSUMER.CREATE.CONVERSIONS.renderer-small.conversions.request.small.>", "setup"},
		{"add a consumer of requests", "$JS.API.CONSUMER.CREATE.CONVERSIONS.mine", ""},
		{"add a consumer of rendered events", "$JS.API.CONSUMER.CREATE.RENDERED.mine.conversions.rendered.publish.>", ""},
		{"delete a lane", "$JS.API.CONSUMER.DELETE.CONVERSIONS.renderer-small", ""},
		{"delete the consumer of rendered events", "$JS.API.CONSUMER.DELETE.RENDERED.uploader", ""},
		{"pause a lane", "$JS.API.CONSUMER.PAUSE.CONVERSIONS.renderer-small", "operator"},
		{"make a stream", "$JS.API.STREAM.CREATE.CONVERSIONS", "setup"},
		{"change a stream", "$JS.API.STREAM.UPDATE.CONVERSIONS", "setup"},
		{"list streams", "$JS.API.STREAM.NAMES", "operator"},
		{"purge schedules", "$JS.API.STREAM.PURGE.TRIGGERS", "producer"},
		{"purge plans", "$JS.API.STREAM.PURGE.OBJ_plans", "producer"},
		{"purge workbooks", "$JS.API.STREAM.PURGE.OBJ_workbooks", "renderer uploader"},
		{"delete server data of an account", "$JS.API.ACCOUNT.PURGE.JETSHEET", ""},
		{"make a stream's leader step down", "$JS.API.STREAM.LEADER.STEPDOWN.CONVERSIONS", ""},
		{"ask the server's own account", "$SYS.REQ.SERVER.PING", ""},
	}
}

// keepers are the streams that hold what jetsheet must not lose. Nobody may take
// anything out of them but by the ways above.
func keepers() []string {
	return []string{
		"TRIGGERS", "CONVERSIONS", "RENDERED", "DONE", "FAILED",
		"KV_runs", "KV_flags", "KV_reports", "KV_progress", "OBJ_workbooks", "OBJ_plans", "OBJ_templates",
	}
}

// lossRights are the ways to lose a stream or a part of it.
func lossRights() []right {
	var list []right
	for _, stream := range keepers() {
		for _, request := range []string{"STREAM.DELETE", "STREAM.MSG.DELETE", "STREAM.RESTORE", "STREAM.SNAPSHOT"} {
			who := ""
			switch request + " " + stream {
			case "STREAM.MSG.DELETE CONVERSIONS":
				who = "producer ops" // requests that the server has given up, and those of a cancelled replay
			case "STREAM.MSG.DELETE RENDERED":
				who = "uploader" // events of a cancelled run, which it stores again
			}
			list = append(list, right{request, "$JS.API." + request + "." + stream, who})
		}
		if stream != "TRIGGERS" && stream != "OBJ_plans" && stream != "OBJ_workbooks" {
			list = append(list, right{"purge", "$JS.API.STREAM.PURGE." + stream, ""})
		}
	}
	return list
}

func TestOnlyWhoNeedsARightHasIt(t *testing.T) {
	t.Parallel()
	running := startServer(t)
	for _, user := range users() {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			l := connect(t, running, user)
			for _, r := range slices.Concat(rights(), lossRights()) {
				want := slices.Contains(strings.Fields(r.who), user)
				if got := l.mayPublish(r.subject); got != want {
					t.Errorf("user %s may %s (publish to %q): got %t, want %t", user, r.what, r.subject, got, want)
				}
			}
		})
	}
}

// mayPublish publishes, and then something that is refused for certain: what NATS said
// of the first has then arrived.
func (l *link) mayPublish(subject string) bool {
	l.t.Helper()
	fence := "fence." + strings.ReplaceAll(subject, "$", "")
	for _, s := range []string{subject, fence} {
		if err := l.conn.Publish(s, nil); err != nil {
			l.t.Fatalf("user %s: publish to %q: %v", l.user, s, err)
		}
	}
	l.awaitRefusal("publish", fence)
	return !l.refused("publish", subject)
}

func TestNobodyReadsOverAnothersShoulder(t *testing.T) {
	t.Parallel()
	running := startServer(t)
	shoulders := []string{
		">", "*", "conversions.>", "conversions.request.>", "conversions.done.>",
		"$KV.>", "$O.>", "$O.workbooks.>", "$JS.>", "$JS.API.>", "$JS.ACK.>", "$JS.EVENT.>", "$SYS.>", "*.>", "_INBOX*.>",
	}
	for _, user := range users() {
		t.Run(user, func(t *testing.T) {
			t.Parallel()
			l := connect(t, running, user)
			subjects := slices.Clone(shoulders)
			for _, other := range users() {
				if inboxOf(other) != inboxOf(user) {
					subjects = append(subjects, inboxOf(other)+".>", inboxOf(other)+".abc.def")
				}
			}
			if user != "producer" && user != "ops" { // they are woken by failures
				subjects = append(subjects, "conversions.failed.>")
			}
			if user != "ops" {
				subjects = append(subjects, "conversions.ops.start", "conversions.ops.>", "$SRV.>", "$SRV.INFO")
			}
			for _, subject := range subjects {
				if _, err := l.conn.SubscribeSync(subject); err != nil {
					t.Fatalf("user %s: subscribe to %q: %v", user, subject, err)
				}
				l.awaitRefusal("subscription", subject)
			}
		})
	}
}
