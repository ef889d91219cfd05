package notify

import (
	"encoding/json"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/ops"
)

// runbookPage is where a runbook page lies in the repository.
func runbookPage(name string) string { return "deploy/runbook/" + name + ".md" }

// mendFailures says what mends failures of one cause: what to put right first, the
// command, and the same with the nats CLI. A request that says the wrong thing fails
// again however often it is replayed, so there the run is started again. The scope names the
// conversion where it is the only one and was no request; elsewhere its id may be what is wrong.
func mendFailures(run jetsheet.RunID, cause jetsheet.Cause, scope jetsheet.Scope) (correct, command, raw string) {
	replay := ops.ReplayCommand(run, cause)
	raw = request(ops.EndpointReplay, ops.FailureFilter{Run: run.String(), Cause: known(cause)})
	again := jetsheet.StartAgain(run, jetsheet.Scope{})
	switch cause {
	case jetsheet.CauseTenantID, jetsheet.CauseTargetID, jetsheet.CauseTargetInvalid, jetsheet.CauseDuplicateTarget,
		jetsheet.CauseDuplicateKey, jetsheet.CauseRequestTooLarge:
		return "correct the targets query or its data; apply a changed report with: jetsheet reports apply DIR", again, rawAgain(run, jetsheet.Scope{})
	case jetsheet.CauseTemplateUnknown:
		return "store the template with: jetsheet templates put NAME FILE.xlsx, or correct its name in the report and apply that with: jetsheet reports apply DIR", again, rawAgain(run, jetsheet.Scope{})
	case jetsheet.CauseDefinition, jetsheet.CauseStatement, jetsheet.CauseStatementTime, jetsheet.CauseTooManyRows,
		jetsheet.CauseNoRecords, jetsheet.CauseWorkbook:
		return "correct the data; where the report is wrong, correct that, apply it with: jetsheet reports apply DIR, and use instead: " + ops.WithCurrent(replay), replay, raw
	case jetsheet.CauseMessageVersion:
		return "run one version of jetsheet everywhere", replay, raw
	case jetsheet.CauseBadMessage:
		return "somebody published what is no request. Where a workbook is missing by it, this makes it; where none is, use instead: " +
			ops.DismissBadMessage(run, scope), jetsheet.StartAgain(run, scope), rawAgain(run, scope)
	case jetsheet.CauseKeyOccupied:
		return "move the other object away from the key", replay, raw
	case jetsheet.CauseUploadRefused:
		return "look at what S3 says and at the bucket's policy", replay, raw
	case jetsheet.CauseHeld:
		return "their tenants are routed hold: neither system has made these workbooks. To make them here, and only if the previous system does not", replay, raw
	case jetsheet.CauseCancelled:
		return "they were cancelled; this takes that back", replay, raw
	default:
		return "", replay, raw
	}
}

// mendStray says what is to be done about stray messages of one cause.
func mendStray(cause jetsheet.Cause) (correct, command, raw string) {
	return "somebody published what belongs to no run; no workbook is missing by that. Look who it was: jetsheet failures list --stray",
		ops.DismissStray(cause), request(ops.EndpointDismiss, ops.FailureFilter{Stray: true, Cause: known(cause)})
}

// known is a cause that a filter may name. Whoever may publish a failure may write any, and
// commands are there to be copied.
func known(cause jetsheet.Cause) jetsheet.Cause {
	if ops.CheckCause(cause) != nil {
		return ""
	}
	return cause
}

// rawAgain is [jetsheet.StartAgain] with the nats CLI.
func rawAgain(run jetsheet.RunID, scope jetsheet.Scope) string {
	return request(ops.EndpointStart, ops.StartRequest{
		Report: run.Report, Tick: run.Tick.UTC().Format(time.RFC3339), Tenant: scope.Tenant, Target: scope.Target, Again: true,
	})
}

// request asks the ops service with the nats CLI.
func request(endpoint string, of any) string {
	body, err := json.Marshal(of)
	if err != nil {
		return ""
	}
	return "nats req " + jetsheet.SubjectOps + "." + endpoint + " " + jetsheet.ShellQuote(string(body))
}
