package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
	"github.com/jetsheet/jetsheet/internal/delivery"
	"github.com/jetsheet/jetsheet/ops"
)

// withoutPrevious lists the applied reports that do not name the previous system's
// workbooks and in which a tenant is concerned. concerned is asked for the tenants of a
// report's plans, see [ops.Reader.KnownTenants], nil where there is none. A tenant in shadow has no workbook of such
// a report that could be compared, and so never goes to new.
func withoutPrevious(ctx context.Context, js jetstream.JetStream, concerned func(tenants []string) bool) ([]string, error) {
	kv, err := js.KeyValue(ctx, jetsheet.BucketReports)
	if err != nil {
		return nil, delivery.NotSetUp("bucket "+jetsheet.BucketReports, err)
	}
	b := &reportBucket{KeyValue: kv, js: js}
	names, err := b.names(ctx)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !b.lacksPrevious(ctx, name) })
	if len(names) == 0 {
		return nil, nil
	}
	reader, err := ops.NewReader(ctx, js)
	if err != nil {
		return nil, err
	}
	known, err := reader.KnownTenants(ctx, 0)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(names, func(name string) bool { return !concerned(known.ByReport[name]) }), nil
}

// lacksPrevious says whether a report can be read and has no output.previous.
func (b *reportBucket) lacksPrevious(ctx context.Context, name string) bool {
	a, _, err := b.get(ctx, name)
	if err != nil {
		return false
	}
	d, err := parseReport(name, []byte(a.Definition))
	return err == nil && d.Output.Previous.IsZero()
}

// shadowWarnings says of which reports nothing can be compared although the flag document
// routes tenants of them shadow. Where there is no document that can be used there is
// nothing to say.
func shadowWarnings(ctx context.Context, js jetstream.JetStream) ([]string, error) {
	ledger, err := openLedger(ctx, js)
	if err != nil {
		return nil, err
	}
	newest, err := ledger.Newest(ctx)
	if errors.Is(err, flags.ErrNoFlagDocument) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := newest.Document()
	if err != nil || !routesShadow(d) {
		return nil, nil //nolint:nilerr // what is wrong with the document is told elsewhere
	}
	standings, err := d.Standings()
	if err != nil {
		return nil, err
	}
	names, err := withoutPrevious(ctx, js, func(tenants []string) bool {
		return tenants == nil || slices.ContainsFunc(tenants, func(id string) bool { return standings.Of(id).Route == jetsheet.RouteShadow })
	})
	if err != nil || len(names) == 0 {
		return nil, err
	}
	return []string{"tenants are routed shadow, and " + lacksPreviousText(names)}, nil
}

// routesShadow says whether a document routes anybody shadow by name.
func routesShadow(d *flags.Document) bool {
	shadow := jetsheet.RouteShadow
	return d.DefaultRoute() == shadow ||
		slices.ContainsFunc(d.Groups(), func(g flags.Group) bool { return g.Route == shadow }) ||
		slices.ContainsFunc(d.Own(), func(o flags.Own) bool { return o.Route == shadow })
}

func lacksPreviousText(names []string) string {
	reports, set := "reports "+strings.Join(names, ", ")+" do", "them"
	if len(names) == 1 {
		reports, set = "report "+names[0]+" does", "it"
	}
	return fmt.Sprintf("%s not say where the previous system's workbooks are, so that nothing of %s can be compared: set output.previous and apply %s again with: jetsheet reports apply DIR", reports, set, set)
}
