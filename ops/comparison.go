package ops

import (
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
)

// waitText is [jetsheet.ComparisonWait] for people.
func waitText() string { return fmt.Sprintf("%d h", int(jetsheet.ComparisonWait/time.Hour)) }

// comparisonAdvice says what came of a comparison, and what shows more.
func comparisonAdvice(w *Workbook) (why, next string) {
	const made = "the tenant is routed shadow in this run, so it was compared with the previous system's workbook and not published: "
	c := w.Comparison
	if c == nil {
		return strings.TrimSuffix(made, ": "), ""
	}
	switch again := StartAgain(w.Run, jetsheet.Scope{Tenant: w.Tenant, Target: w.Target}); c.Result {
	case jetsheet.ResultEqual:
		return made + fmt.Sprintf("equal in %d cells", c.Cells), ""
	case jetsheet.ResultWaived:
		return made + fmt.Sprintf("equal but for %d differences that the report waives", c.WaivedCount), ""
	case jetsheet.ResultIncomparable:
		return made + "incomparable (" + string(c.Reason) + "): " + c.Detail, "to compare them anew: " + again
	default:
		first := ""
		if len(c.Differences) > 0 {
			first = ", the first: " + DifferenceText(&c.Differences[0])
		}
		name := conversionText(w.Conversion().Address())
		return made + fmt.Sprintf("%d differ%s", c.Count, first), fmt.Sprintf("the first %d: jetsheet workbooks show %s; the previous one: jetsheet workbooks get --previous %s -o previous.xlsx; "+
			"ours of today: %s; all differences: jetsheet compare ours.xlsx previous.xlsx; when mended, or declared in output.waive: %s",
			len(c.Differences), name, name, previewCommand(w), again)
	}
}

// previewCommand makes a workbook again on the spot, from the records of today.
func previewCommand(w *Workbook) string {
	return fmt.Sprintf("jetsheet reports preview %s.yaml --tick %s --tenant=%s --target=%s -o ours.xlsx",
		w.Run.Report, w.Run.Tick.UTC().Format(time.RFC3339), shellQuote(w.Tenant), shellQuote(w.Target))
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
