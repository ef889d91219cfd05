package ops

import (
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// waitText is [jetsheet.ComparisonWait] for people.
func waitText() string { return fmt.Sprintf("%d h", int(jetsheet.ComparisonWait/time.Hour)) }

// comparisonAdvice says what came of a comparison, and what shows more. The verdict comes
// first: lists show the beginning.
func comparisonAdvice(w *Workbook) (why, next string) {
	const unpublished = "the tenant is routed shadow in this run, so nothing is published"
	c := w.Comparison
	if c == nil {
		return "compared with the previous system's workbook; " + unpublished, ""
	}
	var verdict string
	switch again := jetsheet.StartAgain(w.Run, jetsheet.Scope{Tenant: w.Tenant, Target: w.Target}); c.Result {
	case jetsheet.ResultEqual:
		verdict = fmt.Sprintf("equal to the previous system's workbook in %d cells", c.Cells)
	case jetsheet.ResultWaived:
		verdict = fmt.Sprintf("equal to the previous system's workbook but for %d differences that the report waives", c.WaivedCount)
	case jetsheet.ResultIncomparable:
		verdict, next = "incomparable ("+string(c.Reason)+"): "+c.Detail, "to compare them anew: "+again
	default:
		verdict = fmt.Sprintf("%d differ from the previous system's workbook", c.Count)
		if len(c.Differences) > 0 {
			verdict = fmt.Sprintf("%d differ, the first: %s", c.Count, DifferenceText(&c.Differences[0]))
		}
		name := conversionText(w.Conversion().Address())
		next = fmt.Sprintf("the first %d: jetsheet workbooks show %s; the previous one: jetsheet workbooks get --previous %s -o previous.xlsx; "+
			"ours of today: %s; all differences: jetsheet compare ours.xlsx previous.xlsx; when mended, or declared in output.waive: %s",
			len(c.Differences), name, name, previewCommand(w), again)
	}
	return verdict + "; " + unpublished, next
}

// previewCommand makes a workbook again on the spot, from the records of today.
func previewCommand(w *Workbook) string {
	return fmt.Sprintf("jetsheet reports preview %s.yaml --tick %s --tenant=%s --target=%s -o ours.xlsx",
		w.Run.Report, w.Run.Tick.UTC().Format(time.RFC3339), jetsheet.ShellQuote(w.Tenant), jetsheet.ShellQuote(w.Target))
}

// DifferenceText says in one line what differs, for people.
func DifferenceText(d *jetsheet.Difference) string {
	place := d.Sheet
	if d.Cell != "" {
		place += "!" + d.Cell
	}
	if d.Column != "" {
		place += " (" + d.Column + ")"
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s %q here, %q there", place, d.What, d.Ours, d.Previous))
}
