package report_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
)

const definition = `
report: temperature-monthly
title: 冷蔵庫温度記録
schedule: {cron: "0 5 1 * *", timeZone: Asia/Tokyo}
period: month
targets: select tenant_id as tenant, id as target, name as site_name from sites
queries:
  records: |
    select recorded_at, value from records
    where tenant_id = @tenant and site_id = @target and recorded_at >= @from and recorded_at < @until
workbook:
  sheets: [{name: "{site_name}", rows: records}]
output:
  key: "{tenant}/{period}/{report}/{target}.xlsx"
  filename: "{title}_{site_name}_{period}.xlsx"
`

func ExampleParse() {
	text := strings.Replace(definition, "schedule:", "shedule:", 1)
	text = strings.Replace(text, "rows: records", "rows: record", 1)
	text = strings.Replace(text, "@until", "@unti", 1)
	_, err := report.Parse("temperature.yaml", []byte(text))
	fmt.Println(err)
	// Output:
	// temperature.yaml:4:1: unknown key "shedule"; did you mean "schedule"?
	// temperature.yaml:10:96: unknown parameter @unti in query "records"; did you mean "until"? (a column of the targets row is @row_COLUMN)
	// temperature.yaml:12:40: unknown query "record"; did you mean "records"?
}

func ExampleCalendar_Next() {
	calendar, err := report.NewCalendar("30 2 * * *", "Europe/Berlin")
	if err != nil {
		fmt.Println(err)
		return
	}
	// On 29 March 2026 the clock goes from 02:00 to 03:00, and 02:30 is left out.
	tick := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	for range 3 {
		tick = calendar.Next(tick)
		fmt.Println(tick.In(calendar.Zone()).Format(time.RFC3339))
	}
	// Output:
	// 2026-03-28T02:30:00+01:00
	// 2026-03-29T03:00:00+02:00
	// 2026-03-30T02:30:00+02:00
}

func ExampleCalendar_Due() {
	calendar, err := report.NewCalendar("0 5 * * *", "UTC")
	if err != nil {
		fmt.Println(err)
		return
	}
	last := time.Date(2026, 10, 1, 5, 0, 0, 0, time.UTC)
	now := time.Date(2026, 10, 4, 9, 0, 0, 0, time.UTC)
	due := calendar.Due(last, time.Time{}, now, report.CatchUpLatest)
	fmt.Println(due.Ticks, due.Skipped)
	// Output:
	// [2026-10-04 05:00:00 +0000 UTC] 2
}

func ExampleDefinition_NewResolver() {
	d, err := report.Parse("temperature.yaml", []byte(definition))
	if err != nil {
		fmt.Println(err)
		return
	}
	tick := d.Schedule.Calendar.Next(time.Date(2026, 10, 15, 0, 0, 0, 0, time.UTC))
	resolver, err := d.NewResolver(tick, []string{"tenant", "target", "site_name"})
	if err != nil {
		fmt.Println(err)
		return
	}
	target, err := resolver.Resolve([]report.Value{{Text: "101"}, {Text: "site/7"}, {Text: "第一 店舗"}})
	fmt.Println(target.Key, err)
	fmt.Println(target.Filename)
	_, err = resolver.Resolve([]report.Value{{Null: true}, {Text: "8"}, {Text: "第二店舗"}})
	fmt.Println(err)
	// Output:
	// 101/2026-10/temperature-monthly/site=2F7.xlsx <nil>
	// 冷蔵庫温度記録_第一 店舗_2026-10.xlsx
	// tenant: the id is NULL
}
