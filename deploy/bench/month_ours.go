package main

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
)

// ourMonth freezes a run of each report at once, as their schedules do, and waits until
// all are closed. Planning counts. A file name asks for a CPU profile of the roles.
func (r *rig) ourMonth(ctx context.Context, m mix, profile string) (_ *monthCost, err error) {
	for name, file := range m.forms {
		if err := r.putTemplate(ctx, name, file); err != nil {
			return nil, err
		}
	}
	p, disconnect, err := r.parts(nil)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	stop, err := roles{}.start(ctx, p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if profile != "" {
		running, err := startProfile(profile)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, running.stop()) }()
	}
	cost := &monthCost{books: map[bookID]madeBook{}}
	return cost, cost.runAll(ctx, r, p, m)
}

func (c *monthCost) runAll(ctx context.Context, r *rig, p parts, m mix) error {
	freezer, err := newFreezer(ctx, p)
	if err != nil {
		return err
	}
	postgres, _ := groupCPU(r.postgres.PID())
	c.began = time.Now()
	for _, d := range m.reports {
		if _, err := freezer.Freeze(ctx, r.runOf(d.Name), d.Source, jetsheet.Scope{}); err != nil {
			return err
		}
	}
	var end time.Time
	for _, d := range m.reports {
		if _, err := r.await(ctx, p, r.runOf(d.Name), func(run *jetsheet.Run) bool { return run.State == jetsheet.RunClosed }); err != nil {
			return err
		}
		last, err := c.readDone(ctx, p.js, r.runOf(d.Name))
		if err != nil {
			return err
		}
		if last.After(end) {
			end = last
		}
	}
	if c.own, err = r.samples.between(c.began, end); err != nil {
		return err
	}
	return c.charge(r, end, postgres)
}

func (r *rig) runOf(report string) jetsheet.RunID {
	return jetsheet.RunID{Tick: r.tick, Report: report}
}

// readDone notes a run's published workbooks and returns when its last outcome was stored.
func (c *monthCost) readDone(ctx context.Context, js jetstream.JetStream, run jetsheet.RunID) (last time.Time, err error) {
	err = delivery.Scan(ctx, js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &done); err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		last = meta.Timestamp
		if done.State == jetsheet.DonePublished {
			c.books[bookID{done.Report, done.Tenant, done.Target}] = madeBook{key: done.Key, at: meta.Timestamp, rows: done.Rows}
		}
		return nil
	}, jetsheet.RunDoneSubjects(run))
	return last, err
}
