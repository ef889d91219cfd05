package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
)

// pipeline measures the whole pipeline with small workbooks.
type pipeline struct {
	profiling

	conversions int
	syncAlways  bool
	templates   bool
}

func (o *pipeline) flags(f *flag.FlagSet) {
	f.IntVar(&o.conversions, "n", 20_000, "conversions")
	f.BoolVar(&o.syncAlways, "sync-always", false, "let nats-server make every message durable")
	f.BoolVar(&o.templates, "templates", false, "fill a template for one workbook in three")
	o.profiling.flags(f, "")
}

func (o *pipeline) run(ctx context.Context, b *bench) (err error) {
	r, err := newRig(ctx, b, data{sites: o.conversions, records: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	if err := r.serve(ctx, o.syncAlways); err != nil {
		return err
	}
	definition := tableReport("pipeline", o.conversions)
	if o.templates {
		definition = withTemplates(definition)
		file, err := drawForm(pipelineForm())
		if err != nil {
			return err
		}
		if err := r.putTemplate(ctx, templateName, file); err != nil {
			return err
		}
	}
	run := r.newRun("pipeline", definition)
	run.profiled, run.keepProfile = o.attribute, o.profile
	m, err := r.runOnce(ctx, roles{}, run)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%d conversions of %d rows, whole pipeline", o.conversions, rowsPerWorkbook)
	if o.templates {
		title += ", one in three by a template"
	}
	if o.syncAlways {
		title += ", sync always"
	}
	if err := b.heading(title, r.postgres.Version()); err != nil {
		return err
	}
	if err := m.print(b); err != nil {
		return err
	}
	if !o.attribute {
		return nil
	}
	return printAttribution(b, m)
}

// print writes what one run cost.
func (m *measured) print(b *bench) error {
	t := newTable("what", "figure")
	t.add("conversions", strconv.Itoa(m.conversions))
	t.add("planning, s", seconds(m.planning))
	t.add("first request to last outcome, s", seconds(m.elapsed))
	t.add("conversions/s", fmt.Sprintf("%.0f", m.perSecond()))
	t.add("conversions/s in each tenth", rates(m.tenths))
	t.add("CPU of the roles, ms each", millis(m.each(m.roles)))
	t.add("CPU of NATS + S3, ms each", millis(m.each(m.servers)))
	t.add("CPU of PostgreSQL, ms each", millis(m.each(m.postgres)))
	t.add("peak memory of the roles' process, MB", megabytes(m.peakBytes))
	t.add("peak memory of NATS + S3, MB", megabytes(m.serverPeak))
	return t.print(b.out)
}
