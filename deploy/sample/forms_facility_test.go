package sample_test

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

func checkFacilityForm(t *testing.T, f *excelize.File, tables map[string][]values) {
	t.Helper()
	checkPictures(t, f, tables)
	if got, want := checkPages(t, f), 1+len(tables["photos"]); got != want {
		t.Errorf("the report fills %d pages, want one and one for each three photos, %d", got, want)
	}
	rows, err := f.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, row := range rows {
		text.WriteString(strings.Join(row, "\t") + "\n")
	}
	for _, item := range tables["items"] {
		if want := item["item"]; !strings.Contains(text.String(), want) {
			t.Errorf("item %q is not in the form:\n%s", want, text.String())
		}
	}
	for _, page := range tables["photos"] {
		for n := range 3 {
			if want := page["finding"+strconv.Itoa(n+1)]; !strings.Contains(text.String(), want) {
				t.Errorf("finding %q is not in the form:\n%s", want, text.String())
			}
		}
	}
	if strings.Contains(text.String(), "{{") {
		t.Errorf("markers are left:\n%s", text.String())
	}
}

// checkPictures holds that each photo and each signature lies on the form, in the
// records' order from top to bottom.
func checkPictures(t *testing.T, f *excelize.File, tables map[string][]values) {
	t.Helper()
	signatures := tables["signatures"][0]
	want := []string{signatures["inspector"], signatures["witness"]}
	for _, page := range tables["photos"] {
		want = append(want, page["photo1"], page["photo2"], page["photo3"])
	}
	want = slices.DeleteFunc(want, func(picture string) bool { return picture == "" })
	places, err := f.GetPictureCells("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(places, byRow(t))
	if len(places) != len(want) {
		t.Fatalf("pictures over %v, want %d", places, len(want))
	}
	for i, place := range places {
		file, err := picture.Decode(want[i], picture.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := f.GetPictures("Sheet1", place); err != nil || len(found) != 1 || !bytes.Equal(found[0].File, file) {
			t.Errorf("%d pictures over %s, %v, want the one of record %d", len(found), place, err, i+1)
		}
	}
}

// byRow compares cells by their rows, then by their columns.
func byRow(t *testing.T) func(a, b string) int {
	return func(a, b string) int {
		columnA, rowA, errA := excelize.CellNameToCoordinates(a)
		columnB, rowB, errB := excelize.CellNameToCoordinates(b)
		if err := errors.Join(errA, errB); err != nil {
			t.Fatal(err)
		}
		return cmp.Or(rowA-rowB, columnA-columnB)
	}
}
