package sample_test

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/deploy/sample/forms"
	"github.com/jetsheet/jetsheet/renderer/xlsx"
	"github.com/jetsheet/jetsheet/renderer/xlsx/corpustest"
	"github.com/jetsheet/jetsheet/renderer/xlsx/template"
)

// TestForms fills each form with the records of its first targets.
func TestForms(t *testing.T) {
	t.Parallel()
	url := localtest.Database(t)
	conn := connectTo(t, url)
	load(t, conn, sample.Options{Tenants: 12, Month: october(t)})
	if _, err := conn.Exec(t.Context(), `insert into facility_photos
		select inspection_id, position + 10, place, taken_at, finding, action, photo from facility_photos`); err != nil {
		t.Fatal(err) // so that some have more than a page of them
	}
	monday := time.Date(2026, 10, 19, 5, 0, 0, 0, zone(t, "Asia/Tokyo"))
	for name, test := range map[string]struct {
		tick        time.Time
		from, until time.Time
		check       func(*testing.T, *excelize.File, map[string][]values)
	}{
		"refrigerator-weekly": {monday, monday.Add(-5*time.Hour).AddDate(0, 0, -7), monday.Add(-5 * time.Hour), checkTemperatureForm},
		"facility-inspection": {tick: tick(t), check: checkFacilityForm},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := connectTo(t, url)
			d := readDefinition(t, forms.Reports(), name+".yaml")
			filled := 0
			for _, g := range d.formTargets(t, conn, test.tick, test.from, test.until) {
				tables := map[string][]values{}
				for query := range d.Queries {
					tables[query] = d.rows(t, conn, query, g, test.tick, "select * from q")
				}
				if len(tables["devices"])+len(tables["items"]) == 0 {
					continue
				}
				test.check(t, fillForm(t, name, filled, g, tables), tables)
				if filled++; filled == 4 {
					break
				}
			}
			if filled == 0 {
				t.Error("no target has records")
			}
		})
	}
}

// formTargets are the targets of a period; of the month before the tick where none is given.
func (d definition) formTargets(t *testing.T, conn *pgx.Conn, tick, from, until time.Time) []target {
	t.Helper()
	if from.IsZero() {
		return d.targets(t, conn, tick)
	}
	var found []target
	statement := bind(t, d.Targets, values{"from": from.Format(time.RFC3339), "until": until.Format(time.RFC3339)})
	for _, row := range texts(t, conn, statement) {
		found = append(found, target{row: row, zone: zone(t, row["time_zone"]), from: from, until: until})
	}
	return found
}

// fillForm fills the template of that name.
func fillForm(t *testing.T, name string, n int, g target, tables map[string][]values) *excelize.File {
	t.Helper()
	templates, err := forms.Templates()
	if err != nil {
		t.Fatal(err)
	}
	form, err := template.Compile(templates[name], template.Options{Locale: "ja"})
	if err != nil {
		t.Fatal(err)
	}
	if reasons := form.Unsupported(); len(reasons) > 0 {
		t.Errorf("%s is filled the slow way: %v", name, reasons)
	}
	data := template.Data{Fields: map[string]xlsx.Value{}, Tables: map[string]*template.Table{}}
	for _, m := range form.Markers() { // NULL is absent from rows that are texts
		data.Fields[m.Name] = xlsx.Null()
	}
	for column, text := range g.row {
		data.Fields[column] = valueOf(column, text)
	}
	for query, rows := range tables {
		data.Tables[query] = tableOf(rows)
	}
	var dst bytes.Buffer
	summary, err := form.Fill(t.Context(), &dst, data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if summary.Substitutions.Total() != 0 {
		t.Errorf("%s: substitutions %+v, want none", name, summary.Substitutions)
	}
	corpustest.Keep(t, "forms/"+name+"/"+strconv.Itoa(n), dst.Bytes())
	f, err := excelize.OpenReader(bytes.NewReader(dst.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// valueOf makes of PostgreSQL's text what its column is.
func valueOf(column, text string) xlsx.Value {
	for _, layout := range []string{time.DateOnly, "2006-01-02 15:04:05-07"} {
		at, err := time.Parse(layout, text)
		switch {
		case err != nil:
		case layout == time.DateOnly:
			return xlsx.Date(at.Date())
		default:
			return xlsx.DateTime(at)
		}
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil && column != "target" {
		return xlsx.Decimal(text)
	}
	return xlsx.Text(text)
}

func tableOf(rows []values) *template.Table {
	table := &template.Table{}
	for _, row := range rows {
		for column := range row {
			if !slices.Contains(table.Columns, column) {
				table.Columns = append(table.Columns, column)
			}
		}
	}
	for _, row := range rows {
		cells := make([]xlsx.Value, len(table.Columns))
		for i, column := range table.Columns {
			if text, ok := row[column]; ok {
				cells[i] = valueOf(column, text)
			}
		}
		table.Rows = append(table.Rows, cells)
	}
	return table
}

func cellText(t *testing.T, f *excelize.File, cell string) string {
	t.Helper()
	text, err := f.GetCellValue("Sheet1", cell)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func checkTemperatureForm(t *testing.T, f *excelize.File, tables map[string][]values) {
	t.Helper()
	if got := checkPages(t, f); got != 1 {
		t.Errorf("the week fills %d pages, want 1", got)
	}
	for i, device := range tables["devices"] {
		row := strconv.Itoa(7 + i)
		if got := cellText(t, f, "A"+row); got != device["device"] {
			t.Errorf("device %d is %q, want %q", i+1, got, device["device"])
		}
		want := ""
		if degrees, err := strconv.ParseFloat(device["d3_pm"], 64); err == nil {
			want = strconv.FormatFloat(math.Round(degrees*10)/10, 'f', 1, 64) // 4.25 is shown as 4.3
		}
		if got := cellText(t, f, "H"+row); strings.TrimPrefix(got, "-") != strings.TrimPrefix(want, "-") {
			t.Errorf("%s on Wednesday evening: %q, want %q", device["device"], got, want)
		}
	}
	last := 7 + len(tables["devices"])
	formula, err := f.GetCellFormula("Sheet1", "C"+strconv.Itoa(last))
	if want := "MAX(C7:C" + strconv.Itoa(last-1) + ")"; err != nil || !strings.Contains(formula, want) {
		t.Errorf("the highest of Monday morning is %s, %v, want %s in it", formula, err, want)
	}
	first := cellText(t, f, "A"+strconv.Itoa(last+3))
	if none := strings.Contains(first, "ありません"); none != (len(tables["incidents"]) == 0) {
		t.Errorf("%d incidents, and the first line of them is %q", len(tables["incidents"]), first)
	}
}

// Forms are the same bytes each time, or each start of the demo would store them anew.
func TestFormsAreDrawnAlike(t *testing.T) {
	t.Parallel()
	first, err := forms.Templates()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		again, err := forms.Templates()
		if err != nil {
			t.Fatal(err)
		}
		for name := range first {
			if !bytes.Equal(first[name], again[name]) {
				t.Fatalf("form %s differs from the one drawn before", name)
			}
		}
	}
}
