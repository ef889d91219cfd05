package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
)

// plan measures planning and publishing of a large run.
type plan struct {
	conversions int
	full        bool
}

func (o *plan) flags(f *flag.FlagSet) {
	f.IntVar(&o.conversions, "n", 100_000, "planned conversions")
	f.BoolVar(&o.full, "full", false, "take every conversion through renderer and uploader, with no-op rendering; otherwise requests are only taken and DONE is written")
}

func (o *plan) run(ctx context.Context, b *bench) (err error) {
	r, err := newRig(ctx, b, data{sites: o.conversions, records: o.full})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }() //nolint:contextcheck // it must close whatever became of ctx
	if err := r.serve(ctx, false); err != nil {
		return err
	}
	m, err := o.measure(ctx, r)
	if err != nil {
		return err
	}
	how := "requests taken and done at once"
	if o.full {
		how = "no-op rendering, published"
	}
	if err := b.heading(fmt.Sprintf("%d planned conversions, %s", o.conversions, how), r.postgres.Version()); err != nil {
		return err
	}
	return m.print(b)
}

func (o *plan) measure(ctx context.Context, r *rig) (_ *measured, err error) {
	r.b.say("%d conversions", o.conversions)
	p, disconnect, err := r.parts(nil)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	stop, err := roles{render: noopRender(), producerOnly: !o.full}.start(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if !o.full {
		drained, err := startDrain(ctx, r)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, drained()) }()
	}
	return r.measure(ctx, p, r.newRun("plan", tableReport("plan", o.conversions)))
}
