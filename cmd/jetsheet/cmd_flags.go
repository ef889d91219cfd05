package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jetsheet/jetsheet"
	"github.com/jetsheet/jetsheet/flags"
)

// flagsCommand holds the commands about the flag document: which system makes which
// tenants' workbooks from the next run on.
type flagsCommand struct {
	Get      flagsGetCommand      `cmd:"" help:"Show who makes which tenants' workbooks from the next run on."`
	Promote  flagsPromoteCommand  `cmd:"" help:"Give a group, or the default, another route."`
	Tenant   flagsTenantCommand   `cmd:"" help:"Give one tenant a route of its own."`
	Hold     flagsHoldCommand     `cmd:"" help:"Stop a group's workbooks, or everybody's, in both systems."`
	Rollback flagsRollbackCommand `cmd:"" help:"Store an earlier revision again."`
	Set      flagsSetCommand      `cmd:"" help:"Store a whole document."`
	Validate flagsValidateCommand `cmd:"" help:"Check a document in a file."`
	History  flagsHistoryCommand  `cmd:"" help:"List the revisions: who changed what, and why."`
	Watch    flagsWatchCommand    `cmd:"" help:"Print changes as they come."`
	Schema   flagsSchemaCommand   `cmd:"" help:"Print the JSON Schema of documents, for editors."`
}

// onFlags runs an operation on the flag document.
func (a *app) onFlags(ctx context.Context, settings *natsSettings, operation func(ctx context.Context, ledger *flags.Ledger, link *natsLink) error) error {
	link, err := a.openNATS(ctx, settings, clientCommand)
	if err != nil {
		return err
	}
	defer link.Close()
	err = link.Do(ctx, func(ctx context.Context) error {
		ledger, err := openLedger(ctx, link.JetStream)
		if err != nil {
			return err
		}
		return operation(ctx, ledger, link)
	})
	if errors.Is(err, flags.ErrNoFlagDocument) {
		return unreachableError("%w", err)
	}
	return err
}

// flagsSchemaCommand prints the schema.
type flagsSchemaCommand struct{}

// Run prints it.
func (*flagsSchemaCommand) Run(_ context.Context, app *app) error {
	_, err := fmt.Fprint(app.stdout, flags.Schema())
	return err
}

// unattributed stands for the author of a revision that was not stored by jetsheet.
const unattributed = "unattributed"

// byText names the author of a revision.
func byText(by flags.Attribution) string {
	if by.Author == "" {
		return unattributed
	}
	return by.Author
}

// whyText is the reason of a revision with what was overridden.
func whyText(by flags.Attribution) string {
	if by.Forced == "" {
		return by.Reason
	}
	return by.Reason + " (forced: " + by.Forced + ")"
}

// revisionInfo is a revision as JSON.
type revisionInfo struct {
	Revision uint64    `json:"revision"`
	At       time.Time `json:"at"`
	flags.Attribution

	// Unattributed is set for a revision of which nobody said who stored it and why.
	Unattributed bool   `json:"unattributed,omitempty"`
	Deleted      bool   `json:"deleted,omitempty"`
	SHA256       string `json:"sha256,omitempty"`
	// Problem says why the document cannot be used.
	Problem string `json:"problem,omitempty"`
}

func infoOf(r *flags.Revision) revisionInfo {
	info := revisionInfo{Revision: r.Number, At: r.At, Attribution: r.By, Unattributed: r.By.Author == "", Deleted: r.Deleted()}
	d, err := r.Document()
	switch {
	case err == nil:
		info.SHA256 = d.SHA256()
	case !r.Deleted():
		info.Problem = err.Error()
	}
	return info
}

// routeArgument reads a route that a person typed.
func routeArgument(text string) (jetsheet.Route, error) {
	route := jetsheet.Route(text)
	if !route.Valid() {
		return "", usageError("%q is not a route: %s, %s, %s or %s", text, jetsheet.RouteLegacy, jetsheet.RouteShadow, jetsheet.RouteNew, jetsheet.RouteHold)
	}
	return route, nil
}

// limit is the most tenants that a change may move: a number, or a share of those known.
type limit struct {
	count   int
	percent float64
}

// alwaysMove is how many tenants a share lets move however few are known.
const alwaysMove = 10

func parseLimit(text string) (limit, error) {
	number, isShare := strings.CutSuffix(text, "%")
	if isShare {
		if share, err := strconv.ParseFloat(number, 64); err == nil && share >= 0 && share <= 100 {
			return limit{percent: share}, nil
		}
	} else if count, err := strconv.Atoi(number); err == nil && count >= 0 {
		return limit{count: count, percent: -1}, nil
	}
	return limit{}, usageError("--max-change %q is neither a number of tenants nor a share like 25%%", text)
}

// of is the limit in tenants.
func (l limit) of(known int) int {
	if l.percent < 0 {
		return l.count
	}
	return max(alwaysMove, int(l.percent/100*float64(known)))
}
