package legacy

// report is a kind of workbook, written by hand for the tables it reads. Statements may
// use @tenant, @site, @form, @zone, the instants @from and @until, and the same as local
// days, @first and @after.
type report struct {
	name    string
	targets string
	sheets  []sheet
	form    form // of those whose first sheet can be filled into one
}

type sheet struct {
	name string // empty: the target's title
	// filed sheets have a title, totals of the columns in totals, and the period below.
	filed   bool
	totals  []string
	columns []column
	// fields gives further columns, whose values are one array of texts at the end of
	// each row.
	fields string
	rows   string
}

// column has a title and a number format; date, datetime and time stand for the
// customer's own.
type column struct{ Title, Format string }

func reports() []report {
	return []report{cleaning(), inspection(), temperature()}
}

func temperature() report {
	return report{
		name: "temperature-monthly",
		targets: `select s.tenant_id::text as tenant, s.id as site, s.name as title, t.time_zone as zone, t.language
			from sites s join tenants t on t.id = s.tenant_id`,
		sheets: []sheet{{
			columns: []column{{"記録日時", "datetime"}, {"機器", ""}, {"温度", `0.0"℃"`}, {"適否", ""}, {"記録者", ""}, {"備考", ""}},
			rows: `select date_trunc('second', recorded_at at time zone @zone), device, temperature::float8,
					case in_range when true then '適' when false then '否' end, recorded_by, note
				from temperature_records
				where tenant_id = @tenant and site_id = @site and recorded_at >= @from and recorded_at < @until
				order by recorded_at, id`,
		}},
		form: form{title: "A1", first: 4, below: map[int]string{3: "AVERAGE"}},
	}
}

func inspection() report {
	return report{
		name: "inspection-monthly",
		targets: `select s.tenant_id::text as tenant, s.id as site, f.form, f.title, t.time_zone as zone, t.language
			from sites s join tenants t on t.id = s.tenant_id join forms f on f.tenant_id = t.id`,
		sheets: []sheet{{
			columns: []column{{"点検日時", "datetime"}, {"点検者", ""}},
			fields: `select label, case input when 'number' then format when 'choice' then '@' when 'text' then '@' else input end
				from form_fields where tenant_id = @tenant and form = @form order by position`,
			rows: `select date_trunc('second', i.inspected_at at time zone @zone), i.inspector,
					array(select i.answers ->> f.key from form_fields f where f.tenant_id = i.tenant_id and f.form = i.form order by f.position)
				from inspections i
				where tenant_id = @tenant and site_id = @site and form = @form and inspected_at >= @from and inspected_at < @until
				order by inspected_at, id`,
		}, {
			name: "集計", filed: true, totals: []string{"B", "C", "D", "E"},
			columns: []column{{"項目", ""}, {"回答数", "#,##0"}, {"未回答", "#,##0"}, {"適", "#,##0"}, {"否", "#,##0"}, {"平均", "#,##0.00"}},
			rows: `select f.label, count(a), count(*) - count(a), count(*) filter (where a = 'true'), count(*) filter (where a = 'false'),
					round(avg(case jsonb_typeof(a) when 'number' then a::numeric end), 2)::float8
				from inspections i
				join form_fields f on f.tenant_id = i.tenant_id and f.form = i.form
				cross join lateral (select i.answers -> f.key) as answer (a)
				where i.tenant_id = @tenant and site_id = @site and i.form = @form and inspected_at >= @from and inspected_at < @until
				group by f.position, f.label order by f.position`,
		}},
	}
}

func cleaning() report {
	return report{
		name: "cleaning-monthly",
		targets: `select id::text as tenant, time_zone as zone, language, coalesce(closing_day, 0)::int as closing
			from tenants`,
		sheets: []sheet{{
			name: "清掃",
			columns: []column{
				{"実施日", "date"}, {"拠点", ""}, {"場所", ""}, {"開始", "time"}, {"所要時間", "[h]:mm:ss"}, {"実施", ""}, {"確認日", "date"}, {"担当者", ""}, {"備考", ""},
			},
			rows: `select cleaned_on, s.name, area, started_at::interval, duration, case when done then '済' else '未' end, checked_on, staff, note
				from cleaning_logs c join sites s on s.tenant_id = c.tenant_id and s.id = c.site_id
				where c.tenant_id = @tenant and cleaned_on >= @first and cleaned_on < @after
				order by cleaned_on, started_at, c.id`,
		}, {
			name:    "手洗い",
			columns: []column{{"日時", "datetime"}, {"拠点", ""}, {"担当者", ""}, {"爪", ""}, {"手指の傷", ""}, {"水温", `0.0"℃"`}, {"秒数", "#,##0"}},
			rows: `select date_trunc('second', washed_at), s.name, staff, case when nails_short then '適' else '否' end,
					case when no_wounds then 'なし' else 'あり' end, water_degree::float8, seconds
				from hand_wash_checks h join sites s on s.tenant_id = h.tenant_id and s.id = h.site_id
				where h.tenant_id = @tenant and washed_at >= @first and washed_at < @after
				order by washed_at, h.id`,
		}},
	}
}
