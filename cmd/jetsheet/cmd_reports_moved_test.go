package main

import (
	"strings"
	"testing"
	"time"

	"github.com/jetsheet/jetsheet/internal/report"
)

func TestPeriodTwice(t *testing.T) {
	t.Parallel()
	at := func(text string) time.Time {
		tick, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return tick
	}
	const made = "2026-10-31T20:00:00Z" // 05:00 in Tokyo on 1 November, of the period 2026-10
	for name, test := range map[string]struct {
		period, cron, now, from string
		last, want              string
	}{
		"as it was":             {period: "month", cron: "0 5 1 * *", last: made, now: "2026-10-31T21:00:00Z"},
		"never ran":             {period: "month", cron: "0 9 1 * *", now: "2026-10-31T21:00:00Z"},
		"later that day":        {period: "month", cron: "0 9 1 * *", last: made, now: "2026-10-31T21:00:00Z", want: `report r: the schedule has moved, and at 2026-11-01 09:00 Asia/Tokyo it makes the period 2026-10 again, which the run of 2026-11-01 05:00 Asia/Tokyo has, by the routes of that moment; if that is not meant, apply it with: --from "2026-11-01T00:00:00Z"`},
		"due already":           {period: "month", cron: "0 9 1 * *", last: made, now: "2026-11-02T00:00:00Z", want: `at 2026-11-01 09:00 Asia/Tokyo it makes the period 2026-10 again`},
		"from behind it":        {period: "month", cron: "0 9 1 * *", last: made, now: "2026-10-31T21:00:00Z", from: "2026-11-01T00:00:00Z"},
		"earlier that day":      {period: "month", cron: "0 3 1 * *", last: made, now: "2026-10-31T21:00:00Z"},
		"another day":           {period: "month", cron: "0 5 20 * *", last: made, now: "2026-10-31T21:00:00Z", want: "at 2026-11-20 05:00"},
		"several times a month": {period: "month", cron: "0 5 * * *", last: made, now: "2026-10-31T21:00:00Z"},
		"a day's, moved":        {period: "day", cron: "0 9 * * *", last: made, now: "2026-10-31T21:00:00Z", want: "the period 2026-10-31 again"},
		"a day's, another day":  {period: "day", cron: "0 9 * * *", last: made, now: "2026-11-01T01:00:00Z", from: "2026-11-01T01:00:00Z"},
	} {
		d, err := report.Parse("r", []byte("report: r\ntimeZone: Asia/Tokyo\nperiod: "+test.period+"\nschedule: {cron: \""+test.cron+"\"}\n"+
			"targets: select tenant, target from t\nqueries: {records: select 1 where tenant = @tenant}\n"+
			"workbook: {sheets: [{name: S, rows: records}]}\noutput: {key: \"{tenant}/{target}/{period}.xlsx\"}\n"))
		if err != nil {
			t.Fatal(err)
		}
		var last, from time.Time
		if test.last != "" {
			last = at(test.last)
		}
		if test.from != "" {
			from = at(test.from)
		}
		got := periodTwice(d, upcomingTicks(d, from, last, at(test.now), false), last)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", name, got, test.want)
		}
	}
}
