package main

import (
	"testing"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/local/localtest"
	"github.com/jetsheet/jetsheet/ops/verify"
)

// layoutReport has everything that stands around records, another amount of it on each
// sheet.
const layoutReport = `
report: verify-layout
title: Laid out
schedule: {cron: "0 12 1 * *", timeZone: UTC, catchUp: latest}
period: month
targets: select tenant_id as tenant, id as target, name as site_name, zone as time_zone, locale from sites where id <> 'broken'
queries:
  records: |
    select n, big, amount, clock, ratio, note from records
    where tenant_id = @tenant and site = @target and at >= @from and at < @until order by n
  groups: |
    select case when n % 3 = 0 then 'a/b' when n % 3 = 1 then null else 'c' end as grp, n from records
    where tenant_id = @tenant and site = @target and at >= @from and at < @until order by n % 3, n
  answers: select n, answers from records where tenant_id = @tenant and site = @target order by n
  fields: select key as name, label as title, format, case key when 'degree' then 'max' when 'remark' then 'count' end as total from fields where tenant_id = @tenant order by position
  nothing: select 1 as n where @tenant = ''
workbook:
  properties: {subject: "{site_name}"}
  sheets:
    - name: "{site_name}"
      rows: records
      title: ["{title} {site_name}", "", "{dataAsOf}"]
      columns:
        - {name: n, title: No}
        - {name: big, format: number, total: count}
        - {name: amount, format: "decimal:2", total: average}
        - {name: clock, format: time, total: sum}
        - {name: ratio, total: min}
        - {name: note}
      footer: ["{period}, {rows} rows", "", "as of {dataAsOf}"]
      banding: true
      rules: [{column: amount, above: 5, fill: "FFC7CE", wholeRow: true}]
      page: {footer: "{page} / {pages}"}
      protect: true
    - name: "{site_name} {grp}"
      sheetBy: grp
      rows: groups
      title: "{grp}"
      columns: [{name: n, total: sum}]
      footer: "{rows}"
    - {name: answers, rows: answers, columns: [{name: n}], columnsFrom: fields, totalsLabel: "{site_name}"}
    - {name: nothing, rows: nothing, columns: [{name: n, total: sum}], footer: none}
output: {key: "{tenant}/{period}/{target}.xlsx"}
`

// What stands around records is no record, and is checked too.
func TestVerifyOfALayout(t *testing.T) {
	t.Parallel()
	r := newVerifyRig(t, localtest.Database(t, local.SQLTemplate(readTestdata(t, "verify", "schema.sql"))))
	id := r.make(verifyTick, layoutReport)[0]
	for _, deep := range []bool{false, true} {
		found := r.verify(r.record(id), "", deep)
		if !found.Sound() || found.Published != 5 || found.Rows != 5*3*18 {
			t.Errorf("deep %v: %d problems in an untouched run with %d workbooks of %d rows, want none in 5 of 270\n%s",
				deep, found.ProblemCount, found.Published, found.Rows, problemsText(found))
		}
	}
	r.keep(id)
	key := r.keys()[0]
	for what, pattern := range map[string][2]string{
		"a title":           {`<t>Laid out`, `<t>Laid in`},
		"a line below":      {` rows</t>`, ` row</t>`},
		"a total's value":   {`(\(103,B5:B22\)</f><v>)\d+`, `${1}5`},
		"a total's formula": {`SUBTOTAL\(105`, `SUBTOTAL(104`},
		"a total's name":    {`<t>(Total|合計)</t>`, `<t>Sum</t>`},
	} {
		body, err := editBook(r.objects[key].clone().body, replacePart("xl/worksheets/sheet1.xml", pattern[0], 0, pattern[1]))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		r.forge(key, body, 0)
		if found := r.verify(r.run, "", true); found.Kinds[verify.KindCellDiffers] != 1 || found.ProblemCount != 1 {
			t.Errorf("%s: found %v, want one cell that differs\n%s", what, found.Kinds, problemsText(found))
		}
		r.restore()
	}
}
