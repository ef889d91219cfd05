package main

import (
	"os"
	"path/filepath"
	"testing"
)

// demoFormTitles are what stands at the top of the forms, by report.
var demoFormTitles = map[string]string{
	"facility-inspection": "施設点検報告書",
	"refrigerator-weekly": "冷蔵庫・冷凍庫 温度記録表（週間）",
}

// checkDemoForms looks at every form that was filled: all that the runs count are there.
func checkDemoForms(t *testing.T, workbooks string, result demoResult) {
	t.Helper()
	seen := 0
	for _, run := range result.Runs {
		title := demoFormTitles[run.Report]
		if title == "" {
			continue
		}
		seen++
		files, err := filepath.Glob(filepath.Join(workbooks, "*", run.Period, run.Report, "*.xlsx"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != run.Published || run.Published < 6 || run.Planned != run.Published+run.Skipped || run.Failed != 0 {
			t.Errorf("run %+v: %d files, want as many as are published, 6 or more", run, len(files))
		}
		for _, file := range files {
			form, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkForm(t, form, title, run.Report == "facility-inspection")
		}
		if _, err := os.Stat(run.Form); err != nil {
			t.Errorf("the form to look at: %v", err)
		}
	}
	if seen != len(demoFormTitles) {
		t.Errorf("%d runs fill forms, want %d", seen, len(demoFormTitles))
	}
}
