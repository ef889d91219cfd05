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
	document, err := js.KeyValue(ctx, jetsheet.BucketFlags)
	if plan.dryRun && errors.Is(err, jetstream.ErrBucketNotFound) {
		change.Action = deploy.ActionCreate
		return change, nil, nil
	}
	if err != nil {
		return change, nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketFlags, err)
	}
	created, err := createFlags(ctx, document, plan)
	if created {
		change.Action = deploy.ActionCreate
	}
	if err != nil || created {
		return change, nil, err
	}
	if !plan.insist {
		warnings, err := otherRoute(ctx, document, plan.route)
		return change, warnings, err
	}
	runs, err := js.KeyValue(ctx, jetsheet.BucketRuns)
	if err != nil {
		return change, nil, fmt.Errorf("open bucket %s: %w", jetsheet.BucketRuns, err)
	}
	changed, err := flags.Reroute(ctx, runs, document, plan.route, plan.dryRun)
	if changed {
		change.Action = deploy.ActionUpdate
	}
	return change, nil, err
}

// createFlags says whether there is a first flag document now that was not there
// before, or would be.
func createFlags(ctx context.Context, document jetstream.KeyValue, plan setupPlan) (bool, error) {
	if !plan.dryRun {
		return flags.Init(ctx, document, flags.InitialDocument(plan.route))
	}
	_, err := document.Get(ctx, jetsheet.FlagsKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the flag document: %w", err)
	}
	return false, nil
}

// otherRoute warns when the document that stays routes otherwise than a new one would:
// whoever ran setup with --no-previous-system by mistake does not get rid of it by
// leaving it out. Documents of people's own are theirs.
func otherRoute(ctx context.Context, document jetstream.KeyValue, route jetsheet.Route) ([]string, error) {
	entry, err := document.Get(ctx, jetsheet.FlagsKey)
	if err != nil {
		return nil, fmt.Errorf("read the flag document: %w", err)
	}
	stored, err := flags.ParseDocument(entry.Value())
	if err != nil {
		return []string{err.Error()}, nil //nolint:nilerr // the roles refuse to work with it; all that setup makes is there
	}
	if !stored.Initial() || stored.DefaultRoute() == route {
		return nil, nil
	}
	command, err := stored.PutCommand(route)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("the flag document routes every tenant %s, as an earlier setup wrote it, and stays so; if there is a previous system: %s",
		stored.DefaultRoute(), command)}, nil
}
