package intake_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jetsheet/jetsheet/renderer/xlsx/intake"
	"github.com/jetsheet/jetsheet/renderer/xlsx/intake/intaketest"
)

func TestFormIsAccepted(t *testing.T) {
	t.Parallel()
	report, err := intake.Check(intaketest.Form(), intake.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Sheets) != 1 || report.Sheets[0] != (intake.Sheet{Name: "点検表", Rows: 3, Columns: 3, Cells: 5, Merges: 1}) {
		t.Errorf("sheets %+v", report.Sheets)
	}
	if report.Parts != 8 || report.DefinedNames != 1 || report.Formats != 1 || report.SharedStrings != 2 || report.Pictures != 1 || report.UnpackedBytes <= 0 {
		t.Errorf("report %+v", report)
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, file := range intaketest.Hostile() {
		t.Run(file.Name, func(t *testing.T) {
			t.Parallel()
			report, err := intake.Check(file.Make(), intake.Limits{})
			var refused *intake.RefusedError
			if !errors.As(err, &refused) || report != nil {
				t.Fatalf("got %+v, %v, want a refusal for %s", report, err, file.Cause)
			}
			if !refused.Has(file.Cause) || !strings.Contains(err.Error(), file.Text) {
				t.Errorf("refused with:\n%v\nwant the cause %s and %q", err, file.Cause, file.Text)
			}
			for _, r := range refused.Refusals {
				if r.What == "" || r.Advice == "" || strings.Contains(r.String(), "\n") {
					t.Errorf("refusal without advice, or of several lines: %q", r)
				}
			}
		})
	}
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	file := intaketest.WithMacrosAndLinks(8)
	refusals := wantCause(t, file, intake.CauseMacros, intake.CauseExternalLink)
	links, more := 0, 0
	for _, r := range refusals {
		if r.Cause == intake.CauseExternalLink {
			links, more = links+1, more+r.More
		}
	}
	if last := refusals[len(refusals)-1].String(); links != 5 || more != 3 || !strings.Contains(last, "(and 3 more)") {
		t.Errorf("%d links are listed and %d counted, want 5 and 3:\n%v", links, more, refusals)
	}
}

// wantCause wants the file to be refused for these causes, among others.
func wantCause(t *testing.T, file []byte, causes ...intake.Cause) []intake.Refusal {
	t.Helper()
	_, err := intake.Check(file, intake.Limits{})
	var refused *intake.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want a refusal for %s", err, causes)
	}
	for _, cause := range causes {
		if !refused.Has(cause) {
			t.Errorf("refused with:\n%v\nwant the cause %s", refused, cause)
		}
	}
	return refused.Refusals
}

// Each limit that is set holds, and the file passes at the limit itself.
func TestLimitsAreTheCallers(t *testing.T) {
	t.Parallel()
	file := intaketest.Form()
	size := int64(len(file))
	for name, test := range map[string]struct {
		enough, less intake.Limits
		cause        intake.Cause
	}{
		"file":    {intake.Limits{FileBytes: size}, intake.Limits{FileBytes: size - 1}, intake.CauseTooLarge},
		"parts":   {intake.Limits{Parts: 8}, intake.Limits{Parts: 7}, intake.CauseTooMany},
		"rows":    {intake.Limits{Rows: 3}, intake.Limits{Rows: 2}, intake.CauseGrid},
		"columns": {intake.Limits{Columns: 3}, intake.Limits{Columns: 2}, intake.CauseGrid},
		"cells":   {intake.Limits{Cells: 5}, intake.Limits{Cells: 4}, intake.CauseCells},
		"depth":   {intake.Limits{Depth: 6}, intake.Limits{Depth: 5}, intake.CauseDepth},
		"texts":   {intake.Limits{SharedStrings: 2}, intake.Limits{SharedStrings: 1}, intake.CauseSharedStrings},
		"pixels":  {intake.Limits{PicturePixels: 4}, intake.Limits{PicturePixels: 3}, intake.CausePicture},
		"tag":     {intake.Limits{TagBytes: 400}, intake.Limits{TagBytes: 100}, intake.CauseLongTag},
		"total":   {intake.Limits{TotalBytes: 8000}, intake.Limits{TotalBytes: 2000}, intake.CauseTooLarge},
		"XML":     {intake.Limits{MarkupBytes: 8000}, intake.Limits{MarkupBytes: 2000}, intake.CauseTooLarge},
	} {
		if _, err := intake.Check(file, test.enough); err != nil {
			t.Errorf("%s: refused at the limit: %v", name, err)
		}
		_, err := intake.Check(file, test.less)
		var refused *intake.RefusedError
		if !errors.As(err, &refused) || !refused.Has(test.cause) {
			t.Errorf("%s: got %v beyond the limit, want %s", name, err, test.cause)
		}
	}
}
