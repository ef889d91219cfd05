package faults

import "strings"

// Hops of a conversion's way, in its order. A hop is where a crash, a lost answer, a late
// or a doubled message has a meaning of its own.
const (
	HopStart     = "start"         // a role looks up what it works on
	HopTrigger   = "trigger"       // a schedule fires, the tick's run is found or made
	HopFreeze    = "freeze"        // the run's record is stored, here and on S3
	HopScan      = "target scan"   // targets are read, the plan is stored
	HopPublish   = "publish"       // requests are queued
	HopDeliver   = "deliver"       // a message comes to a worker, which holds its lease
	HopKnown     = "already done"  // the worker looks for an outcome
	HopRead      = "database read" // a workbook's statements
	HopRender    = "render"        // a workbook in the making: rows, template, pictures
	HopStore     = "object store"  // a workbook is stored between renderer and uploader
	HopEvent     = "event"         // the uploader is told
	HopSettle    = "settle"        // a message is acknowledged
	HopUpload    = "S3"            // a workbook is published
	HopCompare   = "compare"       // the previous system's workbook is read
	HopOutcome   = "outcome"       // the done record
	HopCleanUp   = "clean-up"      // the stored workbook is deleted
	HopFailed    = "failed"        // the failed record, and the end of its message
	HopNotify    = "notify"        // people are told of what failed, and that it is mended
	HopReconcile = "reconcile"     // what is missing is found, the run's state moves on
	HopAsk       = "ask"           // people start and replay
)

// Hops returns all of them in their order.
func Hops() []string {
	return []string{
		HopStart, HopTrigger, HopFreeze, HopScan, HopPublish, HopDeliver, HopKnown, HopRead, HopRender, HopStore, HopEvent,
		HopSettle, HopUpload, HopCompare, HopOutcome, HopCleanUp, HopFailed, HopNotify, HopReconcile, HopAsk,
	}
}

// Hop returns the hop that a point belongs to.
func (p Point) Hop() string {
	if word, ok := strings.CutPrefix(p.Effect, "settle "); ok {
		switch {
		case strings.HasSuffix(word, "+WPI"):
			return HopDeliver
		case strings.HasSuffix(word, "+TERM"):
			return HopFailed
		}
		return HopSettle
	}
	for _, rule := range hopRules {
		if (rule.role == "" || rule.role == p.Role) && strings.HasPrefix(string(p.Wire)+" "+p.Effect, rule.effect) {
			return rule.hop
		}
	}
	return HopStart
}

// hopRules are looked at in their order; the first that fits decides.
var hopRules = []struct{ role, effect, hop string }{
	{"", "nats connect", HopStart},
	{"", "postgres connect", HopStart},
	{"", "postgres -- ping", HopStart},
	{"", "s3 head bucket", HopStart},

	{"", "nats answer", HopAsk}, // a worker says how it is, or the service answers

	{"ops", "nats kv create runs definition", HopAsk},
	{"ops", "nats kv create runs", HopFreeze},
	{"ops", "s3", HopFreeze},
	{"ops", "nats get message KV_flags", HopFreeze},
	{"ops", "nats stream info KV", HopStart},
	{"ops", "webhook", HopNotify},
	{"ops", "slack", HopNotify},
	{"ops", "github", HopNotify},
	{"ops", "nats kv create notices", HopNotify},
	{"ops", "nats kv update notices", HopNotify},
	{"ops", "nats get message KV_notices", HopNotify},
	{"ops", "nats consumer create KV_notices", HopNotify},
	{"ops", "nats consumer delete KV_notices", HopNotify},
	{"ops", "nats deliver KV_notices", HopNotify},
	{"ops", "nats", HopAsk},

	{"producer", "nats publish conversions.schedule", HopTrigger},
	{"producer", "nats pull TRIGGERS", HopTrigger},
	{"producer", "nats deliver TRIGGERS", HopTrigger},
	{"producer", "nats deliver KV", HopTrigger},
	{"producer", "nats get message TRIGGERS", HopTrigger},
	{"producer", "nats stream info TRIGGERS", HopTrigger},
	{"producer", "postgres select now()", HopTrigger},
	{"producer", "postgres prepare select now()", HopTrigger},
	{"producer", "nats kv create runs", HopFreeze},
	{"producer", "nats get message KV_flags", HopFreeze},
	{"producer", "s3", HopFreeze},
	{"producer", "postgres", HopScan},
	{"producer", "nats object plans", HopScan},
	{"producer", "nats get message OBJ_templates", HopScan},
	{"producer", "nats publish conversions.request", HopPublish},
	{"producer", "nats kv create progress", HopPublish},
	{"producer", "nats kv update progress", HopPublish},
	{"producer", "nats kv get progress", HopPublish},
	{"producer", "nats consumer info CONVERSIONS", HopPublish},
	{"producer", "nats get message OBJ_plans", HopPublish},
	{"producer", "nats publish conversions.failed", HopFailed},
	{"producer", "nats kv update runs", HopReconcile},
	{"producer", "nats get message", HopReconcile},
	{"producer", "nats deliver", HopReconcile},
	{"producer", "nats pull", HopReconcile},
	{"producer", "nats consumer create", HopReconcile},
	{"producer", "nats consumer delete", HopReconcile},
	{"producer", "nats stream info", HopReconcile},

	{"", "nats publish conversions.failed", HopFailed},
	{"", "nats publish conversions.done", HopOutcome},
	{"", "nats publish conversions.rendered", HopEvent},
	{"", "nats publish conversions.request", HopPublish},
	{"", "nats get message OBJ_templates", HopRender},
	{"", "nats consumer create OBJ_templates", HopRender},
	{"", "nats consumer delete OBJ_templates", HopRender},
	{"", "nats pull OBJ_templates", HopRender},
	{"", "nats deliver OBJ_templates", HopRender},
	{"", "nats get message KV_runs definition", HopRender},
	{"renderer", "s3", HopRender}, // pictures
	{"uploader", "s3 get object", HopCompare},
	{"", "nats get message DONE", HopKnown},
	{"", "nats get message KV_runs", HopKnown},
	{"", "nats pull", HopDeliver},
	{"", "nats deliver", HopDeliver},
	{"", "nats kv", HopDeliver},
	{"", "nats stream purge", HopCleanUp},
	{"", "nats object workbooks", HopStore},
	{"", "nats get message OBJ_workbooks", HopStore},
	{"", "postgres rows of", HopRender},
	{"", "postgres", HopRead},
	{"", "s3", HopUpload},
}
