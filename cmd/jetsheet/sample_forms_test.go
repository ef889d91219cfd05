package main

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/deploy/sample/forms"
	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/renderer/xlsx/cells"
)

// TestFormsOfTheSample fills the forms of the sample's customers by the roles, from the
// database to S3.
func TestFormsOfTheSample(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tick time.Time
		// pictures says that each form has some.
		pictures bool
		title    string
	}{
		"facility-inspection": {lastTick(time.Now()), true, "施設点検報告書"},
		"refrigerator-weekly": {lastMonday(t, time.Now()), false, "冷蔵庫・冷凍庫 温度記録表（週間）"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := formsRig(t, name, sample.Options{Tenants: 5, Month: test.tick.Add(-24 * time.Hour), Seed: 3})
			text, err := fs.ReadFile(forms.Reports(), name+".yaml")
			if err != nil {
				t.Fatal(err)
			}
			id := r.make(test.tick, string(text))[0]
			found := r.verify(r.record(id), "", true)
			if !found.Sound() || found.Published < 2 || found.Failed != 0 {
				t.Errorf("%d problems, %d published, %d failed\n%s", found.ProblemCount, found.Published, found.Failed, problemsText(found))
			}
			if len(found.Notices) != 0 || found.Cells < 30*found.Published {
				t.Errorf("%d cells of %d forms were compared, notices %q", found.Cells, found.Published, found.Notices)
			}
			for _, key := range r.keys() {
				checkForm(t, r.get(key).body, test.title, test.pictures)
			}
		})
	}
}

// lastMonday is the last Monday's tick of a schedule in Tokyo at 05:00.
func lastMonday(t *testing.T, now time.Time) time.Time {
	t.Helper()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	now = now.In(tokyo)
	tick := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7, 5, 0, 0, 0, tokyo)
	if tick.After(now) {
		tick = tick.AddDate(0, 0, -7)
	}
	return tick
}

// formsRig has the sample's records and one of its templates.
func formsRig(t *testing.T, name string, options sample.Options) *verifyRig {
	t.Helper()
	database := localtest.Database(t)
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sample.Load(t.Context(), conn, options); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := newVerifyRig(t, database)
	drawn, err := forms.Templates()
	if err != nil {
		t.Fatal(err)
	}
	store, err := templates.Open(t.Context(), r.parts.js)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Put(t.Context(), templates.Draft{Name: name, File: name + ".xlsx", Reason: "the customer's form", By: "test"}, drawn[name]); err != nil {
		t.Fatal(err)
	}
	return r
}

// checkForm looks for the form's title, markers that are left, and pictures.
func checkForm(t *testing.T, workbook []byte, title string, pictures bool) {
	t.Helper()
	book, err := cells.Open(bytes.NewReader(workbook), int64(len(workbook)), cells.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	sheet := book.Sheets()[0]
	filled := 0
	err = sheet.Rows(func(row int, line []cells.Cell) error {
		for _, c := range line {
			if row == 1 && c.Col == 1 && c.Text != title {
				t.Errorf("the form's title is %q, want %q", c.Text, title)
			}
			if strings.Contains(c.Text, "{{") {
				t.Errorf("cell %s still has a marker: %q", c.Ref(), c.Text)
			}
			if c.Kind != cells.Empty {
				filled++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	over, err := sheet.Pictures()
	if err != nil || pictures != (len(over) > 0) || filled < 30 {
		t.Errorf("%d cells and %d pictures, %v", filled, len(over), err)
	}
}
