// Package legacy is the system that jetsheet replaces, as such systems are: once a month
// one process walks over all customers, some goroutines query, build each workbook in
// memory with excelize and put it on S3, and the first error ends everything. It knows the
// sample's tables (deploy/sample) and nothing of jetsheet's packages.
//
// One thing was added to it for the move, in routes.go: before it works on a report it asks
// over NATS which customers are still its own. Without an answer it waits and makes nothing:
// the other system may be making what it would make. It does not use the package flags, as a
// program in Go might, because most previous systems cannot; and so the report's calendar
// names the run, not a second reckoning of when the month's tick was.
//
//	conversions.ops.routes {"report", "period", "tenants"} ──► {"tenants": [{"tenant", "previous", "planned"}]}
//
// The demo and the tests run it beside jetsheet. deploy/legacy/batch is its program.
package legacy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"
)

// Config is what the system works with. All fields are required unless they say otherwise.
type Config struct {
	Database *pgxpool.Pool
	NATS     *nats.Conn
	S3       *s3.Client
	Bucket   string
	// Workers is how many workbooks are made at a time.
	Workers int
	// Forms are workbooks that customers drew, by the report that fills them; nil for none.
	Forms map[string][]byte
	// AskAgain is the pause before routes are asked for again after an error.
	AskAgain time.Duration
	Log      *slog.Logger
}

// Export is what came of one workbook.
type Export struct {
	Report, Tenant, Target string
	// Key is where it lies; empty where there were no records for it.
	Key string
	// Rows counts its rows without headers.
	Rows int
}

// Run exports a month, such as 2026-10, for every customer that is routed to this system,
// and returns what it made. A second call makes everything again, over the first. It waits
// for as long as routes cannot be had; on an error the rest of the month is not made.
func Run(ctx context.Context, c Config, month string) ([]Export, error) {
	tick, err := exportTime(month)
	if err != nil {
		return nil, err
	}
	var all []Export
	for _, r := range reports() {
		made, err := c.export(ctx, r, month, tick)
		if err != nil {
			return nil, fmt.Errorf("export %s of %s: %w", r.name, month, err)
		}
		all = append(all, made...)
	}
	return all, nil
}

// exportTime is when the month's exports are due: 05:00 on the first of the next month in
// Tokyo. A customer whose clock is behind has the month before exported then.
func exportTime(month string) (time.Time, error) {
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		return time.Time{}, err
	}
	first, err := time.ParseInLocation("2006-01", month, tokyo)
	if err != nil {
		return time.Time{}, fmt.Errorf("month %q: write it like 2026-10", month)
	}
	return first.AddDate(0, 1, 0).Add(5 * time.Hour), nil
}

// export makes the workbooks of one report.
func (c *Config) export(ctx context.Context, r report, month string, tick time.Time) ([]Export, error) {
	targets, err := c.targets(ctx, r, tick)
	if err != nil {
		return nil, err
	}
	ours, err := c.awaitRoutes(ctx, r.name, month, targets)
	if err != nil {
		return nil, err
	}
	made := make([]Export, len(ours))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.Workers)
	for i, t := range ours {
		group.Go(func() (err error) {
			made[i], err = c.one(ctx, r, t)
			return err
		})
	}
	return made, group.Wait()
}

// target is one workbook to make.
type target struct {
	Tenant, Site, Form, Title, Zone, Language string
	Closing                                   int
	from, until                               time.Time
}

// id is the target's name in keys and logs.
func (t *target) id() string {
	switch {
	case t.Site == "":
		return "all-sites"
	case t.Form == "":
		return t.Site
	}
	return t.Site + "-" + t.Form
}

func (c *Config) targets(ctx context.Context, r report, tick time.Time) ([]target, error) {
	rows, err := c.Database.Query(ctx, r.targets)
	if err != nil {
		return nil, err
	}
	targets, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[target])
	for i := range targets {
		zone, zoneErr := time.LoadLocation(targets[i].Zone)
		if err = errors.Join(err, zoneErr); err == nil {
			targets[i].from, targets[i].until = period(tick.In(zone), targets[i].Closing)
		}
	}
	return targets, err
}

// period is a customer's last whole month at an instant. It ends with the closing day, or
// with the calendar's month where that is 0 or the month is shorter.
func period(at time.Time, closing int) (from, until time.Time) {
	end := func(back int) time.Time {
		first := time.Date(at.Year(), at.Month()-time.Month(back), 1, 0, 0, 0, 0, at.Location())
		next := first.AddDate(0, 1, 0)
		if after := first.AddDate(0, 0, closing); closing > 0 && after.Before(next) {
			return after
		}
		return next
	}
	back := 0
	for end(back).After(at) {
		back++
	}
	return end(back + 1), end(back)
}

// one makes one workbook and puts it on S3.
func (c *Config) one(ctx context.Context, r report, t target) (Export, error) {
	made := Export{Report: r.name, Tenant: t.Tenant, Target: t.id()}
	build := c.workbook
	if c.Forms[r.name] != nil {
		build = c.filled
	}
	content, rows, err := build(ctx, r, t)
	if err != nil {
		return made, fmt.Errorf("workbook %s of customer %s: %w", made.Target, t.Tenant, err)
	}
	if rows == 0 {
		return made, nil
	}
	made.Rows, made.Key = rows, fmt.Sprintf("exports/%s/%s_%s/%s/%s.xlsx", segment(t.Tenant),
		t.from.Format(time.DateOnly), t.until.AddDate(0, 0, -1).Format(time.DateOnly), r.name, segment(made.Target))
	_, err = c.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(c.Bucket), Key: aws.String(made.Key), Body: bytes.NewReader(content)})
	if err != nil {
		return made, fmt.Errorf("put %s: %w", made.Key, err)
	}
	c.Log.InfoContext(ctx, "exported", slog.String("report", r.name), slog.String("tenant", t.Tenant), slog.String("target", made.Target),
		slog.String("key", made.Key), slog.Int("rows", rows))
	return made, nil
}

// segment writes an id so that it is one segment of a key.
func segment(id string) string {
	var b bytes.Buffer
	for _, c := range []byte(id) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}
