package ops

import (
	"context"
	"fmt"

	"github.com/jetsheet/jetsheet"
)

// maxNewer is how many later runs are asked whether they published over a workbook.
const maxNewer = 100

// findNewer notes on a published workbook which later run of its report has published
// under its key: that one's workbook is what lies there.
func (r *Reader) findNewer(ctx context.Context, w *Workbook) error {
	if w.State != StatePublished {
		return nil
	}
	known, err := r.knownRuns(ctx)
	if err != nil {
		return err
	}
	asked := 0
	for _, id := range known { // newest first
		if id.Report != w.Run.Report || id.Compare(w.Run) <= 0 {
			continue
		}
		if asked++; asked > maxNewer {
			return nil
		}
		newer := jetsheet.Conversion{Run: id, Tenant: w.Tenant, Target: w.Target}
		m, err := lastMessage(ctx, r.done, jetsheet.DoneSubject(newer))
		if err != nil {
			return err
		}
		if m == nil {
			continue
		}
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data, &done); err != nil {
			return fmt.Errorf("read %s: %w", m.Subject, err)
		}
		if done.State == jetsheet.DonePublished && done.Key == w.Key {
			w.By = id.String()
			w.Why = "a later run has published over it: what lies under the key is the workbook of " + w.By
			w.Next = "jetsheet workbooks show " + newer.String()
			return nil
		}
	}
	return nil
}
