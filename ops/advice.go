package ops

import (
	"fmt"
	"time"

	"github.com/jetsheet/jetsheet"
)

// What people are told. Every sentence that says what to do names a command that
// exists or the thing outside that has to be changed.

// runAdvice says what a person should know of a run, and which command helps.
func runAdvice(i *RunInfo) (notice, next string) {
	switch {
	case i.StandsStill():
		return "it cannot be planned: " + i.Problem.Message,
			"it is tried again by itself every 10 s; if the definition is wrong: correct it, apply it with: jetsheet reports apply DIR, then: " + jetsheet.StartAgain(i.Run, i.Scope)
	case i.Cancelled != nil && i.Targets == 0:
		return "it was cancelled before its targets were read, and makes nothing", jetsheet.StartAgain(i.Run, i.Scope)
	case i.State != jetsheet.RunClosed && i.Problem != nil:
		return "it waits and goes on by itself: " + i.Problem.Message, ""
	case !i.Planned():
		return "its targets are being read", "if this stays so, is \"jetsheet producer\" running?"
	case i.AllPrevious():
		return "every tenant is routed legacy: the previous system makes all of its workbooks", "" // see takeOver
	case i.Targets == 0 && i.Scope != (jetsheet.Scope{}):
		return "no target of the report lies in its scope", "look at the ids with: jetsheet workbooks list --report " + i.Report
	case i.Targets == 0:
		return "the targets query returned no row", "try the query with: jetsheet reports preview FILE --tick " + i.Tick.UTC().Format(time.RFC3339)
	case i.Unrecorded > 0:
		return unrecordedAdvice(i)
	case i.Counts.Failed > i.Dismissed:
		return fmt.Sprintf("%d failed", i.Counts.Failed-i.Dismissed), fmt.Sprintf("jetsheet runs show %s", i.Run)
	}
	return "", ""
}

// mend says what mends failures of one cause. The scope is what is to be made again: one
// conversion where it names one.
func mend(cause jetsheet.Cause, run jetsheet.RunID, scope jetsheet.Scope) string {
	return mendWith(cause, run, scope, false)
}

// mendWith is mend where the last try was with another definition than the run's.
func mendWith(cause jetsheet.Cause, run jetsheet.RunID, scope jetsheet.Scope, current bool) string {
	again := jetsheet.StartAgain(run, scope)
	replay := ReplayCommand(run, cause)
	if scope.Tenant != "" && scope.Target != "" {
		replay = ReplayOne(jetsheet.Conversion{Run: run, Tenant: scope.Tenant, Target: scope.Target}.Address())
	}
	withCurrent := WithCurrent(replay)
	if current {
		replay = withCurrent
	}
	switch cause {
	case jetsheet.CauseTenantID, jetsheet.CauseTargetID, jetsheet.CauseTargetInvalid, jetsheet.CauseDuplicateTarget,
		jetsheet.CauseDuplicateKey, jetsheet.CauseRequestTooLarge:
		return "correct the targets query or its data, apply the report with: jetsheet reports apply DIR, then: " + jetsheet.StartAgain(run, jetsheet.Scope{})
	case jetsheet.CauseTemplateUnknown:
		return "store the template with: jetsheet templates put NAME FILE.xlsx, or correct its name in the report and apply that with: jetsheet reports apply DIR; then: " + again
	case jetsheet.CauseDefinition, jetsheet.CauseStatement, jetsheet.CauseStatementTime, jetsheet.CauseTooManyRows,
		jetsheet.CauseNoRecords, jetsheet.CauseWorkbook:
		return "if the data is wrong, correct it, then: " + replay +
			"; if the report is, apply it with: jetsheet reports apply DIR, then: " + withCurrent +
			"; where its targets, output or template change, then: " + again
	case jetsheet.CauseHeld:
		return "the route is frozen for this run: to make it here, and only if the previous system does not: " + replay +
			"; to change it from the next run on: " + editFlags
	case jetsheet.CauseMessageVersion:
		return "run one version of jetsheet everywhere, then: " + replay
	case jetsheet.CauseBadMessage:
		return "somebody published what is no request; where no workbook is missing: " + DismissBadMessage(run, scope) + "; to make it: " + again
	case jetsheet.CauseKeyOccupied:
		return "move the other object away, then: " + replay
	case jetsheet.CauseUploadRefused:
		return "see the message for what S3 refuses; then: " + replay
	default:
		return replay
	}
}

// workbookAdvice fills in why a workbook is not published and what mends it.
func workbookAdvice(w *Workbook, run *jetsheet.Run, l *lines) {
	scope := jetsheet.Scope{Tenant: w.Tenant, Target: w.Target}
	switch w.State {
	case StatePrevious:
		w.Why = "the tenant is routed legacy in this run: the previous system makes it"
	case StatePlanned:
		w.Why, w.Next = whyPlanned(w, run)
	case StateQueued:
		w.Why, w.Next = whyQueued(l.lanes[w.Lane], w.Lane)
	case StateRendered:
		w.Why, w.Next = whyRendered(w, l)
	case StateRendering:
		w.Why = "a renderer is at work on it"
	case StateUploading:
		// Uploaders record no start unless a message comes twice, so what one waits for
		// is known to its log alone.
		if w.Route == jetsheet.RouteShadow {
			w.Why = "an uploader compares it with the previous system's workbook"
			return
		}
		w.Why, w.Next = "an uploader is at work on it", "if this stays so, look at the uploader's log: it may wait for S3"
	case StateRetrying:
		w.Why = whyRetrying(w)
	case StateFailed:
		w.Why, w.Next = w.Message, mend(w.Cause, w.Run, scope)
	case StateSkipped:
		w.Why = "there are no records in its period, and the report says empty: skip"
	case StateCompared:
		w.Why, w.Next = comparisonAdvice(w)
	case StateSuperseded:
		w.Why = "a newer run holds its key"
		if w.By != "" {
			w.Next = "jetsheet workbooks list --run " + w.By
		}
	}
}

func whyRetrying(w *Workbook) string {
	again := w.RetryAt.UTC().Format(time.RFC3339)
	if w.Attempts == 0 {
		return fmt.Sprintf("it waited and is tried again at %s, no attempt counts: %s", again, w.Message)
	}
	return fmt.Sprintf("attempt %d failed and is tried again at %s: %s", w.Attempts, again, w.Message)
}

func whyPlanned(w *Workbook, run *jetsheet.Run) (why, next string) {
	if run.State == jetsheet.RunPublishing {
		return fmt.Sprintf("its request is queued when there is room: %d wait in a lane at most", jetsheet.LaneWindow),
			"if this stays so, is \"jetsheet producer\" running?"
	}
	if run.State == jetsheet.RunClosed {
		return "its run is closed, and NATS no longer has its outcome: too old, or lost with a stream",
			"what is on S3 stays; to make it again: " + jetsheet.StartAgain(w.Run, jetsheet.Scope{Tenant: w.Tenant, Target: w.Target})
	}
	if w.Lane == "" {
		return "its failure is about to be recorded", ""
	}
	return "its request is on its way or is about to be queued again", "if this stays so, is \"jetsheet producer\" running?"
}

func whyQueued(l *line, lane jetsheet.Lane) (why, next string) {
	if l != nil && !l.attended {
		return "no renderer asks for work", "jetsheet renderer"
	}
	why = fmt.Sprintf("it waits for a renderer in lane %s", lane)
	if l != nil && l.waiting > 0 {
		why += fmt.Sprintf(", where %d wait", l.waiting)
	}
	return why, ""
}

func whyRendered(w *Workbook, l *lines) (why, next string) {
	line := l.publish
	if w.Route == jetsheet.RouteShadow {
		line = l.compare
	}
	switch {
	case !line.attended:
		return "it is rendered, and no uploader asks for work", "jetsheet uploader"
	case w.Route == jetsheet.RouteShadow && w.Previous != "":
		return fmt.Sprintf("it is rendered and waits to be compared with the previous system's workbook, %s, which is waited for %s at most",
			w.Previous, waitText()), "does the previous system make it, under this key?"
	case w.Route == jetsheet.RouteShadow:
		return "it is rendered and waits for an uploader to say that the report names no workbook to compare it with", ""
	}
	return fmt.Sprintf("it is rendered and waits for an uploader, as do %d in all", line.waiting), ""
}
