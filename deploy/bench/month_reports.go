package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/jetsheet/jetsheet/deploy/local"
	"github.com/jetsheet/jetsheet/deploy/sample"
	"github.com/jetsheet/jetsheet/internal/report"
)

// sampled is the database of deploy/sample.
type sampled struct {
	tenants  int
	dense    int              // how many times each of its records is there, a second apart
	calendar *report.Calendar // of its reports
}

func (s sampled) String() string { return fmt.Sprintf("the sample of %d customers", s.tenants) }

func (s sampled) tick(now time.Time) time.Time { return s.calendar.Latest(now) }

func (s sampled) database(ctx context.Context, postgres *local.Postgres, tick time.Time) (string, error) {
	url, err := postgres.Database(ctx, "", local.Template{})
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", err
	}
	_, err = sample.Load(ctx, conn, sample.Options{Tenants: s.tenants, Month: tick.AddDate(0, 0, -1)})
	if err == nil {
		_, err = conn.PgConn().Exec(ctx, strings.ReplaceAll(denser, "TIMES", strconv.Itoa(s.dense-1))).ReadAll()
	}
	return url, errors.Join(err, conn.Close(context.WithoutCancel(ctx)))
}

// denser repeats each record TIMES times.
const denser = `
insert into temperature_records (tenant_id, site_id, device, recorded_at, temperature, in_range, recorded_by, note)
  select tenant_id, site_id, device, recorded_at + n * interval '1 second', temperature, in_range, recorded_by, note
  from temperature_records, generate_series(1, TIMES) n;
insert into inspections (id, tenant_id, site_id, form, inspected_at, inspector, answers)
  select gen_random_uuid(), tenant_id, site_id, form, inspected_at + n * interval '1 second', inspector, answers
  from inspections, generate_series(1, TIMES) n;
insert into cleaning_logs (tenant_id, site_id, cleaned_on, area, started_at, duration, done, checked_on, staff, note)
  select tenant_id, site_id, cleaned_on, area, started_at + n * interval '1 second', duration, done, checked_on, staff, note
  from cleaning_logs, generate_series(1, TIMES) n;
insert into hand_wash_checks (tenant_id, site_id, washed_at, staff, nails_short, no_wounds, water_degree, seconds)
  select tenant_id, site_id, washed_at + n * interval '1 second', staff, nails_short, no_wounds, water_degree, seconds
  from hand_wash_checks, generate_series(1, TIMES) n;
analyze;`

// sampleReports are the sample's definitions.
func sampleReports() ([]*report.Definition, error) {
	files, err := sample.Reports()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "*.yaml")
	if err != nil {
		return nil, err
	}
	var reports []*report.Definition
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		definition, err := parseReport(name, text)
		if err != nil {
			return nil, err
		}
		reports = append(reports, definition)
	}
	return reports, nil
}

// formedReport is the report that fills a form where one in three does.
const formedReport = "temperature-monthly"

// temperatureForm has the columns of the table that the report makes without it, and their
// average below: where deploy/legacy looks for them.
func temperatureForm() []formColumn {
	return []formColumn{
		{head: "記録日時", marker: "{{#records}}{{recorded_at}}", format: "yyyy/mm/dd hh:mm"},
		{head: "機器", marker: "{{device}}"},
		{head: "温度", marker: "{{temperature}}", format: `0.0"℃"`, below: "AVERAGE"},
		{head: "適否", marker: "{{in_range | boolean:適/否}}"},
		{head: "記録者", marker: "{{recorded_by}}"},
		{head: "備考", marker: "{{note}}{{/records}}"},
	}
}

// withForm has one of the reports fill a form.
func withForm(reports []*report.Definition) (mix, error) {
	m := mix{title: "one report in three a form", reports: slices.Clone(reports)}
	file, err := drawForm(temperatureForm())
	if err != nil {
		return m, err
	}
	m.forms = map[string][]byte{formedReport: file}
	for i, d := range m.reports {
		if d.Name != formedReport {
			continue
		}
		before, _, found := strings.Cut(d.Source, "\nworkbook:\n")
		_, after, ends := strings.Cut(d.Source, "\nempty:")
		if !found || !ends {
			return m, fmt.Errorf("report %s has no workbook before empty", d.Name)
		}
		if m.reports[i], err = parseReport(d.Name, []byte(before+"\nworkbook: {template: "+formedReport+"}\nempty:"+after)); err != nil {
			return m, err
		}
	}
	return m, nil
}
