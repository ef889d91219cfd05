package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/templates"
	"github.com/jetsheet/jetsheet/ops/verify"
)

// drawnForm has every way in which a template shows a value, and what stays beside.
func drawnForm(t *testing.T) []byte {
	t.Helper()
	f := excelize.NewFile()
	var errs []error
	put := func(sheet, from string, row ...any) { errs = append(errs, f.SetSheetRow(sheet, from, &row)) }
	errs = append(errs, f.SetSheetName("Sheet1", "Form"))
	put("Form", "A1", "{{title}} {{site_name}} ({{from}} to {{until | datetime}}) {{period}}", "{{from}}", "{{until | text}}", "{{dataAsOf}}", "{{seen_on | date}}", "{{seen_on}}", "drawn")
	put("Form", "A2", 42.5, true, "=no formula", nil, "{{nowhere}}")
	errs = append(errs, f.SetCellFormula("Form", "A3", "SUM(A6:A6)"), f.SetCellFormula("Form", "B3", "A2*2"))
	errs = append(errs, f.SetCellFormula("Form", "R3", "SUM(L6)-MAX(A1:A9)+COUNTIF(L6,\">1\")/SUM(Notes!B1:C1)"), f.SetCellFormula("Form", "S6", "L6*2-SUM(L$6:L6)/R$3"),
		f.SetCellFormula("Form", "S10", "A10+L6"), f.SetCellFormula("Form", "S24", "S23+1"), f.SetCellFormula("Form", "S26", "SUM(S23:S24)&\"A6\""))
	put("Form", "A5", "{{#records}}")
	put("Form", "U6", "beside")
	put("Form", "A6", "{{n}}", "{{at}}", "{{on_day}}", "{{wall | date}}", "{{clock}}", "{{span}}", "{{ok | boolean:適/否}}", "{{big | number}}",
		"{{amount | decimal:2}}", "{{ratio | percent:1}}", "{{note}}", "{{amount}}", "{{ratio}}", "{{on_day}}", "{{wall}}", "{{amount | currency:JPY}}")
	put("Form", "A7", "No. {{n}}: {{amount | decimal:1}}, {{ratio | percent:1}}, {{big | number}}, {{amount | currency:EUR}}", "{{on_day}} {{wall}} {{clock | time}} {{span}} {{wall | time}}",
		"{{ok}} {{ok | boolean:yes/no}} {{note}}", "{{degree | excel:0.0}}", "{{passed | boolean:yes/no}}", "{{seen}}", "{{seen | date}}", "{{when | time}}", "{{share | percent:1}}", "{{remark}}", "{{other}}", "{{took | duration}}")
	put("Form", "A8", "{{?ok}}", "is ok", "{{note}}", "{{/?}}")
	put("Form", "A9", "{{^ok}}", "is not", "{{site_name}}", "{{/^}}")
	put("Form", "A10", "{{#pictures on n}}{{n}}", "{{image:photo}}", nil, "{{image:stamp}}", "{{broken | image}}")
	put("Form", "A11", "of {{note}}{{/pictures}}")
	put("Form", "A12", "{{/records}}")
	put("Form", "A13", "{{#nothing}}{{n}}{{/nothing}}")
	put("Form", "A14", "{{#lists}}")
	put("Form", "A15", "{{n}}", "{{deep}}")
	put("Form", "A16", "{{#parts}}{{part}}", "{{weight}}", "{{n}}{{/parts}}")
	put("Form", "A17", "{{#marks}}{{marks}}{{/marks}}")
	put("Form", "A18", "{{?parts}}has parts{{/?}}")
	put("Form", "A19", "{{/lists}}")
	put("Form", "A21", "No", "Name")
	put("Form", "A22", "{{#nothing}}{{n}}", "kept{{/nothing}}")
	put("Form", "A24", "an example", "{{site_name}}")
	put("Form", "A26", "end")
	put("Form", "A28", "{{#lists}}")
	put("Form", "A30", "{{n}} of {{title}}", "{{n}}{{/lists}}")
	put("Form", "A33", "below")
	put("Form", "A36", "{{#lists}}{{n}}", "{{deep}}")
	put("Form", "B38", "{{/lists}}")
	put("Form", "A40", "last")
	date, odd := "yyyy\"年\"m\"月\"", "@"
	for cells, code := range map[string]*string{"N6": &date, "O6": &odd} {
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: code})
		errs = append(errs, err, f.SetCellStyle("Form", cells, cells, style))
	}
	errs = append(errs, f.MergeCell("Form", "B10", "C11"), f.MergeCell("Form", "U6", "U20"), f.MergeCell("Form", "V4", "W8"), f.MergeCell("Form", "A26", "C26"), f.MergeCell("Form", "A28", "B29"), f.MergeCell("Form", "A30", "A32"), f.MergeCell("Form", "A36", "A38"), f.AddTable("Form", &excelize.Table{Range: "A21:B22", Name: "kept"}))
	for name, refers := range map[string]string{"jetsheet.rows.pictures": "Form!$A$24:$B$24", "jetsheet.field.n": "Form!$A$24", "jetsheet.field.title": "Form!$F$26", "own": "Form!$A$1"} {
		errs = append(errs, f.SetDefinedName(&excelize.DefinedName{Name: name, RefersTo: refers}))
	}
	_, err := f.NewSheet("{{#records}}{{note}} {{n}}")
	errs = append(errs, err)
	put("{{#records}}{{note}} {{n}}", "B2", "{{n}}", "{{title}}", "{{#pictures on n}}{{stamp | image}}{{/pictures}}", "stays")
	_, err = f.NewSheet("{{#nothing}}{{n}}")
	errs = append(errs, err)
	put("{{#nothing}}{{n}}", "A1", "{{n}}", "stays", 3)
	_, err = f.NewSheet("Notes")
	errs = append(errs, err)
	put("Notes", "A1", "as drawn", 1, 2.5)
	errs = append(errs, f.SetCellFormula("Notes", "A2", "SUM(Form!L6:L6)+Form!R3"), f.SetCellFormula("Notes", "A3", "SUM('{{#nothing}}{{n}}'!C1)"))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return written(t, f)
}

func written(t *testing.T, f *excelize.File) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := errors.Join(f.Write(&b), f.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// putTemplate stores a template of that name, after what it was.
func (r *verifyRig) putTemplate(name string, after int, file []byte) {
	r.t.Helper()
	store, err := templates.Open(r.t.Context(), r.parts.js)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := store.Put(r.t.Context(), templates.Draft{Name: name, After: after, File: name + ".xlsx", By: "test", At: time.Now()}, file); err != nil {
		r.t.Fatal(err)
	}
}

// formRun is a run whose workbooks are filled forms.
func formRun(t *testing.T, form []byte) *verifyRig {
	t.Helper()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	r.putTemplate("form", 0, form)
	r.keep(r.make(verifyTick, readTestdata(t, "verify", "form.yaml"))[0])
	return r
}

func TestVerifyOfAForm(t *testing.T) {
	t.Parallel()
	r := formRun(t, drawnForm(t))
	for _, deep := range []bool{false, true} {
		found := r.verify(r.run, "", deep)
		if !found.Sound() || found.Published != 5 || found.Skipped != 1 || len(found.Notices) > 0 || deep != (found.Cells > 5*18*20) {
			t.Errorf("deep %v: %d problems in an untouched run, %d published, %d skipped, %d cells, notices %q, want none in 5 with their cells\n%s",
				deep, found.ProblemCount, found.Published, found.Skipped, found.Cells, found.Notices, problemsText(found))
		}
	}
	const key = "a/2026-10/one.xlsx"
	for what, edit := range formDamages() {
		body, err := editBook(r.objects[key].clone().body, edit.do)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		r.forge(key, body, 0)
		if found := r.verify(r.run, "a", true); found.Kinds[edit.kind] == 0 || len(found.Kinds) != 1 || found.ProblemCount != 1 && !edit.many {
			t.Errorf("%s: found %v, want one of %s\n%s", what, found.Kinds, edit.kind, problemsText(found))
		}
		r.restore()
	}
}

// formDamage is something wrong in a filled form that only who reads it can notice.
type formDamage struct {
	kind verify.Kind
	do   bookEdit
	many bool // cells differ
}

func formDamages() map[string]formDamage {
	damages := map[string]formDamage{
		"a formula's result in its place":  {verify.KindCellDiffers, replacePart(sheetPart1, `<f>[^<]*</f>`, 0, `<v>1</v>`), false},
		"another picture":                  {verify.KindCellDiffers, changePicture, true},
		"a record's row of another record": {verify.KindCellDiffers, replacePart(sheetPart1, `>note 8</t>`, 0, `>note 9</t>`), false},
		"a sheet's name":                   {verify.KindSheetDiffers, replacePart("xl/workbook.xml", `name="note 1 1"`, 0, `name="note 1 2"`), false},
		"a sheet that is hidden":           {verify.KindSheetDiffers, replacePart("xl/workbook.xml", `name="note 1 1"`, 0, `${0} state="hidden"`), false},
		"a cell of a sheet of a record":    {verify.KindCellDiffers, replacePart("xl/worksheets/sheet2.xml", `<v>1</v>`, 0, `<v>2</v>`), false},
		"a cell more":                      {verify.KindCellDiffers, replacePart(sheetPart1, `</sheetData>`, 0, `<row r="1000"><c r="D1000"><v>1</v></c></row></sheetData>`), false},
	}
	for what, change := range map[string]struct{ pattern, replacement string }{
		"another row":                       {`A2\*2`, `A3*2`},
		"another column":                    {`A2\*2`, `B2*2`},
		"a list without its last cell":      {`<f>SUM\((A5,.*?),A70\)`, `<f>SUM(${1})`},
		"a range over rows between":         {`<f>SUM\(A5,.*?A70\)`, `<f>SUM(A5:A70)`},
		"one of the lists in a formula":     {`L67,L70\)-MAX`, `L67)-MAX`},
		"a range that did not grow":         {`COUNTIF\(L5:L70,`, `COUNTIF(L5:L67,`},
		"a cell of another copy":            {`<f>L15\*2`, `<f>L10*2`},
		"a sum up to the copy before":       {`L\$10,L\$15\)/R\$3`, `L$$10)/R$$3`},
		"a cell without $":                  {`L\$5,L\$10\)/R\$3`, `L$$5,L$$10)/R3`},
		"the row above the block":           {`S95\+1`, `S92+1`},
		"a cell of a block around":          {`A13\+L10`, `A13+L5`},
		"a sum below":                       {`SUM\(S92:S99\)`, `SUM(S92:S98)`},
		"a text":                            {`&amp;&quot;A6&quot;`, `&amp;&quot;A5&quot;`},
		"a function":                        {`-MAX\(`, `-MIN(`},
		"a value under merged cells":        {`<c r="U10"/>`, `<c r="U10"><v>1</v></c>`},
		"a formula under merged cells":      {`<c r="U10"/>`, `<c r="U10"><f>1</f></c>`},
		"no value in the first merged cell": {`<c r="U5".*?</c>`, `<c r="U5"/>`},
	} {
		damages["a formula: "+what] = formDamage{verify.KindCellDiffers, replacePart(sheetPart1, change.pattern, 0, change.replacement), false}
	}
	damages["a formula of another sheet"] = formDamage{verify.KindCellDiffers, replacePart("xl/worksheets/sheet4.xml", `,Form!L70\)`, 0, `)`), false}
	for what, change := range map[string]struct{ pattern, replacement string }{
		"lost":           {`<mergeCell ref="A109:A111">(</mergeCell>)?`, ``},
		"too short":      {`"U5:U89"`, `"U5:U88"`},
		"not grown":      {`"V4:W72"`, `"V4:W8"`},
		"of other cells": {`"B18:C19"`, `"B19:C20"`},
		"too many":       {`<mergeCell ref="A109:A111">`, `<mergeCell ref="L1:L2"></mergeCell>${0}`},
	} {
		damages["merged cells: "+what] = formDamage{verify.KindSheetDiffers, replacePart(sheetPart1, change.pattern, 0, change.replacement), false}
	}
	for pick := range 20 {
		damages[fmt.Sprint("cell ", pick)] = formDamage{verify.KindCellDiffers, editCell(pick*71, isPlain, changeCell), false}
	}
	return damages
}

// changePicture changes the file that several cells show.
func changePicture(parts map[string]string) error {
	for name, file := range parts {
		if strings.HasPrefix(name, "xl/media/") {
			parts[name] = file + "\n"
			return nil
		}
	}
	return errNoEdit
}

// isPlain says whether a cell holds a value that changeCell can change.
func isPlain(c xmlCell) bool {
	return !strings.Contains(c.inner, "<f>") && (c.kind == "" || c.kind == "n" || c.kind == "b" || c.kind == "inlineStr")
}

// changeCell has a cell hold something else of the same kind.
func changeCell(c *xmlCell) {
	switch c.kind {
	case "b":
		c.inner = strings.NewReplacer("0", "1", "1", "0").Replace(c.inner)
	case "inlineStr":
		c.inner = `<is><t>something else</t></is>`
	default:
		c.inner = `<v>77.25</v>`
	}
}

// What changed in the database, and nothing else, differs.
func TestVerifyOfAFormWhoseRecordsChanged(t *testing.T) {
	t.Parallel()
	r := formRun(t, drawnForm(t))
	for what, test := range map[string]struct {
		change, back string
		cells        int64 // that differ; 0 for any number of them
	}{
		"a value": {
			"update records set amount = amount + 1 where n = 1 and tenant_id = 'b c'",
			"update records set amount = amount - 1 where n = 1 and tenant_id = 'b c'", 4,
		},
		"a condition": {
			"update records set ok = not ok where n = 17 and tenant_id = 'b c'",
			"update records set ok = not ok where n = 17 and tenant_id = 'b c'", 4,
		},
		"a record less": {
			"update records set at = at + interval '1 year' where n = 18 and tenant_id = 'b c'",
			"update records set at = at - interval '1 year' where n = 18 and tenant_id = 'b c'", 0,
		},
	} {
		r.sql(test.change)
		found := r.verify(r.run, "b c", true)
		if found.CellDifferences == 0 || test.cells > 0 && (found.CellDifferences != test.cells || found.ProblemCount != test.cells) {
			t.Errorf("%s: found %v, %d cells, want %d\n%s", what, found.Kinds, found.CellDifferences, test.cells, problemsText(found))
		}
		for _, p := range found.Problems {
			if !strings.Contains(p.Hint, "may have been changed after") {
				t.Errorf("%s: %+v has no hint that the data may have changed", what, p)
			}
		}
		r.sql(test.back)
		if found := r.verify(r.run, "b c", true); !found.Sound() {
			t.Errorf("%s, undone: %d problems\n%s", what, found.ProblemCount, problemsText(found))
		}
	}
}

// A workbook is compared with the template of its plan, whatever the name means since.
func TestVerifyOfAFormWhoseTemplateChanged(t *testing.T) {
	t.Parallel()
	form := drawnForm(t)
	r := formRun(t, form)
	other := excelize.NewFile()
	if err := other.SetCellStr("Sheet1", "A1", "{{title}}"); err != nil {
		t.Fatal(err)
	}
	r.putTemplate("form", 1, written(t, other))
	if found := r.verify(r.run, "", true); !found.Sound() {
		t.Errorf("after another revision: %d problems\n%s", found.ProblemCount, problemsText(found))
	}
	objects, err := r.parts.js.ObjectStore(t.Context(), jetsheet.StoreTemplates)
	if err == nil {
		err = objects.Delete(t.Context(), jetsheet.TemplateObject(templates.Digest(form)))
	}
	if err != nil {
		t.Fatal(err)
	}
	found := r.verify(r.run, "", true)
	if found.Kinds[verify.KindNotComparable] != 6 || found.ProblemCount != 6 || !strings.Contains(found.Problems[0].Got, "jetsheet templates put form FILE.xlsx") {
		t.Errorf("without the template: found %v, want that nothing of 6 can be compared\n%s", found.Kinds, problemsText(found))
	}
	r.putTemplate("form", 2, form)
	if found := r.verify(r.run, "", true); !found.Sound() {
		t.Errorf("after it was put again: %d problems\n%s", found.ProblemCount, problemsText(found))
	}
}
