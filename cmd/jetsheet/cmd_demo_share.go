package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/internal/report"
	"github.com/jetsheet/jetsheet/producer"
	"github.com/jetsheet/jetsheet/renderer"
)

// demoShare is which system made the workbooks of a group's customers in a month, by what
// lies in the bucket.
type demoShare struct {
	Period    string         `json:"period"`
	Group     string         `json:"group"`
	Route     jetsheet.Route `json:"route"`
	Customers int            `json:"customers"`
	// Workbooks counts those that there must be: the database has records for them.
	Workbooks int `json:"workbooks"`
	// Previous and Jetsheet count those that lie where the one system puts them, and the
	// other.
	Previous int `json:"previous"`
	Jetsheet int `json:"jetsheet"`
	// Compared counts those of the previous system that were compared with jetsheet's,
	// Different those of them that did not pass.
	Compared  int `json:"compared"`
	Different int `json:"different"`
	// Twice counts those that both systems made, Missing those that neither did.
	Twice   int `json:"twice"`
	Missing int `json:"missing"`
}

// sound says that all came from the one system that the route names, and that what was
// to be compared is equal.
func (s *demoShare) sound() bool {
	want := demoShare{
		Period: s.Period, Group: s.Group, Route: s.Route, Customers: s.Customers, Workbooks: s.Workbooks,
	}
	switch s.Route {
	case jetsheet.RouteNew:
		want.Jetsheet = s.Workbooks
	case jetsheet.RouteShadow:
		want.Previous, want.Compared = s.Workbooks, s.Workbooks
	case jetsheet.RouteLegacy:
		want.Previous = s.Workbooks
	case jetsheet.RouteHold: // is nobody's
		want.Missing = s.Workbooks
	}
	return *s == want
}

// shares counts for each month and group of customers. Which workbooks there must be is
// asked of the database, whatever the routes and the two systems say.
func (d *demo) shares(ctx context.Context, p parts) ([]*demoShare, error) {
	there, err := bucketKeys(ctx, p)
	if err != nil {
		return nil, err
	}
	var all []*demoShare
	for _, m := range d.months {
		byTenant := map[string]*demoShare{}
		for _, name := range slices.Sorted(maps.Keys(d.groups)) {
			share := &demoShare{Period: m.label, Group: name, Route: m.routes[name], Customers: len(d.groups[name])}
			all = append(all, share)
			for _, tenant := range d.groups[name] {
				byTenant[tenant] = share
			}
		}
		shareOf := func(tenant string) *demoShare { return byTenant[tenant] }
		for _, definition := range d.reports {
			id := jetsheet.RunID{Tick: m.tick.UTC(), Report: definition.Name}
			err := countTargets(ctx, p, definition, m.tick, there, shareOf)
			if err = errors.Join(err, countCompared(ctx, p.js, id, shareOf)); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// countTargets counts the targets of one report at a tick.
func countTargets(ctx context.Context, p parts, definition *report.Definition, tick time.Time, there map[string]bool, shareOf func(tenant string) *demoShare) error {
	_, err := producer.Targets(ctx, p.database, definition, tick.UTC(), "", func(t jetsheet.Target) error {
		share, previous, ours := shareOf(t.Tenant), there[t.Previous], there[t.Key]
		if previous {
			share.Previous++
		}
		if ours {
			share.Jetsheet++
		}
		if previous && ours {
			share.Twice++
		}
		if previous || ours {
			share.Workbooks++
			return nil
		}
		request := jetsheet.NewRequest(jetsheet.RunID{Tick: tick.UTC(), Report: definition.Name}, &t)
		made, err := renderer.Render(ctx, renderer.Source{Database: p.database, Definition: definition, Request: request}, io.Discard)
		if err != nil {
			return fmt.Errorf("look for records of %s of customer %s: %w", t.Target, t.Tenant, err)
		}
		if !made.Empty {
			share.Workbooks++
			share.Missing++
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("targets of %s: %w", definition.Name, err)
	}
	return nil
}

// bucketKeys lists what lies in the bucket.
func bucketKeys(ctx context.Context, p parts) (map[string]bool, error) {
	keys := map[string]bool{}
	pages := s3.NewListObjectsV2Paginator(p.s3, &s3.ListObjectsV2Input{Bucket: aws.String(p.bucket)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the workbooks: %w", err)
		}
		for _, object := range page.Contents {
			keys[aws.ToString(object.Key)] = true
		}
	}
	return keys, nil
}

// countCompared counts the comparisons of a run.
func countCompared(ctx context.Context, js jetstream.JetStream, id jetsheet.RunID, shareOf func(tenant string) *demoShare) error {
	return delivery.Scan(ctx, js, jetsheet.StreamDone, false, func(m jetstream.Msg) error {
		var done jetsheet.Done
		if err := jetsheet.Decode(m.Data(), &done); err != nil {
			return fmt.Errorf("outcome %s: %w", m.Subject(), err)
		}
		if done.State != jetsheet.DoneCompared {
			return nil
		}
		share := shareOf(done.Tenant)
		share.Compared++
		if done.Comparison == nil || !done.Comparison.Result.Passed() {
			share.Different++
		}
		return nil
	}, jetsheet.RunDoneSubjects(id))
}

// printShares prints who made what, and that it is each workbook's one system.
func (d *demo) printShares(shares []*demoShare) error {
	rows := newTable("MONTH", "GROUP", "ROUTE", ">CUSTOMERS", ">WORKBOOKS", ">PREVIOUS", ">JETSHEET", ">COMPARED", ">TWICE", ">MISSING")
	var twice, missing, different, wrong int
	for _, s := range shares {
		numbers := []int{s.Customers, s.Workbooks, s.Previous, s.Jetsheet, s.Compared, s.Twice, s.Missing}
		cells := []string{s.Period, s.Group, string(s.Route)}
		for _, n := range numbers {
			cells = append(cells, humanCount(int64(n)))
		}
		rows.add(cells...)
		twice, missing, different = twice+s.Twice, missing+s.Missing, different+s.Different
		if !s.sound() {
			wrong++
		}
	}
	if _, err := fmt.Fprintln(d.app.stdout); err != nil {
		return err
	}
	if err := rows.print(d.app.stdout); err != nil {
		return err
	}
	verdict := "Each workbook came from exactly one system, the one that its customer's route names: 0 twice, 0 missing, 0 different."
	if wrong > 0 {
		verdict = fmt.Sprintf("In %s something is wrong: %d twice, %d missing, %d different, or made by the other system.",
			counted(int64(wrong), "line"), twice, missing, different)
	}
	_, err := fmt.Fprintf(d.app.stdout, "\n%s\n", verdict)
	return err
}
