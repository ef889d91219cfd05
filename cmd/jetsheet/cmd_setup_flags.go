package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/deploy"
	"github.com/jetsheet/jetsheet/flags"
)

// setUpFlags writes the first flag document, or makes one that is there route as
// planned where the plan insists and nothing was decided by it yet.
func setUpFlags(ctx context.Context, js jetstream.JetStream, plan setupPlan) (deploy.Change, []string, error) {
	change := deploy.Change{Kind: "flag document", Name: jetsheet.BucketFlags + "/" + jetsheet.FlagsKey, Action: deploy.ActionNone}
	ledger, err := flags.OpenLedger(ctx, js)
	if plan.dryRun && errors.Is(err, jetstream.ErrStreamNotFound) {
		change.Action = deploy.ActionCreate
		return change, firstRoute(plan.route), nil
	}
	if err != nil {
		return change, nil, err
	}
	created, err := createFlags(ctx, ledger, plan)
	if err != nil {
		return change, nil, err
	}
	if created {
		change.Action = deploy.ActionCreate
		return change, firstRoute(plan.route), nil
	}
	if !plan.insist {
		warnings, err := otherRoute(ctx, ledger, plan.route)
		return change, warnings, err
	}
	runs, err := js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return change, nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	changed, err := flags.Reroute(ctx, runs, ledger, plan.route, plan.dryRun)
	if changed {
		change.Action = deploy.ActionUpdate
	}
	return change, nil, err
}

// createFlags says whether there is a first flag document now that was not there
// before, or would be.
func createFlags(ctx context.Context, ledger *flags.Ledger, plan setupPlan) (bool, error) {
	if !plan.dryRun {
		return flags.Init(ctx, ledger, flags.InitialDocument(plan.route))
	}
	newest, err := ledger.Newest(ctx)
	if errors.Is(err, flags.ErrNoFlagDocument) {
		return true, nil
	}
	return err == nil && newest.Deleted(), err
}

// firstRoute warns whoever has no previous system and did not say so: every run would end
// with nothing to do.
func firstRoute(route jetsheet.Route) []string {
	if route != jetsheet.RouteLegacy {
		return nil
	}
	return []string{"every tenant is routed legacy: jetsheet makes nothing until groups are moved over with: jetsheet flags promote GROUP shadow --reason TEXT; if there is no previous system: jetsheet setup --no-previous-system"}
}

// otherRoute warns when the document that stays routes otherwise than a new one would:
// whoever ran setup with --no-previous-system by mistake does not get rid of it by
// leaving it out. Documents of people's own are theirs.
func otherRoute(ctx context.Context, ledger *flags.Ledger, route jetsheet.Route) ([]string, error) {
	newest, err := ledger.Newest(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := newest.Document()
	if err != nil {
		return []string{err.Error()}, nil //nolint:nilerr // the roles refuse to work with it; all that setup makes is there
	}
	if !stored.Initial() || stored.DefaultRoute() == route {
		return nil, nil
	}
	return []string{fmt.Sprintf("the flag document routes every tenant %s, as an earlier setup wrote it, and stays so; if there is a previous system: %s",
		stored.DefaultRoute(), flags.DefaultCommand(route))}, nil
}
