package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/spelling"
)

// reportsCommand holds the commands about report definitions.
type reportsCommand struct {
	Validate reportsValidateCommand `cmd:"" help:"Check definitions, and their queries against the database."`
	Preview  reportsPreviewCommand  `cmd:"" help:"Show which workbooks a definition makes, or make one of them, with the database alone."`
	Apply    reportsApplyCommand    `cmd:"" help:"Store definitions; from then on their schedules run."`
	List     reportsListCommand     `cmd:"" help:"List the applied reports."`
	Show     reportsShowCommand     `cmd:"" help:"Print an applied definition."`
	Pause    reportsPauseCommand    `cmd:"" help:"Stop a report's schedule for the time being."`
	Resume   reportsResumeCommand   `cmd:"" help:"Let a paused report's schedule go on."`
	Remove   reportsRemoveCommand   `cmd:"" help:"Remove a report; its runs and their records stay."`
}

// onReports runs an operation on the bucket of applied reports.
func (a *app) onReports(ctx context.Context, settings *natsSettings, operation func(ctx context.Context, b *reportBucket) error) error {
	link, err := a.openNATS(ctx, settings, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	return link.Do(ctx, func(ctx context.Context) error {
		b := &reportBucket{js: link.JetStream}
		if b.KeyValue, err = b.js.KeyValue(ctx, jetsheet.BucketReports); err != nil {
			return delivery.NotSetUp("bucket "+jetsheet.BucketReports, err)
		}
		return operation(ctx, b)
	})
}

// reportBucket holds the applied reports.
type reportBucket struct {
	jetstream.KeyValue
	js jetstream.JetStream
}

// names lists the reports by name.
func (b *reportBucket) names(ctx context.Context) ([]string, error) {
	return keys(ctx, b.KeyValue)
}

// keys lists the keys of a bucket in order.
func keys(ctx context.Context, kv jetstream.KeyValue) ([]string, error) {
	lister, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("list bucket %s: %w", kv.Bucket(), err)
	}
	var all []string
	for key := range lister.Keys() {
		all = append(all, key)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("list bucket %s: %w", kv.Bucket(), context.Cause(ctx))
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// get reads a report and the revision that a change must meet. A name that is not
// there is an error with the names that are.
func (b *reportBucket) get(ctx context.Context, name string) (*jetsheet.Applied, uint64, error) {
	if !jetsheet.ValidReportName(name) {
		return nil, 0, b.unknown(ctx, name)
	}
	entry, err := b.Get(ctx, jetsheet.ReportKey(name))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, 0, b.unknown(ctx, name)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read report %s: %w", name, err)
	}
	var a jetsheet.Applied
	err = jetsheet.Decode(entry.Value(), &a)
	if errors.Is(err, jetsheet.ErrNewerSchema) { // to apply it again would be refused too
		return nil, 0, fmt.Errorf("read report %s: %w", name, err)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read report %s: %w; apply it again with: jetsheet reports apply", name, err)
	}
	return &a, entry.Revision(), nil
}

// unknown is the error for a name that is not there.
func (b *reportBucket) unknown(ctx context.Context, name string) error {
	names, err := b.names(ctx)
	if err != nil {
		return err
	}
	return unknownReport(name, names)
}

// mostNames is how many names an error lists.
const mostNames = 10

func unknownReport(name string, known []string) error {
	switch near := spelling.Nearest(name, known); {
	case len(known) == 0:
		return fmt.Errorf("no report %q: none is applied; apply it with: jetsheet reports apply FILE", name)
	case near != "":
		return fmt.Errorf("no report %q: did you mean %q? (see: jetsheet reports list)", name, near)
	case len(known) > mostNames:
		return fmt.Errorf("no report %q: there are %s and %d more (see: jetsheet reports list)",
			name, strings.Join(known[:mostNames], ", "), len(known)-mostNames)
	default:
		return fmt.Errorf("no report %q: there are %s; apply a new one with: jetsheet reports apply FILE", name, strings.Join(known, ", "))
	}
}

// localMinute writes an instant for people, in a zone that it names.
func localMinute(t time.Time, zone *time.Location) string {
	layout := "2006-01-02 15:04"
	if t.Second() != 0 {
		layout = time.DateTime
	}
	return t.In(zone).Format(layout) + " " + zone.String()
}

// parseInstant reads an instant of the command line: with an offset or Z, as in a
// run's id, or a date or time on the clock of the report's zone.
func parseInstant(flag, text string, zone *time.Location) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04Z07:00", "20060102T150405Z"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Truncate(time.Second), nil
		}
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, usageError("--%s is %q: write an instant such as 2026-11-01T05:00:00+09:00, or \"2026-11-01 05:00\" on the clock of %s", flag, text, zone)
}
